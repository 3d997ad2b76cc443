//! Models, and services around models. Continued.
use super::row::{near, row};
use super::validate;
use crate::detector::Detector;

pub(super) static ROWS: &[Detector] = &[
    row(
        "pinecone-key",
        "Pinecone API key",
        "Pinecone",
        &["pcsk_"],
        r"\bpcsk_[0-9A-Za-z]{5,6}_[0-9A-Za-z]{60,66}\b",
    )
    .entropy(3.8)
    .tried(
        &[concat!("pcsk_", "GCOTO_kUhEjVuN35BC45Fhsg", "mZvGU1cy5RWjWzplPkYtWi6L", "absMDS37X4BwVWkY5tjpvIn")],
        &[concat!("pcsk_", "GCOTO_kUhEjVuN35BC45Fhsg", "mZvGU1cy5RWjWzpl"), concat!("pcsk_", "...")],
    ),
    row(
        "pinecone-legacy-key",
        "Pinecone API key (UUID)",
        "Pinecone",
        &["pinecone"],
        near!("pinecone", r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("PINECONE_SECRET_KEY=", "c8a7d343-1e48-0ee8-8431-", "19c869a3e1ba")],
        &[concat!("PINECONE_SECRET_KEY=", "c8a7d343-1e48-0ee8-84"), concat!("PINECONE_SECRET_KEY=", "c8a7d343-1e4")],
    ),
    row(
        "jina-key",
        "Jina AI API key",
        "Jina AI",
        &["jina_"],
        r"\bjina_[0-9a-f]{32}[\w-]{20,32}",
    )
    .entropy(3.5)
    .tried(
        &[concat!("jina_", "298fd82d203a6071d05c1e89", "b211ebe9xcNHi_PxBIjy-EGI", "xslTyITi8EdC")],
        &[concat!("jina_", "298fd82d203a6071d05c1e89", "b211ebe9xc"), concat!("jina_", "...")],
    ),
    row(
        "voyage-key",
        "Voyage AI API key",
        "Voyage AI",
        &["pa-"],
        r"\bpa-[\w-]{43}\b",
    )
    .entropy(4.2)
    .tried(
        &[concat!("pa-", "KyKbGiBR3u37rFGJz1SY7Wk1", "rA8NHgmmZ9TKmZBvy2x")],
        &[concat!("pa-", "KyKbGiBR3u37rFGJz1SY7Wk1"), concat!("pa-", "...")],
    ),
    row(
        "tavily-key",
        "Tavily API key",
        "Tavily",
        &["tvly-"],
        r"\btvly-(?:dev-|prod-)?[0-9A-Za-z]{32,36}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!("tvly-", "dev-GJNwXFxVTWSbzrBXmsWD", "gS0uHiZSH1wXE")],
        &[concat!("tvly-", "dev-GJNwXFxVTWSbzrBX"), concat!("tvly-", "...")],
    ),
    row(
        "elevenlabs-key",
        "ElevenLabs API key",
        "ElevenLabs",
        &["sk_0", "sk_1", "sk_2", "sk_3", "sk_4", "sk_5", "sk_6", "sk_7", "sk_8", "sk_9", "sk_a", "sk_b", "sk_c", "sk_d", "sk_e", "sk_f"],
        r"\bsk_[0-9a-f]{48}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!("sk_1", "75e5bb614a166bc6e7d372ab", "e3447c12440c51c0359b94e")],
        &[concat!("sk_1", "75e5bb614a166bc6e7d372ab", "e3"), concat!("sk_1", "...")],
    ),
    row(
        "deepgram-key",
        "Deepgram API key",
        "Deepgram",
        &["deepgram"],
        near!("deepgram", r"[0-9a-f]{40}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("DEEPGRAM_SECRET_KEY=", "cbc4bdd566fe2ff27abb1638", "1019ae8fbd2cbf35")],
        &[concat!("DEEPGRAM_SECRET_KEY=", "cbc4bdd566fe2ff27abb1638"), concat!("DEEPGRAM_SECRET_KEY=", "cbc4bdd566fe2")],
    ),
    row(
        "assemblyai-key",
        "AssemblyAI API key",
        "AssemblyAI",
        &["assemblyai"],
        near!("assemblyai", r"[0-9a-f]{32}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("ASSEMBLYAI_SECRET_KEY=", "dee3a4355c72435ef6c7743e", "4a254f89")],
        &[concat!("ASSEMBLYAI_SECRET_KEY=", "dee3a4355c72435ef6c"), concat!("ASSEMBLYAI_SECRET_KEY=", "dee3a4355c")],
    ),
    row(
        "friendli-key",
        "Friendli API key",
        "Friendli",
        &["flp_"],
        r"\bflp_[0-9A-Za-z]{46,50}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!("flp_", "hvUHaTToy8wgXEZGDOz7upKg", "GL0zNdeLS6cFZglpl5yfecQ")],
        &[concat!("flp_", "hvUHaTToy8wgXEZGDOz7upKg", "GL"), concat!("flp_", "...")],
    ),
    row(
        "baseten-key",
        "Baseten API key",
        "Baseten",
        &["baseten", "api-key"],
        r#"(?i:baseten|api-key)[\w\- :="\x27]{0,24}?\b([0-9A-Za-z]{8}\.[0-9A-Za-z]{32})\b"#,
    )
    .named()
    .entropy(3.8)
    .tried(
        &[concat!("Authorization: Api-Key ", "3QsTFMlQ.nBhGb2fF6J4xXzp", "IuDrBUn8vUpcBAdPy")],
        &[concat!("Authorization: Api-Key ", "3QsTFMlQ.nBhGb2fF6J4xXzp"), concat!("Authorization: Api-Key ", "3QsTFMlQ.nBhG")],
    ),
    row(
        "clarifai-key",
        "Clarifai key",
        "Clarifai",
        &["clarifai"],
        near!("clarifai", r"[0-9a-f]{32}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("CLARIFAI_SECRET_KEY=", "e710ab509fea292372b6b346", "262e6753")],
        &[concat!("CLARIFAI_SECRET_KEY=", "e710ab509fea292372b"), concat!("CLARIFAI_SECRET_KEY=", "e710ab509f")],
    ),
    row(
        "zhipu-key",
        "Zhipu (BigModel) API key",
        "Zhipu AI",
        &["zhipu", "bigmodel", "glm", "ollama"],
        r#"(?i:zhipu|bigmodel|glm|ollama)[\w.\- ]{0,24}["\x27]?\s{0,3}[:=]\s{0,3}["\x27]?([0-9a-f]{32}\.[0-9A-Za-z_\-]{16,24})\b"#,
    )
    .named()
    .entropy(3.5)
    .tried(
        &[concat!("ZHIPU_API_KEY=", "0609a06272f8b157c24ace7d", "9ea11fb8.3MyWbybVwUi2o7M", "j")],
        &[concat!("ZHIPU_API_KEY=", "0609a06272f8b157c24ace7d", "9ea11"), concat!("ZHIPU_API_KEY=", "0609a06272f8b157")],
    ),
    row(
        "wandb-key",
        "Weights & Biases API key with prefix",
        "Weights & Biases",
        &["wandb_v1_", "local-"],
        r"\b(?:wandb_v1_[\w-]{40,90}|local-[0-9a-f]{40}\b)",
    )
    .entropy(3.0)
    .tried(
        &[concat!("wandb_v1_", "8rm_uq2VCXW_VLo0HTzZUeDU", "4fBliOJvNoBJFX4yf1F5BMPP", "-H8S1geB3")],
        &[concat!("wandb_v1_", "8rm_uq2VCXW_VLo0HTzZUeDU", "4fBliO"), concat!("wandb_v1_", "...")],
    ),
    row(
        "wandb-legacy-key",
        "Weights & Biases API key",
        "Weights & Biases",
        &["wandb", "weights"],
        near!("wandb|weights", r"[0-9a-f]{40}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("WANDB_SECRET_KEY=", "d07a7a55d03fe4388e2f8c4c", "40f3f4e1fd80a765")],
        &[concat!("WANDB_SECRET_KEY=", "d07a7a55d03fe4388e2f8c4c"), concat!("WANDB_SECRET_KEY=", "d07a7a55d03fe")],
    ),
    row(
        "cursor-key",
        "Cursor API key",
        "Cursor",
        &["key_"],
        r"\bkey_[0-9a-f]{64}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!("key_", "0790208989405ea19f6f4d4f", "12a2db4038cdd203a5b14eeb", "6a7d9f8ae2b0f259")],
        &[concat!("key_", "0790208989405ea19f6f4d4f", "12a2db4038cd"), concat!("key_", "...")],
    ),
    row(
        "devin-key",
        "Devin API key",
        "Cognition",
        &["apk_", "cog_"],
        r"\b(?:apk_(?:user_)?[0-9A-Za-z]{80,}={0,2}|cog_[a-z2-7]{52}\b)",
    )
    .entropy(3.5)
    .tried(
        &[concat!("cog_", "ohebzugldbfnqmjl2vhwxtug", "drhmozmyv7lc7gdxdmum6jds", "ofsg")],
        &[concat!("cog_", "ohebzugldbfnqmjl2vhwxtug", "drhmo"), concat!("cog_", "...")],
    ),
    row(
        "coderabbit-key",
        "CodeRabbit API key",
        "CodeRabbit",
        &["cr-"],
        r"\bcr-[0-9a-f]{58}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!("cr-", "1d9387b453487a68fb6755f2", "403646c17eaf7df62dd6cdd5", "5406159264")],
        &[concat!("cr-", "1d9387b453487a68fb6755f2", "403646c17"), concat!("cr-", "...")],
    ),
    row(
        "exa-key",
        "Exa API key",
        "Exa",
        &["exa_", "exaapi", "exa-"],
        near!("exa", r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("EXA_SECRET_KEY=", "aa71ffd6-9f66-394a-c516-", "95a80f434439")],
        &[concat!("EXA_SECRET_KEY=", "aa71ffd6-9f66-394a-c5"), concat!("EXA_SECRET_KEY=", "aa71ffd6-9f6")],
    ),
    row(
        "brave-search-key",
        "Brave Search API key",
        "Brave",
        &["BSA"],
        r"\bBSA[\w-]{27,28}\b",
    )
    .entropy(3.8)
    .tried(
        &[concat!("BSA", "RiKVNoURSkQ0g17LzVd8cgAv", "sWL")],
        &[concat!("BSA", "RiKVNoURSkQ0g17"), concat!("BSA", "...")],
    ),
    row(
        "kagi-key",
        "Kagi API key",
        "Kagi",
        &["kagi"],
        near!("kagi", r"[\w-]{11}\.[\w-]{43}"),
    )
    .named()
    .entropy(3.8)
    .check(validate::opaque)
    .tried(
        &[concat!("KAGI_SECRET_KEY=", "8CZbsnyP8aR.g1XENjVOwTp6", "QjmIE89XIsY0jqpYGdtWx3N0", "xInO4a9")],
        &[concat!("KAGI_SECRET_KEY=", "8CZbsnyP8aR.g1XENjVOwTp6", "QjmIE89XI"), concat!("KAGI_SECRET_KEY=", "8CZbsnyP8aR.g1XENj")],
    ),
    row(
        "deepl-key",
        "DeepL API key",
        "DeepL",
        &["deepl"],
        near!("deepl", r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?::fx)?\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("DEEPL_SECRET_KEY=", "500e26c4-3084-7f47-1404-", "0a58c202e536")],
        &[concat!("DEEPL_SECRET_KEY=", "500e26c4-3084-7f47-14"), concat!("DEEPL_SECRET_KEY=", "500e26c4-308")],
    ),
    row(
        "e2b-key",
        "E2B API key",
        "E2B",
        &["e2b_", "sk_e2b_"],
        r"\b(?:sk_)?e2b_[0-9a-f]{40}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!("e2b_", "ed411cc84a13958f14c2dd7d", "206832492d633b34")],
        &[concat!("e2b_", "ed411cc84a13958f14c2dd"), concat!("e2b_", "...")],
    ),
    row(
        "coze-token",
        "Coze personal access token",
        "Coze",
        &["pat_"],
        r"\bpat_[0-9A-Za-z]{64}\b",
    )
    .entropy(3.8)
    .tried(
        &[concat!("pat_", "Pj60ba23bURE4PJam17Ehlg4", "ie4ivMhwoXmpX78L23HZyeDN", "UKv34lUZTR0O9u6R")],
        &[concat!("pat_", "Pj60ba23bURE4PJam17Ehlg4", "ie4ivMhwoXmp"), concat!("pat_", "...")],
    ),
    row(
        "dify-key",
        "Dify application or data set key",
        "Dify",
        &["app-", "dataset-"],
        r"\b(?:app|dataset)-[0-9A-Za-z]{24}\b",
    )
    .warn()
    .entropy(4.0)
    .tried(
        &[concat!("dataset-", "61pc3cTJ1N9lgF5AuJ1iPbth")],
        &[concat!("dataset-", "61pc3cTJ1N9"), concat!("dataset-", "...")],
    ),
    row(
        "helicone-key",
        "Helicone API key",
        "Helicone",
        &["sk-helicone-", "pk-helicone-"],
        r"\b[sp]k-helicone-[a-z0-9\-]{30,60}\b",
    )
    .entropy(3.3)
    .tried(
        &[concat!("sk-helicone-", "q5cvx59hu8xza9xoexsc13da", "7jng0ks842")],
        &[concat!("sk-helicone-", "q5cvx59hu8xza9x"), concat!("sk-helicone-", "...")],
    ),
];
