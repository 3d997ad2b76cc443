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
            "CR_-JfUBn5IjHLaSN5BFb-4r",
            "0p_WNJwGDsXbJ9B"
        )],
        &[
            concat!("HRKU-", "CR_-JfUBn5IjHLaSN5BFb"),
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
            "dd70f1a7-812e-31e9-a570-",
            "aeb227b1428b"
        )],
        &[
            concat!("HEROKU_SECRET_KEY=", "dd70f1a7-812e-31e9-a5"),
            concat!("HEROKU_SECRET_KEY=", "dd70f1a7-812"),
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
            "fm2_",
            "UY22M6MmFLatM0Hg3+Cyt0XQ",
            "7xJj5JNz/0W/z0Q04hQq8mD4",
            "KzpI02MhEq6URpU8j0Tb0dL2",
            "baOnJJroM="
        )],
        &[
            concat!(
                "fm2_",
                "UY22M6MmFLatM0Hg3+Cyt0XQ",
                "7xJj5JNz/0W/z0Q04hQq8mD"
            ),
            concat!("fm2_", "..."),
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
            "lDnqGFZ2NROmh6nbJSdozd8m",
            "ghI_eqSXrrAeICiHFvC"
        )],
        &[
            concat!("fo1_", "lDnqGFZ2NROmh6nbJSdozd8m"),
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
        &[concat!("rnd_", "vlQaAhvrNXJJ6EJ1kIZQ8HaJ", "A2GT")],
        &[concat!("rnd_", "vlQaAhvrNXJJ6EJ"), concat!("rnd_", "...")],
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
        &[concat!(
            "vcp_",
            "czSjvchR2ojweClHkgHU8aPV",
            "YmV3DriKrq6BbqzvZM"
        )],
        &[
            concat!("vcp_", "czSjvchR2ojweClHkgHU8aP"),
            concat!("vcp_", "..."),
        ],
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
        &[concat!("VERCEL_SECRET_KEY=", "c6Pmvtk1emCoccNi3GtEy7Dx")],
        &[
            concat!("VERCEL_SECRET_KEY=", "c6Pmvtk1emCocc"),
            concat!("VERCEL_SECRET_KEY=", "c6Pmvtk1"),
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
            "gxImyLgoh58iboyYFYtB_hBa",
            "O9fRxoDWBJMN4RoODlYeOUid",
            "4dmUANilU"
        )],
        &[
            concat!("vercel_blob_rw_", "gxImyLgoh58iboyYFYtB_hBa", "O9fR"),
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
        &[concat!("nfo_", "6LMD16DdqfKP90Dadkyps894", "G1Zqlz85S1Tl")],
        &[
            concat!("nfo_", "6LMD16DdqfKP90Dadkyp"),
            concat!("nfo_", "..."),
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
            "xNYhclSgqUEH6gaYGZmcd516",
            "Ee4xZlyOZ7IpA2OTIhq8EMP5",
            "jpFLnnv"
        )],
        &[
            concat!(
                "NETLIFY_SECRET_KEY=",
                "xNYhclSgqUEH6gaYGZmcd516",
                "Ee4xZlyOZ"
            ),
            concat!("NETLIFY_SECRET_KEY=", "xNYhclSgqUEH6gaYGZ"),
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
            "ead9a5cc-ca2a-f692-7bf7-",
            "d8dd2771bc3d"
        )],
        &[
            concat!("RAILWAY_SECRET_KEY=", "ead9a5cc-ca2a-f692-7b"),
            concat!("RAILWAY_SECRET_KEY=", "ead9a5cc-ca2"),
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
            "oauth_yvpuv8mat1l0eprll8",
            "dyzoqeab5cdb5yp8ysnqeh"
        )],
        &[
            concat!("sbp_", "oauth_yvpuv8mat1l0eprll8", "dy"),
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
        &[concat!("sb_secret_", "uX5fwHyggestWhDTo78uAe_1", "b8MIuFS")],
        &[
            concat!("sb_secret_", "uX5fwHyggestWh"),
            concat!("sb_secret_", "..."),
        ],
    ),
    row(
        "convex-key",
        "Convex deploy key",
        "Convex",
        &["prod:", "dev:", "preview:"],
        r"\b(?:prod|dev|preview):([a-z]{2,20}-[a-z]{2,20}-\d{1,4}\|[0-9A-Za-z+/=]{40,})",
    )
    .named()
    .entropy(3.8)
    .tried(
        &[concat!(
            "preview:",
            "reg-jp-803|hD2IDkpxeU0hf",
            "q5VO2aIMXyCfz2Oi8QpHiBnE",
            "7qsOsa3lql"
        )],
        &[
            concat!("preview:", "reg-jp-803|hD2IDkpxeU0hf", "q5VO2aIMXy"),
            concat!("preview:", "reg-jp-803|hD2IDkpx"),
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
            "5lQ9kCgTrfyngVnnugv86lt5",
            "WhwlT00kK6YIlyvZ"
        )],
        &[
            concat!("ddo_", "5lQ9kCgTrfyngVnnugv86l"),
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
        &[concat!("fc-", "d64f7e6c54d66c0ed5dff130", "99a91a97")],
        &[concat!("fc-", "d64f7e6c54d66c0ed5"), concat!("fc-", "...")],
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
            "4Wx7xibdmRpdWzT46LS-oY2g",
            "pNlKFgBS"
        )],
        &[
            concat!("FASTLY_SECRET_KEY=", "4Wx7xibdmRpdWzT46LS"),
            concat!("FASTLY_SECRET_KEY=", "4Wx7xibdmR"),
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
            "ded9e1a6-4c38-368e-56244",
            "d56ae46-1acb-d440"
        )],
        &[
            concat!("BUNNY_SECRET_KEY=", "ded9e1a6-4c38-368e-56244"),
            concat!("BUNNY_SECRET_KEY=", "ded9e1a6-4c38"),
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
            "9n38OKyDW4_oRTmOYNq_YJB9",
            "LhZH53sVZzffbtOSd6Od6FgR",
            "8"
        )],
        &[
            concat!("PANTHEON_SECRET_KEY=", "9n38OKyDW4_oRTmOYNq_YJB9", "LhZH5"),
            concat!("PANTHEON_SECRET_KEY=", "9n38OKyDW4_oRTmO"),
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
            "15de50abe72c587bf8f16714",
            "bab5c39b"
        )],
        &[
            concat!("WPENGINE_SECRET_KEY=", "15de50abe72c587bf8f"),
            concat!("WPENGINE_SECRET_KEY=", "15de50abe7"),
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
            "53bbeaf48786e69338df55ad",
            "d444dc1d_a96649d6"
        )],
        &[
            concat!("zpka_", "53bbeaf48786e69338df55"),
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
            "22vbX4c1zjtPXZIDvib93NH8",
            "KHe_M5oFgAbGfnzLyhdU8Tu3",
            "f"
        )],
        &[
            concat!(
                "ngrok config add-authtoken ",
                "22vbX4c1zjtPXZIDvib93NH8",
                "KHe_M"
            ),
            concat!("ngrok config add-authtoken ", "22vbX4c1zjtPXZID"),
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
        &[concat!("tskey-", "TJGDxn-VJuTZG")],
        &[concat!("tskey-", "TJGDx"), concat!("tskey-", "...")],
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
            "Ar8E2F8Y1spvpqt7S89Hy6Zs",
            "zNuJn6Xg"
        )],
        &[
            concat!("ZEROTIER_SECRET_KEY=", "Ar8E2F8Y1spvpqt7S89"),
            concat!("ZEROTIER_SECRET_KEY=", "Ar8E2F8Y1s"),
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
            "OWU6CNIY543KW3WKJDRUDHRP",
            "RS-GOP2D6DX6IWREWD42DK7P",
            "2J6SB5367TIFJMICIEJFWHL6",
            "EFYHGCV"
        )],
        &[
            concat!(
                "dnkey-",
                "OWU6CNIY543KW3WKJDRUDHRP",
                "RS-GOP2D6DX6IWREWD42D"
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
        &[concat!("nbp_", "EmpFWG7Df0odzeLm6DJZnD1n", "98B64rTuRTMq")],
        &[
            concat!("nbp_", "EmpFWG7Df0odzeLm6DJZ"),
            concat!("nbp_", "..."),
        ],
    ),
];
