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
            "ZtyD29z7DobHKAs0HQSxP5Fb",
            "FHMl_NBcS_QgNhHoufH"
        )],
        &[
            concat!("sk-proj-", "ZtyD29z7DobHKAs0HQSxP5"),
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
            "sk-svcacct-",
            "YMTUBnDF0fBwNoLPTfYN8Nbh",
            "iQhIX9Tww0lId3x7y3l3x"
        )],
        &[
            concat!("sk-svcacct-", "YMTUBnDF0fBwNoLPTfYN8N"),
            concat!("sk-svcacct-", "..."),
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
            "2y1zet2zUOsnUWZrXpx8uakf",
            "q1SvrLniZXc8F7XXx0BU5"
        )],
        &[
            concat!("sk-admin-", "2y1zet2zUOsnUWZrXpx8uak"),
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
            "sk-nn-xHlqzQu_U-_57q3ox-",
            "FT3BlbkFJ33hU6LMp7bgvHHo",
            "NKxm3BhX"
        )],
        &[
            concat!("sk-nn-xHlqzQu_U-_57q3ox-", "FT3BlbkFJ"),
            "sk-nn-xHlqzQu_U-_5",
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
        &[concat!(
            "%6Ask-",
            "0ZAwNfALpNxp7Y7Q1PuR3H26",
            "M7CRpWFxkk5UzvaV6gN8n1rD",
            "ED"
        )],
        &[
            concat!("%6Ask-", "0ZAwNfALpNxp7Y7Q1PuR3H26", "M7CR"),
            concat!("%6Ask-", "..."),
        ],
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
            "79-0RphXzFFl3acqwwQ8IOG5",
            "p0ip0M9-dR-lX4faxg3POWMd",
            "MpQ_sZ20TpP8GUJ39vpdKtrx",
            "fWjBjtK2v2sCfBjIk2"
        )],
        &[
            concat!(
                "sk-ant-api",
                "79-0RphXzFFl3acqwwQ8IOG5",
                "p0ip0M9-dR-lX4faxg3POWMd",
                "Mp"
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
            "2794-pv31STnVSQWt3B102PA",
            "uLCg2EphHO7zZzaxqMhzjVaE",
            "8BGvywpWg--ATNw2Jrp1Ju_8",
            "1kKjs6nECbMGttzvuR3aUhT"
        )],
        &[
            concat!(
                "sk-ant-admin",
                "2794-pv31STnVSQWt3B102PA",
                "uLCg2EphHO7zZzaxqMhzjVaE",
                "8BGv"
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
            "sk-ant-ort",
            "918-7rfll78CvD2c2tyfs9nb",
            "6bBDaqkm3w31MEdFw90z_Kbf",
            "xYNcEjX7v3higVsgGK0YD5H8",
            "ti8TQ0qagSc_-qVkICE"
        )],
        &[
            concat!(
                "sk-ant-ort",
                "918-7rfll78CvD2c2tyfs9nb",
                "6bBDaqkm3w31MEdFw90z_Kbf",
                "xY"
            ),
            concat!("sk-ant-ort", "..."),
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
        &[concat!("hf_", "dtaT3OpjUSLhy3db7GfdEIxH", "Fc03nQCbTF")],
        &[concat!("hf_", "dtaT3OpjUSLhy3db7Gf"), concat!("hf_", "...")],
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
            "jCHB5uFk5L7rrQ6a4632P7pu",
            "I4THST5gE4"
        )],
        &[
            concat!("api_org_", "jCHB5uFk5L7rrQ6a4"),
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
            "IAzjERTfkHY0ZLzFqZto0Hqg",
            "jOvtiJcXjGZ1Wg5bnbF"
        )],
        &[
            concat!("r8_", "IAzjERTfkHY0ZLzFqZto0Hqg"),
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
            "2SXsrTVCgaeDJ8uZzVN5WEOp",
            "4qTpBnbLmqqfzWtWqw0yDXBl",
            "pUGWbi"
        )],
        &[
            concat!("gsk_", "2SXsrTVCgaeDJ8uZzVN5WEOp", "4qTpBn"),
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
            "Hm8PHob7aCPfqZATUFIkocwt",
            "ZVDdZv7HyEHFOrWS6p2rjuhy",
            "XHtKmWWsKLcRBuBDvgEyvag5",
            "igRfPL9sTkOqS3XF"
        )],
        &[
            concat!(
                "xai-",
                "Hm8PHob7aCPfqZATUFIkocwt",
                "ZVDdZv7HyEHFOrWS6p2rjuhy",
                "XHt"
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
            "Ci76hvzxScxJslNteSYHvIS4",
            "14G0pg695LfEyU613NO"
        )],
        &[
            concat!("pplx-", "Ci76hvzxScxJslNteSYHvIS"),
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
            "-aa7b4b322a45c724e9b35a8",
            "7ce49db43da925deecc69be1",
            "aa1ed0d81df4008d3"
        )],
        &[
            concat!("sk-or-", "-aa7b4b322a45c724e9b35a8", "7ce49db43da9"),
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
        &[concat!("fw_", "QJDelfyxpQ4np2aJfVzagXxo", "ww")],
        &[concat!("fw_", "QJDelfyxpQ4np2"), concat!("fw_", "...")],
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
            "v2xSRX7Ml8couw4ekN8Hno0C",
            "mg2B_1MCfQQylaD33K4"
        )],
        &[
            concat!("tgp_v1_", "v2xSRX7Ml8couw4ekN8Hno0"),
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
            "d4636b1ceadae81d7cef304d",
            "e7e34a85249c13b7fd2f0e57",
            "e30f91894a5c7307"
        )],
        &[
            concat!(
                "TOGETHER_SECRET_KEY=",
                "d4636b1ceadae81d7cef304d",
                "e7e34a85249c13"
            ),
            concat!("TOGETHER_SECRET_KEY=", "d4636b1ceadae81d7cef3"),
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
            "Krm668IYDztqyzu9dktGUyMC",
            "O33r7XJb"
        )],
        &[
            concat!("MISTRAL_SECRET_KEY=", "Krm668IYDztqyzu9dkt"),
            concat!("MISTRAL_SECRET_KEY=", "Krm668IYDz"),
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
            "fSNoFhTihn2Cmk0cyXOeNHKC",
            "MWgyetxjydlQGQoJ"
        )],
        &[
            concat!("COHERE_SECRET_KEY=", "fSNoFhTihn2Cmk0cyXOeNHKC"),
            concat!("COHERE_SECRET_KEY=", "fSNoFhTihn2Cm"),
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
            "xdYbx1My6HNiRi9ZkyDMlI5d",
            "go6WXYb9"
        )],
        &[
            concat!("AI21_SECRET_KEY=", "xdYbx1My6HNiRi9ZkyD"),
            concat!("AI21_SECRET_KEY=", "xdYbx1My6H"),
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
            "z2ypkjj4yku2a490y5gm4uzq",
            "iq6ectml1u4glkh95y6on8g0"
        )],
        &[
            concat!("csk-", "z2ypkjj4yku2a490y5gm4uzq", "iq6"),
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
            "SNbD23P0ipgDxv_3RqEawP-K",
            "w9FmoVwEXRRgpMwARAVBpCCe",
            "cjdMKweJ7lhqR5g"
        )],
        &[
            concat!("nvapi-", "SNbD23P0ipgDxv_3RqEawP-K", "w9FmoVwEXRR"),
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
            "sk_089338d824e99f4d0287e",
            "2f5ab384aee_7c89e5f736"
        )],
        &[
            concat!("lsv2_", "sk_089338d824e99f4d0287e", "2"),
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
            "842b284a-1dd0-877f-57f8-",
            "87f51c25be24"
        )],
        &[
            concat!("sk-lf-", "842b284a-1dd0-877f-"),
            concat!("sk-lf-", "..."),
        ],
    ),
];
