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
        &[concat!("pcsk_", "E5y99_rKCPBG4vSwquoWwLVG", "4FwvU6s6AIIftS6rstmtvXaK", "mJF8FWTVyaPGVhicGX0bzU1C")],
        &[concat!("pcsk_", "E5y99_rKCPBG4vSwquoWwLVG", "4FwvU6s6AIIftS6rs"), concat!("pcsk_", "...")],
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
        &[concat!("PINECONE_SECRET_KEY=", "d0c3ff8b-cb74-a891-c43a-", "b6a639dbb290")],
        &[concat!("PINECONE_SECRET_KEY=", "d0c3ff8b-cb74-a891-c4"), concat!("PINECONE_SECRET_KEY=", "d0c3ff8b-cb7")],
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
        &[concat!("jina_", "8cbbdf220109fa29a142b6cb", "54c46a6drsPYWjp4QiHk4cAY", "B0X2nsv")],
        &[concat!("jina_", "8cbbdf220109fa29a142b6cb", "54c46a6"), concat!("jina_", "...")],
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
        &[concat!("pa-", "wWCKK3wiLOZVbTLL70bIGA-8", "kK9krd3npKQT2JvYpGw")],
        &[concat!("pa-", "wWCKK3wiLOZVbTLL70bIGA-8"), concat!("pa-", "...")],
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
        &[concat!("tvly-", "dev-jqTlo4XwqnclxWT4IdD4", "wZ2OI6Uuelg7GEzd")],
        &[concat!("tvly-", "dev-jqTlo4XwqnclxWT4Id"), concat!("tvly-", "...")],
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
        &[concat!("sk_9", "e3f556da77e98c5ff97f5aa1", "7ae87679cd0f4fbcac43825")],
        &[concat!("sk_9", "e3f556da77e98c5ff97f5aa1", "7a"), concat!("sk_9", "...")],
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
        &[concat!("DEEPGRAM_SECRET_KEY=", "f29bd248e9b6d5a04b3a9d94", "11562bbc565c2891")],
        &[concat!("DEEPGRAM_SECRET_KEY=", "f29bd248e9b6d5a04b3a9d94"), concat!("DEEPGRAM_SECRET_KEY=", "f29bd248e9b6d")],
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
        &[concat!("ASSEMBLYAI_SECRET_KEY=", "e3ce7a9e974a7991b46fdd21", "d136a0f6")],
        &[concat!("ASSEMBLYAI_SECRET_KEY=", "e3ce7a9e974a7991b46"), concat!("ASSEMBLYAI_SECRET_KEY=", "e3ce7a9e97")],
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
        &[concat!("flp_", "AD2pAMb5Ur5tARXfmQVAEyPu", "azwPIadN7Uu9abeFKm0lacn2", "DE")],
        &[concat!("flp_", "AD2pAMb5Ur5tARXfmQVAEyPu", "azwP"), concat!("flp_", "...")],
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
        &[concat!("Authorization: Api-Key ", "2CHD1I8d.60jWWy3Jjv1P6hI", "iQA0GSnsL7xwlMQk6")],
        &[concat!("Authorization: Api-Key ", "2CHD1I8d.60jWWy3Jjv1P6hI"), concat!("Authorization: Api-Key ", "2CHD1I8d.60jW")],
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
        &[concat!("CLARIFAI_SECRET_KEY=", "87b3fbb565ffed61921a04ed", "329da21f")],
        &[concat!("CLARIFAI_SECRET_KEY=", "87b3fbb565ffed61921"), concat!("CLARIFAI_SECRET_KEY=", "87b3fbb565")],
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
        &[concat!("ZHIPU_API_KEY=", "a98f5ac7e48430b94fd166ce", "40a1a63d.ZpPevckOBT6uxyu", "G")],
        &[concat!("ZHIPU_API_KEY=", "a98f5ac7e48430b94fd166ce", "40a1a"), concat!("ZHIPU_API_KEY=", "a98f5ac7e48430b9")],
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
        &[concat!("local-", "aaa0908208ef2bc624130820", "7cf78edceb28b0b1")],
        &[concat!("local-", "aaa0908208ef2bc624130"), concat!("local-", "...")],
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
        &[concat!("WANDB_SECRET_KEY=", "e6f2e6547a972fc705a8e54a", "d25f548aed8e1a63")],
        &[concat!("WANDB_SECRET_KEY=", "e6f2e6547a972fc705a8e54a"), concat!("WANDB_SECRET_KEY=", "e6f2e6547a972")],
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
        &[concat!("key_", "6f489c291ae40582e31118a0", "260e1af588208c4863595b41", "6d3a03c887067e86")],
        &[concat!("key_", "6f489c291ae40582e31118a0", "260e1af58820"), concat!("key_", "...")],
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
        &[concat!("apk_", "user_Ru0VLkrxfjDQCDg8X35", "Qi4Hdj1gVONeHqfFYIJgvnZS", "LZRkRWvGiIqo2QKrNvzV0sgz", "s0RHJbCNuH6ffVTxlO76==")],
        &[concat!("apk_", "user_Ru0VLkrxfjDQCDg8X35", "Qi4Hdj1gVONeHqfFYIJgvnZS", "LZRkRW"), concat!("apk_", "...")],
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
        &[concat!("cr-", "55f3e902d27127f4039097aa", "9f987b0e5894d57f9245e1a5", "ca943f0ea2")],
        &[concat!("cr-", "55f3e902d27127f4039097aa", "9f987b0e5"), concat!("cr-", "...")],
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
        &[concat!("EXA_SECRET_KEY=", "7a4cfc67-d186-c439-b307-", "43e087d9f4a7")],
        &[concat!("EXA_SECRET_KEY=", "7a4cfc67-d186-c439-b3"), concat!("EXA_SECRET_KEY=", "7a4cfc67-d18")],
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
        &[concat!("BSA", "CpzuUif5UmcszqjhebWy_oBJ", "Mfv")],
        &[concat!("BSA", "CpzuUif5Umcszqj"), concat!("BSA", "...")],
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
        &[concat!("KAGI_SECRET_KEY=", "PdU9mBtYXqm.Zsq8e6S8A3FF", "rmHWYlEzzzJCBSgKoumXM5pq", "HaalRmW")],
        &[concat!("KAGI_SECRET_KEY=", "PdU9mBtYXqm.Zsq8e6S8A3FF", "rmHWYlEzz"), concat!("KAGI_SECRET_KEY=", "PdU9mBtYXqm.Zsq8e6")],
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
        &[concat!("DEEPL_SECRET_KEY=", "478d6c37-88c0-1cb6-8fe9-", "1310ba8eeb47:fx")],
        &[concat!("DEEPL_SECRET_KEY=", "478d6c37-88c0-1cb6-8fe9"), concat!("DEEPL_SECRET_KEY=", "478d6c37-88c0")],
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
        &[concat!("sk_e2b_", "c8ed488b1a4f00894f6779e5", "58e842277e1fdf31")],
        &[concat!("sk_e2b_", "c8ed488b1a4f00894f677"), concat!("sk_e2b_", "...")],
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
        &[concat!("pat_", "XylRs3F8WrSpkwIXTR4Q40cb", "vfcVqXB85qSCnPj8Qhk7EnNY", "SB1M3Kfrsl5flCkD")],
        &[concat!("pat_", "XylRs3F8WrSpkwIXTR4Q40cb", "vfcVqXB85qSC"), concat!("pat_", "...")],
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
        &[concat!("dataset-", "EMyBlPOMNafzpxscSzEVJkxH")],
        &[concat!("dataset-", "EMyBlPOMNaf"), concat!("dataset-", "...")],
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
        &[concat!("sk-helicone-", "z4zk0trbapsh0cj676e5qqpx", "7o3lnee3yux2uprb0lz8zbmu", "v")],
        &[concat!("sk-helicone-", "z4zk0trbapsh0cj676e5qqpx"), concat!("sk-helicone-", "...")],
    ),
];
