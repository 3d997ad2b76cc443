//! Sign-in, single sign-on and security services. Continued.
use super::row::{near, row};
use super::validate;
use crate::detector::Detector;

pub(super) static ROWS: &[Detector] = &[
    row(
        "semgrep-token",
        "Semgrep token",
        "Semgrep",
        &["semgrep"],
        near!("semgrep", r"[0-9a-f]{64}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "SEMGREP_SECRET_KEY=",
            "c3e3e68b4bb63591e80bf6b1",
            "1c9d1b6b9134b8e6d4b36d71",
            "cdcd18162387fdee"
        )],
        &[
            concat!(
                "SEMGREP_SECRET_KEY=",
                "c3e3e68b4bb63591e80bf6b1",
                "1c9d1b6b9134b8"
            ),
            concat!("SEMGREP_SECRET_KEY=", "c3e3e68b4bb63591e80bf"),
        ],
    ),
    row(
        "aikido-token",
        "Aikido token",
        "Aikido",
        &["AIK_"],
        r"\bAIK_(?:CLIENT|SECRET|CI)_[0-9A-Za-z]{20,80}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!("AIK_", "SECRET_rlsJzxevXkwQyEaYY", "Rqy0UG")],
        &[concat!("AIK_", "SECRET_rlsJzxevX"), concat!("AIK_", "...")],
    ),
    row(
        "endor-key",
        "Endor Labs API key",
        "Endor Labs",
        &["endr+"],
        r"\bendr\+[0-9A-Za-z\-]{16,40}",
    )
    .entropy(3.0)
    .tried(
        &[concat!("endr+", "yBykLvNTRhrIkzZKFlXZUlp7", "m94Zsj")],
        &[
            concat!("endr+", "..."),
            concat!("endr+", " yBykLvNTRhrIkzZKFlXZUlp", "7m94Zsj"),
        ],
    ),
    row(
        "virustotal-key",
        "VirusTotal API key",
        "Google",
        &["virustotal", "vt_api"],
        near!("virustotal|vt", r"[0-9a-f]{64}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "VIRUSTOTAL_SECRET_KEY=",
            "42809b16629ec27143188262",
            "ad22ce3037f6de7e0121546f",
            "60223e9f4f354fb5"
        )],
        &[
            concat!(
                "VIRUSTOTAL_SECRET_KEY=",
                "42809b16629ec27143188262",
                "ad22ce3037f6de"
            ),
            concat!("VIRUSTOTAL_SECRET_KEY=", "42809b16629ec27143188"),
        ],
    ),
    row(
        "shodan-key",
        "Shodan API key",
        "Shodan",
        &["shodan"],
        near!("shodan", r"[0-9A-Za-z]{32}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "SHODAN_SECRET_KEY=",
            "zSzNcdtkHeZa7IrN65RPQte0",
            "n9n7G13r"
        )],
        &[
            concat!("SHODAN_SECRET_KEY=", "zSzNcdtkHeZa7IrN65R"),
            concat!("SHODAN_SECRET_KEY=", "zSzNcdtkHe"),
        ],
    ),
    row(
        "securitytrails-key",
        "SecurityTrails API key",
        "Recorded Future",
        &["securitytrails"],
        near!("securitytrails", r"[0-9A-Za-z]{32}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "SECURITYTRAILS_SECRET_KEY=",
            "w2dVwf9uWjO9tpBTyexbAlZ8",
            "RjxnY0Rj"
        )],
        &[
            concat!("SECURITYTRAILS_SECRET_KEY=", "w2dVwf9uWjO9tpBTyex"),
            concat!("SECURITYTRAILS_SECRET_KEY=", "w2dVwf9uWj"),
        ],
    ),
    row(
        "urlscan-key",
        "urlscan.io API key",
        "urlscan",
        &["urlscan"],
        near!(
            "urlscan",
            r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"
        ),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "URLSCAN_SECRET_KEY=",
            "c2f66a5c-2629-137e-caad-",
            "f561a56f19b9"
        )],
        &[
            concat!("URLSCAN_SECRET_KEY=", "c2f66a5c-2629-137e-ca"),
            concat!("URLSCAN_SECRET_KEY=", "c2f66a5c-262"),
        ],
    ),
    row(
        "detectify-key",
        "Detectify API key",
        "Detectify",
        &["detectify"],
        near!("detectify", r"[0-9a-z]{32}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "DETECTIFY_SECRET_KEY=",
            "bvtuv6290guwxyhfhd5rgl5o",
            "ykih8ta7"
        )],
        &[
            concat!("DETECTIFY_SECRET_KEY=", "bvtuv6290guwxyhfhd5"),
            concat!("DETECTIFY_SECRET_KEY=", "bvtuv6290g"),
        ],
    ),
    row(
        "nightfall-key",
        "Nightfall API key",
        "Nightfall",
        &["NF-"],
        r"\bNF-[0-9A-Za-z]{32}\b",
    )
    .entropy(3.8)
    .tried(
        &[concat!("NF-", "kH1Jx417YyYI5N9LhctAhXFx", "GxJz6luU")],
        &[concat!("NF-", "kH1Jx417YyYI5N9Lhc"), concat!("NF-", "...")],
    ),
    row(
        "stackhawk-key",
        "StackHawk API key",
        "StackHawk",
        &["hawk."],
        r"\bhawk\.[\w-]{20}\.[\w-]{20}",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "hawk.",
            "tHEfyBMjAsG2MgJXawID.O67",
            "NBs05_z4jx5egRHZw"
        )],
        &[
            concat!("hawk.", "tHEfyBMjAsG2MgJXawID.O"),
            concat!("hawk.", "..."),
        ],
    ),
    row(
        "dependency-track-key",
        "Dependency-Track API key",
        "OWASP",
        &["odt_"],
        r"\bodt_(?:[0-9A-Za-z]{8}_)?[0-9A-Za-z]{32,40}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "odt_",
            "KtRy3uch3yMDF3IMmpwrEqvH",
            "O8o3vHBaO6wx50"
        )],
        &[
            concat!("odt_", "KtRy3uch3yMDF3IMmpwrE"),
            concat!("odt_", "..."),
        ],
    ),
    row(
        "ory-token",
        "Ory personal access token",
        "Ory",
        &["ory_pat_", "ory_at_", "ory_rt_", "ory_apikey_", "ory_st_"],
        r"\bory_(?:pat|at|rt|apikey|st)_[\w.\-]{32,}",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "ory_apikey_",
            "ZWRty3N6QMx-DMVhdSM2BU-k",
            "R8uO-lb5zUOieu"
        )],
        &[
            concat!("ory_apikey_", "ZWRty3N6QMx-DMVhdS"),
            concat!("ory_apikey_", "..."),
        ],
    ),
    row(
        "intra42-secret",
        "42 Intra client secret",
        "42",
        &["s-s4t2"],
        r"\bs-s4t2(?:ud|af)-[0-9a-f]{64}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!(
            "s-s4t2",
            "ud-47078483470d939740df0",
            "9cb43a47e9bab89a2a432000",
            "575c4da7adf58fbf01f"
        )],
        &[
            concat!("s-s4t2", "ud-47078483470d939740df0", "9cb43a47e9bab"),
            concat!("s-s4t2", "..."),
        ],
    ),
];
