//! Tools of developers, documents and work. Continued.
use super::row::{near, row};
use super::validate;
use crate::detector::Detector;

pub(super) static ROWS: &[Detector] = &[
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
            "5pHdwvCfR20ejTE5J1guTXEQ",
            "5GR"
        )],
        &[
            concat!("CLOUDINARY_SECRET_KEY=", "5pHdwvCfR20ejTE5"),
            concat!("CLOUDINARY_SECRET_KEY=", "5pHdwvCfR"),
        ],
    ),
    row(
        "imagekit-key",
        "ImageKit private key",
        "ImageKit",
        &["imagekit"],
        r"\bprivate_[0-9A-Za-z+/]{20,40}={0,2}",
    )
    .entropy(3.3)
    .tried(
        &[concat!(
            "IMAGEKIT_PRIVATE_KEY=",
            "private_0s5F8d5aMw57x0PH",
            "7R1ThiZFOdg="
        )],
        &[
            concat!("IMAGEKIT_PRIVATE_KEY=", "private_0s5F8d5aMw57x"),
            concat!("IMAGEKIT_PRIVATE_KEY=", "private_0s5F"),
        ],
    ),
    row(
        "uploadcare-key",
        "Uploadcare secret key",
        "Uploadcare",
        &["uploadcare"],
        near!("uploadcare", r"[0-9a-f]{20}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("UPLOADCARE_SECRET_KEY=", "7e268f77b8441e1ff60b")],
        &[
            concat!("UPLOADCARE_SECRET_KEY=", "7e268f77b844"),
            concat!("UPLOADCARE_SECRET_KEY=", "7e268f"),
        ],
    ),
    row(
        "mux-secret",
        "Mux token secret",
        "Mux",
        &["mux_"],
        near!("mux", "[0-9A-Za-z+/]{75}"),
    )
    .named()
    .entropy(4.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "MUX_SECRET_KEY=",
            "Bv0WEp2Je+xBDm5woRqsjI0x",
            "N7W4UOguR4dOAE8B7h4mIHUr",
            "/YY+8BCLf8A2C75kYLSwqwce",
            "xil"
        )],
        &[
            concat!(
                "MUX_SECRET_KEY=",
                "Bv0WEp2Je+xBDm5woRqsjI0x",
                "N7W4UOguR4dOAE8B7h4mI"
            ),
            concat!("MUX_SECRET_KEY=", "Bv0WEp2Je+xBDm5woRqsjI0x", "N"),
        ],
    ),
    row(
        "ipinfo-token",
        "IPinfo token",
        "IPinfo",
        &["ipinfo"],
        near!("ipinfo", r"[0-9a-f]{14}\b"),
    )
    .named()
    .entropy(2.6)
    .check(validate::opaque)
    .tried(
        &[concat!("IPINFO_SECRET_KEY=", "e40fef1c2d3dde")],
        &[
            concat!("IPINFO_SECRET_KEY=", "e40fef1c"),
            concat!("IPINFO_SECRET_KEY=", "e40f"),
        ],
    ),
    row(
        "openweather-key",
        "OpenWeather API key",
        "OpenWeather",
        &["openweather", "owm_", "pyowm"],
        near!("openweather(?:map)?|owm", r"[0-9a-z]{32}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "OPENWEATHER_SECRET_KEY=",
            "9hxhfeh4td6tncot00pl3rck",
            "lc61ctkv"
        )],
        &[
            concat!("OPENWEATHER_SECRET_KEY=", "9hxhfeh4td6tncot00p"),
            concat!("OPENWEATHER_SECRET_KEY=", "9hxhfeh4td"),
        ],
    ),
    row(
        "maxmind-key",
        "MaxMind licence key",
        "MaxMind",
        &["maxmind"],
        near!("maxmind", r"[0-9A-Za-z]{16}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("MAXMIND_SECRET_KEY=", "4tQjGMjrMhnZB6WR")],
        &[
            concat!("MAXMIND_SECRET_KEY=", "4tQjGMjrM"),
            concat!("MAXMIND_SECRET_KEY=", "4tQjG"),
        ],
    ),
    row(
        "maxmind-prefixed-key",
        "MaxMind licence key with suffix",
        "MaxMind",
        &["_mmk"],
        r"\b[0-9A-Za-z]{6}_[0-9A-Za-z]{29}_mmk\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!("s9yS6n_CUrZs0QD1HP4kUBTi", "7zjExhMffbj9_mmk")],
        &["s9yS6n_CUrZs0QD1HP4kUBTi", "s9yS6n_CUrZs0"],
    ),
    row(
        "zendesk-token",
        "Zendesk API token",
        "Zendesk",
        &["zendesk"],
        near!("zendesk", r"[0-9A-Za-z]{40}\b"),
    )
    .named()
    .entropy(3.5)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "ZENDESK_SECRET_KEY=",
            "zhIXAEQxiy5hp9D1ROsBGpWx",
            "FRo9CZza2Ca5Jjsc"
        )],
        &[
            concat!("ZENDESK_SECRET_KEY=", "zhIXAEQxiy5hp9D1ROsBGpWx"),
            concat!("ZENDESK_SECRET_KEY=", "zhIXAEQxiy5hp"),
        ],
    ),
    row(
        "freshdesk-key",
        "Freshdesk or Freshservice key",
        "Freshworks",
        &["freshdesk", "freshservice", "freshbooks"],
        near!(
            "freshdesk|freshservice|freshbooks",
            r"[0-9A-Za-z]{20}\b|[0-9a-f]{64}\b"
        ),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "FRESHDESK_SECRET_KEY=",
            "06a7de47b12fa2a407ef3ffa",
            "d5010b7d2c71e70063789a40",
            "cdc79ef790fd4b84"
        )],
        &[
            concat!(
                "FRESHDESK_SECRET_KEY=",
                "06a7de47b12fa2a407ef3ffa",
                "d5010b7d2c71e7"
            ),
            concat!("FRESHDESK_SECRET_KEY=", "06a7de47b12fa2a407ef3"),
        ],
    ),
    row(
        "intercom-token",
        "Intercom access token",
        "Intercom",
        &["dG9rO"],
        r"\bdG9rO[0-9A-Za-z+/]{50,60}={0,2}",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "dG9rO",
            "JJ5zKYjWVkmszKm4WcHM02DN",
            "cwzk1+ZEJOR95ExItJYfltfM",
            "g6=="
        )],
        &[
            concat!("dG9rO", "JJ5zKYjWVkmszKm4WcHM02DN", "cwzk1"),
            concat!("dG9rO", "..."),
        ],
    ),
    row(
        "pipedrive-token",
        "Pipedrive API token",
        "Pipedrive",
        &["pipedrive"],
        near!("pipedrive", r"[0-9a-z]{40}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "PIPEDRIVE_SECRET_KEY=",
            "josssqvlozbu7pounutcemsc",
            "nf9vt8ofa5s46scu"
        )],
        &[
            concat!("PIPEDRIVE_SECRET_KEY=", "josssqvlozbu7pounutcemsc"),
            concat!("PIPEDRIVE_SECRET_KEY=", "josssqvlozbu7"),
        ],
    ),
    row(
        "zoho-token",
        "Zoho OAuth token",
        "Zoho",
        &["1000."],
        r"\b1000\.[0-9a-f]{32}\.[0-9a-f]{32}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!(
            "1000.",
            "52d617649c48361a8f1d0a74",
            "45dc2372.4b6b43c6e7120f4",
            "c338a00871c9fe01d"
        )],
        &[
            concat!("1000.", "52d617649c48361a8f1d0a74", "45dc2372.4b6b"),
            concat!("1000.", "..."),
        ],
    ),
    row(
        "zoom-secret",
        "Zoom client secret",
        "Zoom",
        &["zoom_", "zoom-"],
        near!("zoom", r"[0-9A-Za-z]{32,36}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "ZOOM_SECRET_KEY=",
            "d8xtBGR1jz4vwUThRolsfGAG",
            "ubog47Tr3F"
        )],
        &[
            concat!("ZOOM_SECRET_KEY=", "d8xtBGR1jz4vwUThRols"),
            concat!("ZOOM_SECRET_KEY=", "d8xtBGR1jz4"),
        ],
    ),
    row(
        "calendly-token",
        "Calendly access token",
        "Calendly",
        &["calendly"],
        near!("calendly", r"[\w-]{43,64}"),
    )
    .named()
    .entropy(3.8)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "CALENDLY_SECRET_KEY=",
            "Sc42pcpUzzlvpIdfjGtOUXwB",
            "xaFg-REck5X_CodRekfS2F_R",
            "JrQm7"
        )],
        &[
            concat!(
                "CALENDLY_SECRET_KEY=",
                "Sc42pcpUzzlvpIdfjGtOUXwB",
                "xaFg-RE"
            ),
            concat!("CALENDLY_SECRET_KEY=", "Sc42pcpUzzlvpIdfj"),
        ],
    ),
    row(
        "zapier-webhook",
        "Zapier webhook",
        "Zapier",
        &["hooks.zapier.com"],
        r"hooks\.zapier\.com/hooks/catch/([0-9a-z]{4,20}/[0-9A-Za-z]{5,20})",
    )
    .named()
    .entropy(2.5)
    .tried(
        &[concat!(
            "https://hooks.zapier.com/hooks/catch/",
            "7877137/f080184/"
        )],
        &[
            concat!("https://hooks.zapier.com/hooks/catch/", "7877137/f"),
            concat!("https://hooks.zapier.com/hooks/catch/", "78771"),
        ],
    ),
    row(
        "ifttt-webhook",
        "IFTTT webhook key",
        "IFTTT",
        &["maker.ifttt.com"],
        r"maker\.ifttt\.com/trigger/[\w-]{1,60}/(?:json/)?with/key/([\w-]{20,50})",
    )
    .named()
    .entropy(3.3)
    .tried(
        &[concat!(
            "https://maker.ifttt.com/trigger/ev/with/key/",
            "v-fvAYCpiLPLpnGWCzCJDuqZ",
            "bN_QpoDnkj6sbjteOhz"
        )],
        &[
            concat!(
                "https://maker.ifttt.com/trigger/ev/with/key/",
                "v-fvAYCpiLPLpn"
            ),
            concat!("https://maker.ifttt.com/trigger/ev/with/key/", "EXAMPLE"),
        ],
    ),
    row(
        "make-webhook",
        "Make webhook",
        "Celonis",
        &[".make.com/"],
        r"hook\.(?:eu|us)\d?\.make\.com/([0-9a-z]{32})\b",
    )
    .named()
    .entropy(3.3)
    .tried(
        &[concat!(
            "https://hook.eu1.make.com/",
            "keoe72a9fc9ijgbj5ocakiek",
            "883ok818"
        )],
        &[
            concat!("https://hook.eu1.make.com/", "keoe72a9fc9ijgbj5oc"),
            concat!("https://hook.eu1.make.com/", "keoe72a9fc"),
        ],
    ),
    row(
        "workato-token",
        "Workato API token",
        "Workato",
        &["wrka-"],
        r"\bwrka-eyJ[\w-]{20,}\.[\w-]{20,}\.[\w-]{20,}",
    )
    .entropy(4.0)
    .tried(
        &[concat!(
            "wrka-",
            "eyJ4bVpUoP9xXcWhcsdDfuXy",
            "w0ihX7.IfCKSQl5pAMWOBR3z",
            "gtdQFxwldx.pJ_cNb7ogfitd",
            "iczTEoHi_VKQ"
        )],
        &[
            concat!(
                "wrka-",
                "eyJ4bVpUoP9xXcWhcsdDfuXy",
                "w0ihX7.IfCKSQl5pAMWOBR3z"
            ),
            concat!("wrka-", "..."),
        ],
    ),
    row(
        "tines-webhook",
        "Tines webhook",
        "Tines",
        &[".tines.com/webhook"],
        r"tines\.com/webhook/([0-9a-f]{32}/[0-9a-f]{32})\b",
    )
    .named()
    .entropy(3.0)
    .tried(
        &[concat!(
            "https://team.tines.com/webhook/",
            "d23a578179277abb6484b985",
            "ccb16990/a685c9e1f94b8df",
            "c58d94eaa3a20aed1"
        )],
        &[
            concat!(
                "https://team.tines.com/webhook/",
                "d23a578179277abb6484b985",
                "ccb16990/a685c9"
            ),
            concat!("https://team.tines.com/webhook/", "d23a578179277abb6484b"),
        ],
    ),
    row(
        "riot-key",
        "Riot Games API key",
        "Riot Games",
        &["RGAPI-"],
        r"\bRGAPI-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!(
            "RGAPI-",
            "966eabef-dc1d-dcda-b4a6-",
            "ecbd8f2953d1"
        )],
        &[
            concat!("RGAPI-", "966eabef-dc1d-dcda-"),
            concat!("RGAPI-", "..."),
        ],
    ),
    row(
        "voiceflow-key",
        "Voiceflow API key",
        "Voiceflow",
        &["VF."],
        r"\bVF\.(?:(?:DM|WS)\.)?[0-9a-f]{24}\.[0-9A-Za-z]{16}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "VF.",
            "DM.3d82b5d5fb1355d751c8f",
            "7be.NIRb1qzqZzL7BHxL"
        )],
        &[
            concat!("VF.", "DM.3d82b5d5fb1355d751c8f", "7"),
            concat!("VF.", "..."),
        ],
    ),
    row(
        "scrapfly-key",
        "Scrapfly key",
        "Scrapfly",
        &["scp-live-", "scp-test-"],
        r"\bscp-(?:live|test)-[0-9a-f]{32}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!("scp-live-", "fdf24818b0236c12483cdc63", "66678df8")],
        &[
            concat!("scp-live-", "fdf24818b0236c1"),
            concat!("scp-live-", "..."),
        ],
    ),
    row(
        "ubidots-token",
        "Ubidots token",
        "Ubidots",
        &["BBFF-"],
        r"\bBBFF-[0-9A-Za-z]{30}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!("BBFF-", "sFAD71iRqd9Hiwgol9vxLXzq", "8Ta9iU")],
        &[
            concat!("BBFF-", "sFAD71iRqd9Hiwgo"),
            concat!("BBFF-", "..."),
        ],
    ),
    row(
        "branch-key",
        "Branch key",
        "Branch",
        &["key_live_", "key_test_"],
        r"\bkey_(?:live|test)_[0-9A-Za-z]{32}\b",
    )
    .warn()
    .entropy(3.5)
    .tried(
        &[concat!("key_test_", "pkzVE6fiAXCwkDT2zMdh4A0s", "oyvNdE7Q")],
        &[
            concat!("key_test_", "pkzVE6fiAXCwkDT"),
            concat!("key_test_", "..."),
        ],
    ),
    row(
        "fleetbase-key",
        "Fleetbase key",
        "Fleetbase",
        &["flb_live_", "flb_test_"],
        r"\bflb_(?:live|test)_[0-9A-Za-z]{20}\b",
    )
    .entropy(3.3)
    .tried(
        &[concat!("flb_test_", "KwSmC6tZLwPq5fFCSl4C")],
        &[
            concat!("flb_test_", "KwSmC6tZ"),
            concat!("flb_test_", "..."),
        ],
    ),
    row(
        "cfx-key",
        "Cfx.re server key",
        "Cfx.re",
        &["cfxk_"],
        r"\bcfxk_[0-9A-Za-z]{20,24}(?:_[0-9A-Za-z]{6})?\b",
    )
    .entropy(3.3)
    .tried(
        &[concat!("cfxk_", "ALWdThAjR8E6jIlIqzujVHf_", "GeCiQG")],
        &[
            concat!("cfxk_", "ALWdThAjR8E6jIlI"),
            concat!("cfxk_", "..."),
        ],
    ),
    row(
        "databento-key",
        "Databento API key",
        "Databento",
        &["databento"],
        r"\bdb-[0-9A-Za-z]{28,30}\b",
    )
    .entropy(3.3)
    .tried(
        &[concat!(
            "DATABENTO_API_KEY=",
            "db-vd3D4ignR2T4sjlVlRqYK",
            "nxZtzuOM"
        )],
        &[
            concat!("DATABENTO_API_KEY=", "db-vd3D4ignR2T4sjlV"),
            concat!("DATABENTO_API_KEY=", "db-vd3D4ig"),
        ],
    ),
    row(
        "ionic-token",
        "Ionic token",
        "Ionic",
        &["ion_"],
        r"\bion_[0-9A-Za-z]{42}\b",
    )
    .entropy(3.8)
    .tried(
        &[concat!(
            "ion_",
            "OkElAJLTF6AOnrZ6BifkLWjT",
            "6dgbH5HD18TUrnUuRN"
        )],
        &[
            concat!("ion_", "OkElAJLTF6AOnrZ6BifkLWj"),
            concat!("ion_", "..."),
        ],
    ),
    row(
        "teamwork-token",
        "Teamwork token",
        "Teamwork",
        &["tkn.v1_"],
        r"\btkn\.v1_[0-9A-Za-z+/=]{60,90}",
    )
    .entropy(3.8)
    .tried(
        &[concat!(
            "tkn.v1_",
            "zPd8=mgsbK3znnVf7cCcl9Tv",
            "6DF+=PCGC0H9tw=zT9IGjOtT",
            "+m0PjhF1qJRLMg/aia+dfpzG",
            "Q"
        )],
        &[
            concat!("tkn.v1_", "zPd8=mgsbK3znnVf7cCcl9Tv", "6DF+=PCGC0H9tw=zT"),
            concat!("tkn.v1_", "..."),
        ],
    ),
];
