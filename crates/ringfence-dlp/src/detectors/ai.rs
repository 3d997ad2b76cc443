//! Models, and services around models.
use super::row::{near, row};
use super::validate;
use crate::detector::Detector;

pub(super) static ROWS: &[Detector] = &[
    row(
        "openai-project-key",
        "OpenAI project key",
        "OpenAI",
        &["sk-proj-"],
        r"sk-proj-[\w-]{40,}",
    )
    .entropy(3.8)
    .tried(
        &[concat!(
            "sk-proj-",
            "tf0evbkKxU_7AeBhq0T8kqxO",
            "yJBVGMWelOZnpAXM"
        )],
        &[
            concat!("sk-proj-", "tf0evbkKxU_7AeBhq0T8"),
            concat!("sk-proj-", "..."),
        ],
    ),
    row(
        "openai-service-key",
        "OpenAI service account key",
        "OpenAI",
        &["sk-svcacct-", "sk-service-", "sk-None-"],
        r"sk-(?:svcacct|service|None)-[\w-]{40,}",
    )
    .entropy(3.8)
    .tried(
        &[concat!(
            "sk-service-",
            "lHj5rsJMgIhwbCQ--GFWxyiN",
            "D5A3Ntxhqsid9dshaGQdx"
        )],
        &[
            concat!("sk-service-", "lHj5rsJMgIhwbCQ--GFWxy"),
            concat!("sk-service-", "..."),
        ],
    ),
    row(
        "openai-admin-key",
        "OpenAI admin key",
        "OpenAI",
        &["sk-admin-"],
        r"sk-admin-[\w-]{40,}",
    )
    .entropy(3.8)
    .tried(
        &[concat!(
            "sk-admin-",
            "4jSaSinU_KAzNYB0LTTV8QAq",
            "8yCOfhkm7tfPbcIgKccV_GIu",
            "d"
        )],
        &[
            concat!("sk-admin-", "4jSaSinU_KAzNYB0LTTV8QAq", "8"),
            concat!("sk-admin-", "..."),
        ],
    ),
    row(
        "openai-marked-key",
        "OpenAI key by the mark in its middle",
        "OpenAI",
        &["T3BlbkFJ"],
        r"\bsk-[\w-]{16,100}T3BlbkFJ[\w-]{16,100}",
    )
    .entropy(3.8)
    .tried(
        &[concat!(
            "sk-T9S2PYNIz-pEhU1xq1XSN",
            "H6dS9XywrpKnhT3BlbkFJtWa",
            "O3RU0knhwN-f1jL-81-fD0jg",
            "f7"
        )],
        &[
            concat!("sk-T9S2PYNIz-pEhU1xq1XSN", "H6dS9XywrpKnhT3BlbkF"),
            "sk-T9S2PYNIz-pEhU1xq1XSN",
        ],
    ),
    row(
        "sk-key",
        "Secret key of an OpenAI-compatible service (DeepSeek, Moonshot, Stability, …)",
        "several",
        &["sk-"],
        r"(?:\b|\\[nrt]|%[0-9A-F]{2})(sk-(?:[0-9a-f]{32}|[0-9A-Za-z]{48,51}))\b",
    )
    .named()
    .entropy(3.3)
    .check(validate::opaque)
    .tried(
        &[concat!("sk-", "5c3ae62032aece8bacb4205c", "2734b667")],
        &[concat!("sk-", "5c3ae62032aece8bac"), concat!("sk-", "...")],
    ),
    row(
        "anthropic-api-key",
        "Anthropic API key",
        "Anthropic",
        &["sk-ant-api"],
        r"sk-ant-api\d{2,4}-[\w-]{80,}",
    )
    .entropy(3.8)
    .tried(
        &[concat!(
            "sk-ant-api",
            "793-FiFe4iMz1ti4F2pt73sY",
            "k7f3C2Yzhp7mstdP9TmVbRxS",
            "K9N0vn-u5PCrVMJ1MZzOgxpP",
            "WOIkGDJKAXd_566jh2"
        )],
        &[
            concat!(
                "sk-ant-api",
                "793-FiFe4iMz1ti4F2pt73sY",
                "k7f3C2Yzhp7mstdP9TmVbRxS",
                "K9"
            ),
            concat!("sk-ant-api", "..."),
        ],
    ),
    row(
        "anthropic-admin-key",
        "Anthropic admin key",
        "Anthropic",
        &["sk-ant-admin"],
        r"sk-ant-admin\d{2,4}-[\w-]{80,}",
    )
    .entropy(3.8)
    .tried(
        &[concat!(
            "sk-ant-admin",
            "4977-WKs_F4zBiVXlPpzAQbF",
            "xYJaFcn1OucjEH0xAa18JzuR",
            "NUdD9ILoiPsp9gR4a36ZrDuc",
            "ptphRyn-JvdydSPbraqDCN"
        )],
        &[
            concat!(
                "sk-ant-admin",
                "4977-WKs_F4zBiVXlPpzAQbF",
                "xYJaFcn1OucjEH0xAa18JzuR",
                "NUd"
            ),
            concat!("sk-ant-admin", "..."),
        ],
    ),
    row(
        "anthropic-oauth-token",
        "Anthropic OAuth token",
        "Anthropic",
        &["sk-ant-oat", "sk-ant-ort", "sk-ant-sid"],
        r"sk-ant-(?:oat|ort|sid)\d{2,4}-[\w-]{80,}",
    )
    .entropy(3.8)
    .tried(
        &[concat!(
            "sk-ant-oat",
            "8025-1ZmA2iJwv3JdHHzAKTY",
            "8e8TLJke_DUCvl1cftSJIFEf",
            "jQALAIBhCztLvLyj6yCxNwuE",
            "Sf-5-wcglOO76G"
        )],
        &[
            concat!(
                "sk-ant-oat",
                "8025-1ZmA2iJwv3JdHHzAKTY",
                "8e8TLJke_DUCvl1cftSJIFE"
            ),
            concat!("sk-ant-oat", "..."),
        ],
    ),
    row(
        "huggingface-token",
        "Hugging Face user access token",
        "Hugging Face",
        &["hf_", "hf_token", "huggingface"],
        r"\bhf_[0-9A-Za-z]{34}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!("hf_", "KVG6bOZ9SR9YfXymbyYhmn9U", "aXjeRQcLXP")],
        &[concat!("hf_", "KVG6bOZ9SR9YfXymbyY"), concat!("hf_", "...")],
    ),
    row(
        "huggingface-org-token",
        "Hugging Face organisation token",
        "Hugging Face",
        &["api_org_"],
        r"\bapi_org_[0-9A-Za-z]{34}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "api_org_",
            "ZFWiQbr9DrysWdBubgR6hhDR",
            "vfFQPz0mmP"
        )],
        &[
            concat!("api_org_", "ZFWiQbr9DrysWdBub"),
            concat!("api_org_", "..."),
        ],
    ),
    row(
        "replicate-token",
        "Replicate API token",
        "Replicate",
        &["r8_"],
        r"\br8_[0-9A-Za-z]{37,45}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "r8_",
            "9r3TIBIMcA4cUEKP70PctaEt",
            "XUdAiiOiuIfSziu"
        )],
        &[
            concat!("r8_", "9r3TIBIMcA4cUEKP70Pcta"),
            concat!("r8_", "..."),
        ],
    ),
    row(
        "groq-key",
        "Groq API key",
        "Groq",
        &["gsk_"],
        r"\bgsk_[0-9A-Za-z]{48,56}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "gsk_",
            "5tVTD4fp9rhdFZ4gYtIk958K",
            "uzV7JEI0iDENniW8Yx0sMoxi",
            "3LhrT2kO"
        )],
        &[
            concat!("gsk_", "5tVTD4fp9rhdFZ4gYtIk958K", "uzV7JEI0"),
            concat!("gsk_", "..."),
        ],
    ),
    row(
        "xai-key",
        "xAI API key",
        "xAI",
        &["xai-"],
        r"\bxai-[\w]{70,90}\b",
    )
    .entropy(3.8)
    .tried(
        &[concat!(
            "xai-",
            "LGrGu216WBFkT4WuDAOOw0vj",
            "l987JUGnX21mfwY4i6qzB4It",
            "u1mTOwN8N1r9Oj0vBqGz5Sgw",
            "V4OHtMZqWF"
        )],
        &[
            concat!(
                "xai-",
                "LGrGu216WBFkT4WuDAOOw0vj",
                "l987JUGnX21mfwY4i6qzB4I"
            ),
            concat!("xai-", "..."),
        ],
    ),
    row(
        "perplexity-key",
        "Perplexity API key",
        "Perplexity",
        &["pplx-"],
        r"\bpplx-[0-9A-Za-z]{40,60}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "pplx-",
            "ObM8eOhj4xKzpUNb3diKqzlc",
            "2znemOX7UXGstGvcmAVXAVLd",
            "f"
        )],
        &[
            concat!("pplx-", "ObM8eOhj4xKzpUNb3diKqzlc", "2zn"),
            concat!("pplx-", "..."),
        ],
    ),
    row(
        "openrouter-key",
        "OpenRouter API key",
        "OpenRouter",
        &["sk-or-"],
        r"\bsk-or-(?:v1|vv)?-?[0-9a-f]{64}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!(
            "sk-or-",
            "58817ea98484e4ba410a94c9",
            "dc9dc2ddca753bb109ced5f7",
            "069dea6f05f390fa"
        )],
        &[
            concat!("sk-or-", "58817ea98484e4ba410a94c9", "dc9dc2ddca75"),
            concat!("sk-or-", "..."),
        ],
    ),
    row(
        "fireworks-key",
        "Fireworks AI API key",
        "Fireworks",
        &["fw_"],
        r"\bfw_[0-9A-Za-z]{22,26}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!("fw_", "n6RdGzY4W8VM833eIY9Jhr8")],
        &[concat!("fw_", "n6RdGzY4W8VM"), concat!("fw_", "...")],
    ),
    row(
        "together-key",
        "Together AI API key",
        "Together AI",
        &["tgp_v1_"],
        r"\btgp_v1_[\w-]{43}",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "tgp_v1_",
            "MKqU7JaVkZEnQAH755rebInf",
            "udlYpqlefc8okcMrZau"
        )],
        &[
            concat!("tgp_v1_", "MKqU7JaVkZEnQAH755rebIn"),
            concat!("tgp_v1_", "..."),
        ],
    ),
    row(
        "together-legacy-key",
        "Together AI API key (64 hexadecimal digits)",
        "Together AI",
        &["together"],
        near!("together", r"[0-9a-f]{64}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "TOGETHER_SECRET_KEY=",
            "58a0c3e33966b542259ff822",
            "351b064fd87d9bf0dbad408e",
            "2a9861f54e1e8a1b"
        )],
        &[
            concat!(
                "TOGETHER_SECRET_KEY=",
                "58a0c3e33966b542259ff822",
                "351b064fd87d9b"
            ),
            concat!("TOGETHER_SECRET_KEY=", "58a0c3e33966b542259ff"),
        ],
    ),
    row(
        "mistral-key",
        "Mistral API key",
        "Mistral AI",
        &["mistral"],
        near!("mistral", r"[0-9A-Za-z]{32}\b"),
    )
    .named()
    .entropy(3.3)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "MISTRAL_SECRET_KEY=",
            "1He5hKs7eV4FFK6BXtuoRWds",
            "EEk0MKfq"
        )],
        &[
            concat!("MISTRAL_SECRET_KEY=", "1He5hKs7eV4FFK6BXtu"),
            concat!("MISTRAL_SECRET_KEY=", "1He5hKs7eV"),
        ],
    ),
    row(
        "cohere-key",
        "Cohere API key",
        "Cohere",
        &["cohere", "co_api"],
        near!("cohere|co", r"[0-9A-Za-z]{40}\b"),
    )
    .named()
    .entropy(3.5)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "COHERE_SECRET_KEY=",
            "yZdVDvDlyqn9gxPfm5Kl2WRW",
            "8U7n3dV6Ke3FwVDR"
        )],
        &[
            concat!("COHERE_SECRET_KEY=", "yZdVDvDlyqn9gxPfm5Kl2WRW"),
            concat!("COHERE_SECRET_KEY=", "yZdVDvDlyqn9g"),
        ],
    ),
    row(
        "ai21-key",
        "AI21 API key",
        "AI21",
        &["ai21"],
        near!(
            "ai21",
            r"[0-9A-Za-z]{32}\b|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"
        ),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "AI21_SECRET_KEY=",
            "ejEPjcISyeGFGZb55fUboE0g",
            "rvfMXQfL"
        )],
        &[
            concat!("AI21_SECRET_KEY=", "ejEPjcISyeGFGZb55fU"),
            concat!("AI21_SECRET_KEY=", "ejEPjcISye"),
        ],
    ),
    row(
        "cerebras-key",
        "Cerebras API key",
        "Cerebras",
        &["csk-"],
        r"\bcsk-[0-9a-z]{48}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "csk-",
            "cl85c7vrc2tkjw1m98q1nowe",
            "080hiysaho7cdt65052e6n65"
        )],
        &[
            concat!("csk-", "cl85c7vrc2tkjw1m98q1nowe", "080"),
            concat!("csk-", "..."),
        ],
    ),
    row(
        "nvidia-key",
        "NVIDIA API key",
        "NVIDIA",
        &["nvapi-"],
        r"\bnvapi-[\w-]{60,70}",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "nvapi-",
            "YH9X26tYJP24pHwp78D2I4hj",
            "ewS9Wwpxh7feWVgSabExyfh6",
            "mxuKXlbQYCYN2u"
        )],
        &[
            concat!("nvapi-", "YH9X26tYJP24pHwp78D2I4hj", "ewS9Wwpxh7"),
            concat!("nvapi-", "..."),
        ],
    ),
    row(
        "langsmith-key",
        "LangSmith key",
        "LangChain",
        &["lsv2_"],
        r"\blsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!(
            "lsv2_",
            "sk_6b42b1fa1063bd5e8d9c9",
            "0813f4a001c_d9b4d83da2"
        )],
        &[
            concat!("lsv2_", "sk_6b42b1fa1063bd5e8d9c9", "0"),
            concat!("lsv2_", "..."),
        ],
    ),
    row(
        "langfuse-secret-key",
        "Langfuse secret key",
        "Langfuse",
        &["sk-lf-"],
        r"\bsk-lf-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!(
            "sk-lf-",
            "1a10ed9a-1751-8fbe-0e18-",
            "2e33c29826d3"
        )],
        &[
            concat!("sk-lf-", "1a10ed9a-1751-8fbe-"),
            concat!("sk-lf-", "..."),
        ],
    ),
];
