//! Tools of developers, documents and work.
use super::row::{near, row};
use super::validate;
use crate::detector::Detector;

pub(super) static ROWS: &[Detector] = &[
    row(
        "linear-key",
        "Linear API key",
        "Linear",
        &["lin_api_"],
        r"\blin_api_[0-9A-Za-z]{40}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "lin_api_",
            "9YDtPts6emJULpyWYH6O7EZB",
            "TdEwZI6jXjccWOp7"
        )],
        &[
            concat!("lin_api_", "9YDtPts6emJULpyWYH6O"),
            concat!("lin_api_", "..."),
        ],
    ),
    row(
        "linear-oauth",
        "Linear OAuth token",
        "Linear",
        &["lin_oauth_"],
        r"\blin_oauth_[0-9a-f]{64}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!(
            "lin_oauth_",
            "af3c6d804f8c4817c2296851",
            "48b458b4ad5ae10371683ff5",
            "36d689a26b98d168"
        )],
        &[
            concat!("lin_oauth_", "af3c6d804f8c4817c2296851", "48b458b4ad"),
            concat!("lin_oauth_", "..."),
        ],
    ),
    row(
        "linear-client-secret",
        "Linear client secret",
        "Linear",
        &["linear"],
        near!(
            r"linear[_\- ](?:api|client|secret|webhook)|linear",
            r"[0-9a-f]{32}\b"
        ),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "LINEAR_SECRET_KEY=",
            "733ec2ce6b9c818dc53f6a10",
            "884bee65"
        )],
        &[
            concat!("LINEAR_SECRET_KEY=", "733ec2ce6b9c818dc53"),
            concat!("LINEAR_SECRET_KEY=", "733ec2ce6b"),
        ],
    ),
    row(
        "notion-token",
        "Notion integration token",
        "Notion",
        &["ntn_"],
        r"\bntn_[0-9]{9,12}[0-9A-Za-z]{34,38}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "ntn_",
            "910135910873ywGxPJgyvBM2",
            "XfZZU4siSMNuTId8m7M1J"
        )],
        &[
            concat!("ntn_", "910135910873ywGxPJgyvBM2", "X"),
            concat!("ntn_", "..."),
        ],
    ),
    row(
        "notion-legacy-token",
        "Notion integration token (secret_)",
        "Notion",
        &["secret_"],
        r"\bsecret_[0-9A-Za-z]{43}\b",
    )
    .entropy(3.8)
    .tried(
        &[concat!(
            "secret_",
            "gCZykwiz6sp4jPF6uHaz2PrV",
            "ymkSXC8XG9tcG7d2Lbg"
        )],
        &[
            concat!("secret_", "gCZykwiz6sp4jPF6uHaz2Pr"),
            concat!("secret_", "..."),
        ],
    ),
    row(
        "notion-refresh-token",
        "Notion OAuth refresh token",
        "Notion",
        &["nrt_"],
        r"\bnrt_[0-9A-Za-z_]{40,60}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "nrt_",
            "LdxAnrT0MuUYgoaPyfNGtuP4",
            "kS2iKTHS_wKVC1MnNcQ5T"
        )],
        &[
            concat!("nrt_", "LdxAnrT0MuUYgoaPyfNGtuP4", "k"),
            concat!("nrt_", "..."),
        ],
    ),
    row(
        "asana-secret",
        "Asana client secret",
        "Asana",
        &["asana"],
        near!("asana", r"[0-9a-f]{32}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "ASANA_SECRET_KEY=",
            "89ea6b811a00a2ce5cff778d",
            "25e630bb"
        )],
        &[
            concat!("ASANA_SECRET_KEY=", "89ea6b811a00a2ce5cf"),
            concat!("ASANA_SECRET_KEY=", "89ea6b811a"),
        ],
    ),
    row(
        "asana-pat",
        "Asana personal access token",
        "Asana",
        &["asana", "bearer"],
        r"\b[012]/[0-9]{14,18}(?:/[0-9]{14,18})?:[0-9a-f]{32}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!(
            "ASANA_PAT=",
            "1/8745951737179112:e4e87",
            "580d22bc2a49efb5a92136ff",
            "ef8"
        )],
        &[
            concat!("ASANA_PAT=", "1/8745951737179112:e4e87", "580d22"),
            concat!("ASANA_PAT=", "1/874595173717911"),
        ],
    ),
    row(
        "figma-token",
        "Figma personal access token",
        "Figma",
        &[
            "figd_", "figo_", "figoh_", "figor_", "figu_", "figdr_", "figuh_", "figur_",
        ],
        r"\bfig(?:d|dr|o|oh|or|u|uh|ur)_[\w-]{40,64}",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "figo_",
            "klWEjJX8MbNKasnpXFQs3jsU",
            "rBuu_PUrx55dcPIRlC"
        )],
        &[
            concat!("figo_", "klWEjJX8MbNKasnpXFQs3js"),
            concat!("figo_", "..."),
        ],
    ),
    row(
        "figma-legacy-token",
        "Figma token (before 2023)",
        "Figma",
        &["figma"],
        r"\b[0-9]{2,9}-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!(
            "X-Figma-Token: ",
            "13947-bb367962-3c9f-4377",
            "-a0a0-5cb25bc3db1b"
        )],
        &[
            concat!("X-Figma-Token: ", "13947-bb367962-3c9f-4377", "-"),
            concat!("X-Figma-Token: ", "13947-bb367962"),
        ],
    ),
    row(
        "dropbox-access-token",
        "Dropbox access token",
        "Dropbox",
        &["sl."],
        r"\bsl\.(?:u\.)?[\w-]{100,}",
    )
    .entropy(4.0)
    .tried(
        &[concat!(
            "sl.",
            "u.KIAJz6leT3VMw8jdW7sdZM",
            "pmk9M77TUoytKuU6XepD6Edm",
            "2oT3WH0r4jfIZWoattwUxAQF",
            "1TFRyKqhyuG0vxhUaBelGPKs",
            "2V70uzQD8dVen"
        )],
        &[
            concat!(
                "sl.",
                "u.KIAJz6leT3VMw8jdW7sdZM",
                "pmk9M77TUoytKuU6XepD6Edm",
                "2oT3WH0r4jfIZWoa"
            ),
            concat!("sl.", "..."),
        ],
    ),
    row(
        "dropbox-key",
        "Dropbox app key or secret",
        "Dropbox",
        &["dropbox"],
        near!("dropbox", r"[0-9a-z]{15}\b"),
    )
    .named()
    .entropy(2.8)
    .check(validate::opaque)
    .tried(
        &[concat!("DROPBOX_SECRET_KEY=", "kny6zy54xncf5sx")],
        &[
            concat!("DROPBOX_SECRET_KEY=", "kny6zy54x"),
            concat!("DROPBOX_SECRET_KEY=", "kny6z"),
        ],
    ),
    row(
        "box-token",
        "Box developer token",
        "Box",
        &["box_developer", "box_client", "box_api", "boxsdk"],
        near!("box", r"[0-9A-Za-z]{32}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "BOX_DEVELOPER_SECRET_KEY=",
            "ivXJp4wLEPpGLvVI6BvcUAxa",
            "W9V7FnS9"
        )],
        &[
            concat!("BOX_DEVELOPER_SECRET_KEY=", "ivXJp4wLEPpGLvVI6Bv"),
            concat!("BOX_DEVELOPER_SECRET_KEY=", "ivXJp4wLEP"),
        ],
    ),
    row(
        "clickup-token",
        "ClickUp personal token",
        "ClickUp",
        &["pk_"],
        r"\bpk_[0-9]{6,10}_[0-9A-Z]{32}\b",
    )
    .entropy(3.3)
    .tried(
        &[concat!(
            "pk_",
            "7937641_N4M07DDJKE9VQ9BZ",
            "LVR9BVOOD8XU60H8"
        )],
        &[
            concat!("pk_", "7937641_N4M07DDJKE9VQ9"),
            concat!("pk_", "..."),
        ],
    ),
    row(
        "trello-key",
        "Trello key",
        "Atlassian",
        &["trello"],
        near!("trello", r"[0-9a-f]{32}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "TRELLO_SECRET_KEY=",
            "8a99fff81d0145ded3a6c742",
            "43774892"
        )],
        &[
            concat!("TRELLO_SECRET_KEY=", "8a99fff81d0145ded3a"),
            concat!("TRELLO_SECRET_KEY=", "8a99fff81d"),
        ],
    ),
    row(
        "trello-token",
        "Trello token",
        "Atlassian",
        &["ATTA"],
        r"\bATTA[0-9a-f]{64}[0-9A-F]{8}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!(
            "ATTA",
            "25176c329c51537cf27f3766",
            "bf85ac692abfd3f6d32fe57c",
            "42aacc4e232608f8FD068C12"
        )],
        &[
            concat!("ATTA", "25176c329c51537cf27f3766", "bf85ac692abfd3f6d"),
            concat!("ATTA", "..."),
        ],
    ),
    row(
        "trello-token-near",
        "Trello token (64 hexadecimal digits)",
        "Atlassian",
        &["trello"],
        near!("trello", r"[0-9a-f]{64}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "TRELLO_SECRET_KEY=",
            "285ac6ac6235c741a8bd580d",
            "1243849332e7e72feb79e1ed",
            "aac30a1478ef3daa"
        )],
        &[
            concat!(
                "TRELLO_SECRET_KEY=",
                "285ac6ac6235c741a8bd580d",
                "1243849332e7e7"
            ),
            concat!("TRELLO_SECRET_KEY=", "285ac6ac6235c741a8bd5"),
        ],
    ),
    row(
        "todoist-token",
        "Todoist API token",
        "Doist",
        &["todoist"],
        near!("todoist", r"[0-9a-f]{40}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "TODOIST_SECRET_KEY=",
            "e31d78633ee0998ebd9054a8",
            "4987747b9e647925"
        )],
        &[
            concat!("TODOIST_SECRET_KEY=", "e31d78633ee0998ebd9054a8"),
            concat!("TODOIST_SECRET_KEY=", "e31d78633ee09"),
        ],
    ),
    row(
        "typeform-token",
        "Typeform personal access token",
        "Typeform",
        &["tfp_"],
        r"\btfp_[\w.\-]{40,64}",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "tfp_",
            "mDsw6MYdeNoJG-puZefJ6heb",
            "gG1RIeoGg6TugMvZ2orbDZQH",
            "yAVp5y6"
        )],
        &[
            concat!("tfp_", "mDsw6MYdeNoJG-puZefJ6heb", "gG1RIeo"),
            concat!("tfp_", "..."),
        ],
    ),
    row(
        "postman-key",
        "Postman API key",
        "Postman",
        &["PMAK-"],
        r"\bPMAK-[0-9a-f]{24}-[0-9a-f]{34}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!(
            "PMAK-",
            "ad0cb2dc6864a22351e0c9a5",
            "-f1e597b8b6aaecca8cdabb3",
            "b02b7c7f692"
        )],
        &[
            concat!("PMAK-", "ad0cb2dc6864a22351e0c9a5", "-f1e597b8"),
            concat!("PMAK-", "..."),
        ],
    ),
];
