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
            "xHGeRcCEJkYBuFnQdYqBnPQc",
            "qAQ5XuZJsTjoJadv"
        )],
        &[
            concat!("lin_api_", "xHGeRcCEJkYBuFnQdYqB"),
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
            "bcfaaf37545b29871af4b642",
            "7763201b1eae411ac15d1525",
            "ce76d2f71b4ad036"
        )],
        &[
            concat!("lin_oauth_", "bcfaaf37545b29871af4b642", "7763201b1e"),
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
            "ccf4a15756b8be7c2d56b9fd",
            "f1f981c2"
        )],
        &[
            concat!("LINEAR_SECRET_KEY=", "ccf4a15756b8be7c2d5"),
            concat!("LINEAR_SECRET_KEY=", "ccf4a15756"),
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
            "45062378531lX6iygrgR7A0G",
            "SF3zJBaXguMYNG6uGXTQx"
        )],
        &[
            concat!("ntn_", "45062378531lX6iygrgR7A0G", "S"),
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
            "vz80KSSE1LmRkdyceWDFRaPJ",
            "58fAJo5C4kkjjCFWOD4"
        )],
        &[
            concat!("secret_", "vz80KSSE1LmRkdyceWDFRaP"),
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
            "XMEDcw8Awew56XsXKiAD5_Wr",
            "J3GHjx015K4EhIDVrFDZot20",
            "3q0j4h4"
        )],
        &[
            concat!("nrt_", "XMEDcw8Awew56XsXKiAD5_Wr", "J3GHjx0"),
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
            "19c323a214e3adda1236b9d4",
            "bb2b8c5c"
        )],
        &[
            concat!("ASANA_SECRET_KEY=", "19c323a214e3adda123"),
            concat!("ASANA_SECRET_KEY=", "19c323a214"),
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
            "1/9916451493187568:fff38",
            "ca63be5cdeb8c5a73a3d8c15",
            "cd9"
        )],
        &[
            concat!("ASANA_PAT=", "1/9916451493187568:fff38", "ca63be"),
            concat!("ASANA_PAT=", "1/991645149318756"),
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
            "figdr_",
            "elGms5Htgnvv-bVDV3VIYMuq",
            "wk3Qp2R_SUE9j-3oYFRAE"
        )],
        &[
            concat!("figdr_", "elGms5Htgnvv-bVDV3VIYMuq"),
            concat!("figdr_", "..."),
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
            "13947-ae3f94e7-bf3b-4c42",
            "-a0c9-1253c3345c40"
        )],
        &[
            concat!("X-Figma-Token: ", "13947-ae3f94e7-bf3b-4c42", "-"),
            concat!("X-Figma-Token: ", "13947-ae3f94e7"),
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
            "7B06ugbsHs-Vf8Vjq3ikRijB",
            "FH1j-3YyCbOw-PAeVLYAfrHW",
            "4Y9nJg7Rn9oiKEDRD5f3NJsc",
            "4Ydy4jqbyOaTK7DoiXzPOt67",
            "5Zwj"
        )],
        &[
            concat!(
                "sl.",
                "7B06ugbsHs-Vf8Vjq3ikRijB",
                "FH1j-3YyCbOw-PAeVLYAfrHW",
                "4Y9nJg7Rn9"
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
        &[concat!("DROPBOX_SECRET_KEY=", "q5fag0g3sog0v3k")],
        &[
            concat!("DROPBOX_SECRET_KEY=", "q5fag0g3s"),
            concat!("DROPBOX_SECRET_KEY=", "q5fag"),
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
            "Uz0UkefBjhJxamKDOGqaklKt",
            "NXAtBnDl"
        )],
        &[
            concat!("BOX_DEVELOPER_SECRET_KEY=", "Uz0UkefBjhJxamKDOGq"),
            concat!("BOX_DEVELOPER_SECRET_KEY=", "Uz0UkefBjh"),
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
            "476535_OKA9P3HCGL4KBKP4G",
            "D6WCSGXGG59WEUB"
        )],
        &[
            concat!("pk_", "476535_OKA9P3HCGL4KBKP"),
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
            "546704a4761afa178a265ea2",
            "e5520dae"
        )],
        &[
            concat!("TRELLO_SECRET_KEY=", "546704a4761afa178a2"),
            concat!("TRELLO_SECRET_KEY=", "546704a476"),
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
            "4c37d85046e615a1736022eb",
            "3fdf5563cb4759b0de0fb001",
            "e2aef98c6db5b2344D689D79"
        )],
        &[
            concat!("ATTA", "4c37d85046e615a1736022eb", "3fdf5563cb4759b0d"),
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
            "1720906faf9a45c85838168b",
            "a52015e75e097054006a0816",
            "902c85f9d7ff5431"
        )],
        &[
            concat!(
                "TRELLO_SECRET_KEY=",
                "1720906faf9a45c85838168b",
                "a52015e75e0970"
            ),
            concat!("TRELLO_SECRET_KEY=", "1720906faf9a45c858381"),
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
            "a05e043b5732ce6cb5bfccf6",
            "fed7574ea459e202"
        )],
        &[
            concat!("TODOIST_SECRET_KEY=", "a05e043b5732ce6cb5bfccf6"),
            concat!("TODOIST_SECRET_KEY=", "a05e043b5732c"),
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
            "gnUYBB3ew7HQP5fj.I3mc_k1",
            "BuM6N4ve_GoMA-UT2"
        )],
        &[
            concat!("tfp_", "gnUYBB3ew7HQP5fj.I3mc_k"),
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
            "d30209f7e30aaf37272d5fc8",
            "-b4fc2be912603a878a37ffd",
            "e2223351278"
        )],
        &[
            concat!("PMAK-", "d30209f7e30aaf37272d5fc8", "-b4fc2be9"),
            concat!("PMAK-", "..."),
        ],
    ),
    row(
        "postman-collection-key",
        "Postman collection access key",
        "Postman",
        &["PMAT-"],
        r"\bPMAT-[0-9A-Z]{26}\b",
    )
    .entropy(3.3)
    .tried(
        &[concat!("PMAT-", "CL67GP9YBH039YB3JJM2QAMT", "5K")],
        &[concat!("PMAT-", "CL67GP9YBH039"), concat!("PMAT-", "...")],
    ),
    row(
        "readme-key",
        "ReadMe API key",
        "ReadMe",
        &["rdme_"],
        r"\brdme_[0-9a-z]{70}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "rdme_",
            "26lni88dbwea0em6bh1u7pnh",
            "ohqodzd7tfii0yzu2llwdphs",
            "gwplxftim92wow0d2157ac"
        )],
        &[
            concat!("rdme_", "26lni88dbwea0em6bh1u7pnh", "ohqodzd7tfii0yzu"),
            concat!("rdme_", "..."),
        ],
    ),
    row(
        "mapbox-secret-token",
        "Mapbox secret or temporary token",
        "Mapbox",
        &["sk.eyJ", "tk.eyJ"],
        r"\b[st]k\.eyJ[\w-]{20,}\.[\w-]{20,30}",
    )
    .entropy(4.0)
    .tried(
        &[concat!(
            "tk.eyJ",
            "SrBsdMafZkRe9Uz2ScIWV1s7",
            ".0_NHgkqwa6i4BpOhimMK8B7",
            "LA1D"
        )],
        &[
            concat!("tk.eyJ", "SrBsdMafZkRe9Uz2ScIWV1s7", ".0_N"),
            concat!("tk.eyJ", "..."),
        ],
    ),
    row(
        "mapbox-public-token",
        "Mapbox public token",
        "Mapbox",
        &["pk.eyJ"],
        r"\bpk\.eyJ[\w-]{20,}\.[\w-]{20,30}",
    )
    .warn()
    .entropy(4.0)
    .tried(
        &[concat!(
            "pk.eyJ",
            "mKs9IYvVRZhdvHA0fKUDKvrx",
            "psIe.1ZdPFkjUA_tg8WllMZa",
            "Xf9XkSMT7"
        )],
        &[
            concat!("pk.eyJ", "mKs9IYvVRZhdvHA0fKUDKvrx", "psIe.1Z"),
            concat!("pk.eyJ", "..."),
        ],
    ),
    row(
        "frameio-token",
        "Frame.io token",
        "Adobe",
        &["fio-u-"],
        r"\bfio-u-[\w=\-]{64}",
    )
    .entropy(3.8)
    .tried(
        &[concat!(
            "fio-u-",
            "JRbLT6-5PJ6enLU-LWZjUjk2",
            "uOfBdCldg46lG3I8H6LtrpkR",
            "6VNd6HfWi45rLZ7E"
        )],
        &[
            concat!("fio-u-", "JRbLT6-5PJ6enLU-LWZjUjk2", "uOfBdCldg46l"),
            concat!("fio-u-", "..."),
        ],
    ),
    row(
        "adobe-client-secret",
        "Adobe client secret",
        "Adobe",
        &["p8e-"],
        r"\bp8e-[0-9A-Za-z_\-]{32}",
    )
    .entropy(3.5)
    .tried(
        &[concat!("p8e-", "_WSdVQb9ZzPyxZk1LdbQExhI", "X15LpJSi")],
        &[concat!("p8e-", "_WSdVQb9ZzPyxZk1L"), concat!("p8e-", "...")],
    ),
    row(
        "adafruit-io-key",
        "Adafruit IO key",
        "Adafruit",
        &["aio_"],
        r"\baio_[0-9A-Za-z]{28}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!("aio_", "y0ZnspjVlMWQh8HUjwNawnWr", "vl4W")],
        &[concat!("aio_", "y0ZnspjVlMWQh8H"), concat!("aio_", "...")],
    ),
    row(
        "apify-token",
        "Apify API token",
        "Apify",
        &["apify_api_"],
        r"\bapify_api_[0-9A-Za-z]{36}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "apify_api_",
            "zm7L4u5xeGdhJfYMERcYLSTN",
            "hh4DFXtXUmn1"
        )],
        &[
            concat!("apify_api_", "zm7L4u5xeGdhJfYME"),
            concat!("apify_api_", "..."),
        ],
    ),
    row(
        "cloudinary-url",
        "Cloudinary URL with secret",
        "Cloudinary",
        &["cloudinary://"],
        r"cloudinary://\d{6,20}:([\w-]{20,40})@",
    )
    .named()
    .entropy(3.3)
    .tried(
        &[concat!(
            "cloudinary://463652725529147:",
            "UPBv3cPr1pwQD7ebIHPw-6qX",
            "bn9@demo"
        )],
        &[
            concat!("cloudinary://463652725529147:", "UPBv3cPr1pwQD7eb"),
            concat!("cloudinary://463652725529147:", "UPBv3cPr1"),
        ],
    ),
    row(
        "cloudinary-secret",
        "Cloudinary API secret",
        "Cloudinary",
        &["cloudinary"],
        near!("cloudinary", r"[0-9A-Za-z_\-]{27}\b"),
    )
    .named()
    .entropy(3.3)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "CLOUDINARY_SECRET_KEY=",
            "N8Ut_pobk-69XzMFcVXHK-Tz",
            "oxa"
        )],
        &[
            concat!("CLOUDINARY_SECRET_KEY=", "N8Ut_pobk-69XzMF"),
            concat!("CLOUDINARY_SECRET_KEY=", "N8Ut_pobk"),
        ],
    ),
];
