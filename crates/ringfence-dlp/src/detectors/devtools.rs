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
            "FjjDZ7u5p02MY3SLmSY82ZX3",
            "LPWl3ARl3iB5BpPb"
        )],
        &[
            concat!("lin_api_", "FjjDZ7u5p02MY3SLmSY8"),
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
            "76d2f71b4ad0362ccf4a1575",
            "6b8be7c2d56b9fdf1f981c28",
            "a1d56fa6303d3508"
        )],
        &[
            concat!("lin_oauth_", "76d2f71b4ad0362ccf4a1575", "6b8be7c2d5"),
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
            "7195bb838ed140aee70ad67d",
            "c9245926"
        )],
        &[
            concat!("LINEAR_SECRET_KEY=", "7195bb838ed140aee70"),
            concat!("LINEAR_SECRET_KEY=", "7195bb838e"),
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
            "338631785Dcw8Awew56XsXKi",
            "AD5WrJ3GHjx015K4EhID"
        )],
        &[
            concat!("ntn_", "338631785Dcw8Awew56XsXKi"),
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
            "rFDZot203q0j4h4Rewo3zgIY",
            "jXOd75av7Kl5Ze3gw9T"
        )],
        &[
            concat!("secret_", "rFDZot203q0j4h4Rewo3zgI"),
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
            "eZ7yheKigYgtXrwqoRRWrjLu",
            "n3f47XDgq_wofojfWxMsJpR9",
            "cbkNNfa4MG"
        )],
        &[
            concat!("nrt_", "eZ7yheKigYgtXrwqoRRWrjLu", "n3f47XDgq"),
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
            "5c1a680740fd9bffff38ca63",
            "be5cdeb8"
        )],
        &[
            concat!("ASANA_SECRET_KEY=", "5c1a680740fd9bffff3"),
            concat!("ASANA_SECRET_KEY=", "5c1a680740"),
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
            "1/7936426927571379:d925a",
            "b4cd14daceef973707485ede",
            "b06"
        )],
        &[
            concat!("ASANA_PAT=", "1/7936426927571379:d925a", "b4cd14"),
            concat!("ASANA_PAT=", "1/793642692757137"),
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
            "figuh_",
            "2R_SUE9j-3oYFRAEfuEyaJwS",
            "kzDinGA1na68NFoEDHMoH087",
            "7B06ugbsHs"
        )],
        &[
            concat!("figuh_", "2R_SUE9j-3oYFRAEfuEyaJwS", "kzDinGA1"),
            concat!("figuh_", "..."),
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
            "13947-f7a27bd0-bb6b-4b23",
            "-a40b-f08f396ef62a"
        )],
        &[
            concat!("X-Figma-Token: ", "13947-f7a27bd0-bb6b-4b23", "-"),
            concat!("X-Figma-Token: ", "13947-f7a27bd0"),
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
            "LYAfrHW4Y9nJg7Rn9oiKEDRD",
            "5f3NJsc4Ydy4jqbyOaTK7Doi",
            "XzPOt675ZwjrrBVLW0W7vmX1",
            "-7fyz0yNdfQnWfkKNQUdwogS",
            "eHneLIo6YOXg9f"
        )],
        &[
            concat!(
                "sl.",
                "LYAfrHW4Y9nJg7Rn9oiKEDRD",
                "5f3NJsc4Ydy4jqbyOaTK7Doi",
                "XzPOt675ZwjrrBVL"
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
        &[concat!("DROPBOX_SECRET_KEY=", "kp4gd6wcsgxgg59")],
        &[
            concat!("DROPBOX_SECRET_KEY=", "kp4gd6wcs"),
            concat!("DROPBOX_SECRET_KEY=", "kp4gd"),
        ],
    ),
    row(
        "dropbox-long-lived",
        "Dropbox long-lived token",
        "Dropbox",
        &["AAAAAAAAAA"],
        r"\b[0-9A-Za-z]{11}AAAAAAAAAA[\w=\-]{43}",
    )
    .entropy(3.3)
    .check(validate::not_placeholder)
    .tried(
        &[concat!(
            "UeBoFrBbg9sAAAAAAAAAAU3I",
            "hGSQ5h_g6VWgARKxhAuLNB3s",
            "hxEImDTqXK2JQxR5"
        )],
        &[
            concat!("UeBoFrBbg9sAAAAAAAAAAU3I", "hGSQ5h_g6VWgAR"),
            "UeBoFrBbg9sAAAAAAAAAA",
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
            "L3F6DblXs155oSM6nVRVbBBx",
            "DZ6YOwNl"
        )],
        &[
            concat!("BOX_DEVELOPER_SECRET_KEY=", "L3F6DblXs155oSM6nVR"),
            concat!("BOX_DEVELOPER_SECRET_KEY=", "L3F6DblXs1"),
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
            "324506_0UMW013S5KYSVJHYP",
            "CQNAN578I9QCHIQ"
        )],
        &[
            concat!("pk_", "324506_0UMW013S5KYSVJH"),
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
            "941720906faf9a45c8583816",
            "8ba52015"
        )],
        &[
            concat!("TRELLO_SECRET_KEY=", "941720906faf9a45c85"),
            concat!("TRELLO_SECRET_KEY=", "941720906f"),
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
            "75e097054006a0816902c85f",
            "9d7ff5431ea05e043b5732ce",
            "6cb5bfccf6fed757EA459E20"
        )],
        &[
            concat!("ATTA", "75e097054006a0816902c85f", "9d7ff5431ea05e043"),
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
            "1ac78220ae14661abf40c9fb",
            "02e5151eaf4c527703d30209",
            "f7e30aaf37272d5f"
        )],
        &[
            concat!(
                "TRELLO_SECRET_KEY=",
                "1ac78220ae14661abf40c9fb",
                "02e5151eaf4c52"
            ),
            concat!("TRELLO_SECRET_KEY=", "1ac78220ae14661abf40c"),
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
            "85b4fc2be912603a878a37ff",
            "de222335127866a3"
        )],
        &[
            concat!("TODOIST_SECRET_KEY=", "85b4fc2be912603a878a37ff"),
            concat!("TODOIST_SECRET_KEY=", "85b4fc2be9126"),
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
            "EXoJNZ06IM6cci5rKjxBfs5D",
            "hkbHHRNTL1TiCNZ3yFolYnZr",
            "mQREwVbb0z5g"
        )],
        &[
            concat!("tfp_", "EXoJNZ06IM6cci5rKjxBfs5D", "hkbHHRNTL1"),
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
            "6c8e8ca7e9b41c06102356d8",
            "-d2d959a8b6a27f0794870d1",
            "e0f54abde91"
        )],
        &[
            concat!("PMAK-", "6c8e8ca7e9b41c06102356d8", "-d2d959a8"),
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
        &[concat!("PMAT-", "25XPCLMOBA453AX50Z6YOAR4", "9H")],
        &[concat!("PMAT-", "25XPCLMOBA453"), concat!("PMAT-", "...")],
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
            "fwdhljs850kaf6xasqtpr9ky",
            "0hjc7nmf5vrlw4gnnzbhiwgk",
            "y4gnebe3g9diae3w2cx93k"
        )],
        &[
            concat!("rdme_", "fwdhljs850kaf6xasqtpr9ky", "0hjc7nmf5vrlw4gn"),
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
            "ULWZjUjk2uOfBdCldg46lG.3",
            "I8H6LtrpkR6VNd6HfWi45rLZ",
            "7EX"
        )],
        &[
            concat!("tk.eyJ", "ULWZjUjk2uOfBdCldg46lG.3", "I8H6"),
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
            "WSdVQb9ZzPyxZk1LdbQExhIX",
            "15L.JSiC0-iqHZzk8zFg9AWc",
            "jSshvw"
        )],
        &[
            concat!("pk.eyJ", "WSdVQb9ZzPyxZk1LdbQExhIX", "15L.JS"),
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
            "8QVy3VgGeaEo8ddF1RqzPBv3",
            "cPr1pwQD7ebIHPw_6qXbnJcN",
            "8Ut_pobk=69XzMFc"
        )],
        &[
            concat!("fio-u-", "8QVy3VgGeaEo8ddF1RqzPBv3", "cPr1pwQD7ebI"),
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
        &[concat!("p8e-", "XHK-Tzoxaj7QHHNmNCJ9sbZt", "xe1sRPVQ")],
        &[concat!("p8e-", "XHK-Tzoxaj7QHHNmN"), concat!("p8e-", "...")],
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
        &[concat!("aio_", "isOnRPP6ybw7pJoWFwm2UOG8", "ZgX9")],
        &[concat!("aio_", "isOnRPP6ybw7pJo"), concat!("aio_", "...")],
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
            "gwXARnVoqLEb5CEStCOT9uxe",
            "MlWHXFqFDO1Y"
        )],
        &[
            concat!("apify_api_", "gwXARnVoqLEb5CESt"),
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
            "cloudinary://254183179363774:",
            "U4fv3HL28prH94Wq9GaAkoq8",
            "L-c@demo"
        )],
        &[
            concat!("cloudinary://254183179363774:", "U4fv3HL28prH94Wq"),
            concat!("cloudinary://254183179363774:", "U4fv3HL28"),
        ],
    ),
];
