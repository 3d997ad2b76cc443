//! Places where applications are deployed, served and backed.
use super::row::{near, row};
use super::validate;
use crate::detector::Detector;

pub(super) static ROWS: &[Detector] = &[
    row(
        "heroku-prefixed-key",
        "Heroku API key",
        "Heroku",
        &["HRKU-"],
        r"\bHRKU-[\w-]{36,64}",
    )
    .entropy(3.0)
    .tried(
        &[concat!(
            "HRKU-",
            "1HMmz4_ZP6BGvH-QnVpZHzTl",
            "wbI3cxqodSUwY6c"
        )],
        &[
            concat!("HRKU-", "1HMmz4_ZP6BGvH-QnVpZH"),
            concat!("HRKU-", "..."),
        ],
    ),
    row(
        "heroku-api-key",
        "Heroku API key (UUID)",
        "Heroku",
        &["heroku"],
        near!(
            "heroku",
            r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"
        ),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "HEROKU_SECRET_KEY=",
            "ca9aa53b-6e97-8aa2-59fb-",
            "8be762a73a5e"
        )],
        &[
            concat!("HEROKU_SECRET_KEY=", "ca9aa53b-6e97-8aa2-59"),
            concat!("HEROKU_SECRET_KEY=", "ca9aa53b-6e9"),
        ],
    ),
    row(
        "fly-macaroon",
        "Fly.io access token",
        "Fly.io",
        &["fm1_", "fm2_", "fm1r_", "fm1a_"],
        r"\bfm(?:1[ar]?|2)_[0-9A-Za-z+/]{80,}={0,3}",
    )
    .entropy(4.0)
    .tried(
        &[concat!(
            "fm1r_",
            "cawjPxVqlCFA4kz/WnI+mPae",
            "NdoI66RFG7YGF5euS3pO2bfv",
            "1pXjsxI+B3eetXp0eG4YsC6L",
            "DURHUgJZ"
        )],
        &[
            concat!(
                "fm1r_",
                "cawjPxVqlCFA4kz/WnI+mPae",
                "NdoI66RFG7YGF5euS3pO2b"
            ),
            concat!("fm1r_", "..."),
        ],
    ),
    row(
        "fly-legacy-token",
        "Fly.io legacy token",
        "Fly.io",
        &["fo1_"],
        r"\bfo1_[\w-]{43}",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "fo1_",
            "fVQZALuqz__Ra-Gowu2E6Fue",
            "F_aDBhfBIe72xoQfLbX"
        )],
        &[
            concat!("fo1_", "fVQZALuqz__Ra-Gowu2E6Fue"),
            concat!("fo1_", "..."),
        ],
    ),
    row(
        "render-key",
        "Render API key",
        "Render",
        &["rnd_"],
        r"\brnd_[0-9A-Za-z]{28,36}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!("rnd_", "XLES9U2uJv7qVTtw0jyhk2tD", "42G6dJtpxp")],
        &[
            concat!("rnd_", "XLES9U2uJv7qVTtw0j"),
            concat!("rnd_", "..."),
        ],
    ),
    row(
        "vercel-token",
        "Vercel access token",
        "Vercel",
        &["vcp_", "vci_", "vca_", "vcr_", "vck_"],
        r"\bvc[piark]_[0-9A-Za-z]{24,64}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!("vci_", "Q2IPtCG1CmCse1TkB2qoyJgk", "qnTYVxeE")],
        &[concat!("vci_", "Q2IPtCG1CmCse1TkB"), concat!("vci_", "...")],
    ),
    row(
        "vercel-legacy-token",
        "Vercel access token (24 characters)",
        "Vercel",
        &["vercel"],
        near!("vercel", r"[0-9A-Za-z]{24}\b"),
    )
    .named()
    .entropy(3.3)
    .check(validate::opaque)
    .tried(
        &[concat!("VERCEL_SECRET_KEY=", "TDztwGLvBHlc8P9IdsRJDNNR")],
        &[
            concat!("VERCEL_SECRET_KEY=", "TDztwGLvBHlc8P"),
            concat!("VERCEL_SECRET_KEY=", "TDztwGLv"),
        ],
    ),
    row(
        "vercel-blob-token",
        "Vercel Blob read-write token",
        "Vercel",
        &["vercel_blob_rw_"],
        r"vercel_blob_rw_[0-9A-Za-z]{16,24}_[0-9A-Za-z]{24,40}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "vercel_blob_rw_",
            "kgmxJqTPtdtcAV5u_2FT9O5P",
            "9aiCoDBpuUOjfBfGvUNAqRXv"
        )],
        &[
            concat!("vercel_blob_rw_", "kgmxJqTPtdtcAV5u_2FT9O"),
            concat!("vercel_blob_rw_", "..."),
        ],
    ),
    row(
        "netlify-token",
        "Netlify personal access token",
        "Netlify",
        &["nfp_", "nfc_", "nfo_", "nfb_", "nfu_"],
        r"\bnf[pcobu]_[0-9A-Za-z]{36,40}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "nfb_",
            "dD7i2wwVGsE1SqNic3mm7uyj",
            "D0zJvH0HmhsPGw"
        )],
        &[
            concat!("nfb_", "dD7i2wwVGsE1SqNic3mm7"),
            concat!("nfb_", "..."),
        ],
    ),
    row(
        "netlify-legacy-token",
        "Netlify access token (43 to 64 characters)",
        "Netlify",
        &["netlify"],
        near!("netlify", r"[0-9A-Za-z_\-]{43,64}"),
    )
    .named()
    .entropy(3.3)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "NETLIFY_SECRET_KEY=",
            "0G39-pEbwDofYVHWGjf9Ihy1",
            "G3IGUbqXhz6k7iLZKwUS2IQE",
            "5UQbFMSPMlSjNny"
        )],
        &[
            concat!(
                "NETLIFY_SECRET_KEY=",
                "0G39-pEbwDofYVHWGjf9Ihy1",
                "G3IGUbqXhz6k7"
            ),
            concat!("NETLIFY_SECRET_KEY=", "0G39-pEbwDofYVHWGjf9I"),
        ],
    ),
    row(
        "railway-token",
        "Railway API token",
        "Railway",
        &["railway"],
        near!(
            "railway",
            r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"
        ),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "RAILWAY_SECRET_KEY=",
            "65bbcf63-f6b7-b396-498e-",
            "b7572736524c"
        )],
        &[
            concat!("RAILWAY_SECRET_KEY=", "65bbcf63-f6b7-b396-49"),
            concat!("RAILWAY_SECRET_KEY=", "65bbcf63-f6b"),
        ],
    ),
    row(
        "supabase-pat",
        "Supabase personal access token",
        "Supabase",
        &["sbp_"],
        r"\bsbp_(?:oauth_|v0_)?[0-9a-z]{40}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!(
            "sbp_",
            "bmhhfu1k370w9wkgz1shyfoe",
            "o99g001tzvmrqvl8"
        )],
        &[
            concat!("sbp_", "bmhhfu1k370w9wkgz1shyf"),
            concat!("sbp_", "..."),
        ],
    ),
    row(
        "supabase-secret-key",
        "Supabase secret key",
        "Supabase",
        &["sb_secret_"],
        r"sb_secret_[\w-]{22}_[\w-]{8}",
    )
    .entropy(3.3)
    .tried(
        &[concat!("sb_secret_", "r3OSij-lwbLFUA1ibCzYPI_G", "4gDGYCm")],
        &[
            concat!("sb_secret_", "r3OSij-lwbLFUA"),
            concat!("sb_secret_", "..."),
        ],
    ),
    row(
        "convex-key",
        "Convex deploy key",
        "Convex",
        &["prod:", "dev:", "preview:"],
        r"\b(?:prod|dev|preview):[a-z]{2,20}-[a-z]{2,20}-\d{1,4}\|[0-9A-Za-z+/=]{40,}",
    )
    .entropy(3.8)
    .tried(
        &[concat!(
            "prod:",
            "ph-nuqb-339|MIze97YVKOuX",
            "lJcsJOcAne2tQo3TlkZZrrl8",
            "PJiqt3"
        )],
        &[
            concat!("prod:", "ph-nuqb-339|MIze97YVKOuX", "lJcsJO"),
            concat!("prod:", "..."),
        ],
    ),
    row(
        "deno-token",
        "Deno Deploy access token",
        "Deno",
        &["ddp_", "ddw_", "ddo_"],
        r"\bdd[pwo]_[0-9A-Za-z]{36,40}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "ddo_",
            "tZD0NFokzGKcStZn7M1mE1Tw",
            "FDAQVaw87upE7Oas"
        )],
        &[
            concat!("ddo_", "tZD0NFokzGKcStZn7M1mE1"),
            concat!("ddo_", "..."),
        ],
    ),
    row(
        "firecrawl-key",
        "Firecrawl API key",
        "Firecrawl",
        &["fc-"],
        r"\bfc-[0-9a-f]{32}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!("fc-", "1c8314731333ac06d5519c33", "fb39a576")],
        &[concat!("fc-", "1c8314731333ac06d5"), concat!("fc-", "...")],
    ),
    row(
        "fastly-key",
        "Fastly API token",
        "Fastly",
        &["fastly"],
        near!("fastly", r"[0-9A-Za-z_\-]{32}"),
    )
    .named()
    .entropy(3.3)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "FASTLY_SECRET_KEY=",
            "oDCvYFLgFWoGgxHCL-4r9v5j",
            "Il69rgjf"
        )],
        &[
            concat!("FASTLY_SECRET_KEY=", "oDCvYFLgFWoGgxHCL-4"),
            concat!("FASTLY_SECRET_KEY=", "oDCvYFLgFW"),
        ],
    ),
    row(
        "bunny-key",
        "Bunny.net API key",
        "Bunny.net",
        &["bunny"],
        near!(
            "bunny(?:cdn|net)?",
            r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}-[0-9a-f]{4}-[0-9a-f]{4}\b"
        ),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "BUNNY_SECRET_KEY=",
            "ea855f01-5951-b6ad-915ce",
            "eaf5c14-678e-3ffc"
        )],
        &[
            concat!("BUNNY_SECRET_KEY=", "ea855f01-5951-b6ad-915ce"),
            concat!("BUNNY_SECRET_KEY=", "ea855f01-5951"),
        ],
    ),
    row(
        "pantheon-token",
        "Pantheon machine token",
        "Pantheon",
        &["pantheon"],
        near!("pantheon", r"[0-9A-Za-z_\-]{38,50}"),
    )
    .named()
    .entropy(3.5)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "PANTHEON_SECRET_KEY=",
            "Ub-UwVJg_Cu1lxOH8i22L9mV",
            "REkm2oTU3aFAp2ecK9"
        )],
        &[
            concat!("PANTHEON_SECRET_KEY=", "Ub-UwVJg_Cu1lxOH8i22L9mV", "R"),
            concat!("PANTHEON_SECRET_KEY=", "Ub-UwVJg_Cu1lx"),
        ],
    ),
    row(
        "wpengine-key",
        "WP Engine API key",
        "WP Engine",
        &["wpengine", "wpe_"],
        near!("wpengine|wpe", r"[0-9a-f]{20,64}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "WPENGINE_SECRET_KEY=",
            "8208d7ad8d735203894bcb8c",
            "ae087c7"
        )],
        &[
            concat!("WPENGINE_SECRET_KEY=", "8208d7ad8d73520389"),
            concat!("WPENGINE_SECRET_KEY=", "8208d7ad8d"),
        ],
    ),
    row(
        "zuplo-key",
        "Zuplo consumer API key",
        "Zuplo",
        &["zpka_"],
        r"\bzpka_[0-9a-f]{32}_[0-9a-f]{8}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!(
            "zpka_",
            "389e3c10b878b155594b0cca",
            "754ab940_001ea1d4"
        )],
        &[
            concat!("zpka_", "389e3c10b878b155594b0c"),
            concat!("zpka_", "..."),
        ],
    ),
    row(
        "ngrok-key",
        "ngrok API key or authtoken",
        "ngrok",
        &["ngrok", "ak_"],
        r#"(?i:ngrok)[\w.\- :="\x27]{0,40}?\b((?:ak_)?[12][0-9A-Za-z]{26}_[0-9A-Za-z]{20,22})\b"#,
    )
    .named()
    .entropy(3.8)
    .tried(
        &[concat!(
            "ngrok config add-authtoken ",
            "2LntYK64Q4YXIKtBZkfuENTQ",
            "hd2_DxIsJavShjql3zpcwlvV",
            "P"
        )],
        &[
            concat!(
                "ngrok config add-authtoken ",
                "2LntYK64Q4YXIKtBZkfuENTQ",
                "hd2_D"
            ),
            concat!("ngrok config add-authtoken ", "2LntYK64Q4YXIKtB"),
        ],
    ),
    row(
        "tailscale-key",
        "Tailscale key",
        "Tailscale",
        &["tskey-"],
        r"\btskey-(?:[a-z]{2,12}-)?[0-9A-Za-z]{6,32}-[0-9A-Za-z]{4,64}\b",
    )
    .entropy(2.8)
    .tried(
        &[concat!("tskey-", "rKEAe95-itX6q")],
        &[concat!("tskey-", "rKEAe"), concat!("tskey-", "...")],
    ),
    row(
        "zerotier-token",
        "ZeroTier Central token",
        "ZeroTier",
        &["zerotier"],
        near!("zerotier", r"[0-9A-Za-z]{32}\b"),
    )
    .named()
    .entropy(3.3)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "ZEROTIER_SECRET_KEY=",
            "4efkHpuRfIhQduniEVs54irh",
            "41mJ9uJY"
        )],
        &[
            concat!("ZEROTIER_SECRET_KEY=", "4efkHpuRfIhQduniEVs"),
            concat!("ZEROTIER_SECRET_KEY=", "4efkHpuRfI"),
        ],
    ),
    row(
        "defined-networking-token",
        "Defined Networking API token",
        "Defined",
        &["dnkey-"],
        r"\bdnkey-[A-Z2-7]{26}-[A-Z2-7]{52}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "dnkey-",
            "6KEJ6ID5C4Y3HHNJZZYDADJ6",
            "3F-5HNVPRNPH3K7E7ANSMANP",
            "3JBUIHC2PMGYAJVAI633BIBW",
            "IVMG6VQ"
        )],
        &[
            concat!(
                "dnkey-",
                "6KEJ6ID5C4Y3HHNJZZYDADJ6",
                "3F-5HNVPRNPH3K7E7ANSM"
            ),
            concat!("dnkey-", "..."),
        ],
    ),
    row(
        "netbird-token",
        "NetBird personal access token",
        "NetBird",
        &["nbp_"],
        r"\bnbp_[0-9A-Za-z]{36}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!("nbp_", "uW3shZCxCRDO5e9baY0zx8ie", "2vOEVleXpgVY")],
        &[
            concat!("nbp_", "uW3shZCxCRDO5e9baY0z"),
            concat!("nbp_", "..."),
        ],
    ),
];
