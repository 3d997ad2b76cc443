//! Tools of developers, documents and work. Continued.
use super::row::{near, row};
use super::validate;
use crate::detector::Detector;

pub(super) static ROWS: &[Detector] = &[
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
            "fulkhojphnrfosn8ykwtdlno",
            "a9wq46rjibhyxghs"
        )],
        &[
            concat!("PIPEDRIVE_SECRET_KEY=", "fulkhojphnrfosn8ykwtdlno"),
            concat!("PIPEDRIVE_SECRET_KEY=", "fulkhojphnrfo"),
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
            "c88942081ca1dba870253a29",
            "6711a8ab.7030e56d6daae85",
            "e50404bbaa4a05d95"
        )],
        &[
            concat!("1000.", "c88942081ca1dba870253a29", "6711a8ab.7030"),
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
            "RZYTFsEauE8bXqyfPlOXRfje",
            "WRp9jsjIdp"
        )],
        &[
            concat!("ZOOM_SECRET_KEY=", "RZYTFsEauE8bXqyfPlOX"),
            concat!("ZOOM_SECRET_KEY=", "RZYTFsEauE8"),
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
            "9Xo1LAZCSJO9gueWRFP3wW2J",
            "aHCAHcNpmVOfIjXGSu0IECJ3",
            "SHQO"
        )],
        &[
            concat!(
                "CALENDLY_SECRET_KEY=",
                "9Xo1LAZCSJO9gueWRFP3wW2J",
                "aHCAHcN"
            ),
            concat!("CALENDLY_SECRET_KEY=", "9Xo1LAZCSJO9gueWR"),
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
            "4754763/88jk02d/"
        )],
        &[
            concat!("https://hooks.zapier.com/hooks/catch/", "4754763/8"),
            concat!("https://hooks.zapier.com/hooks/catch/", "47547"),
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
            "nV-mU6xS_I2Ipv5r43U5LE7N",
            "5DvTQGQ29qfCsvbvBYf"
        )],
        &[
            concat!(
                "https://maker.ifttt.com/trigger/ev/with/key/",
                "nV-mU6xS_I2Ipv"
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
            "431p6cg6cjpb832aaj7f88kd",
            "a9pk29b8"
        )],
        &[
            concat!("https://hook.eu1.make.com/", "431p6cg6cjpb832aaj7"),
            concat!("https://hook.eu1.make.com/", "431p6cg6cj"),
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
            "eyJ_XrZeaigHFnsPRAB73Ps.",
            "qu_dgATQHKYN4ClPvWgdgc-R",
            "o2.zW1fQ6WgYR4FMwmt4CiRo",
            "cbk"
        )],
        &[
            concat!("wrka-", "eyJ_XrZeaigHFnsPRAB73Ps.", "qu_dgATQHKYN4ClPvWg"),
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
            "b8539f941fe0abbe39ab8e16",
            "45174410/63990ccbd9b4842",
            "4e1ba4d852afbffb9"
        )],
        &[
            concat!(
                "https://team.tines.com/webhook/",
                "b8539f941fe0abbe39ab8e16",
                "45174410/63990c"
            ),
            concat!("https://team.tines.com/webhook/", "b8539f941fe0abbe39ab8"),
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
            "a10be2c8-30e3-15ec-80af-",
            "a1435e310d66"
        )],
        &[
            concat!("RGAPI-", "a10be2c8-30e3-15ec-"),
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
            "568513f77ce5f6367643cf38",
            ".UndDYJN651ugSVfO"
        )],
        &[
            concat!("VF.", "568513f77ce5f6367643cf3"),
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
        &[concat!("scp-test-", "b8f646b222a5a2a80985d361", "5eaaba45")],
        &[
            concat!("scp-test-", "b8f646b222a5a2a"),
            concat!("scp-test-", "..."),
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
        &[concat!("BBFF-", "R4pMnonkbbdZmOmzrnlaGfMN", "ugls8c")],
        &[
            concat!("BBFF-", "R4pMnonkbbdZmOmz"),
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
        &[concat!("key_live_", "1jsOLj5Rw4yOOg4LNNBc2160", "pBfJzaGb")],
        &[
            concat!("key_live_", "1jsOLj5Rw4yOOg4"),
            concat!("key_live_", "..."),
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
        &[concat!("flb_live_", "TCWdg5IH3wpovSrBOaSs")],
        &[
            concat!("flb_live_", "TCWdg5IH"),
            concat!("flb_live_", "..."),
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
        &[concat!("cfxk_", "6VIFEPW41mTb2Cunnhdhy3Y_", "6NUjAv")],
        &[
            concat!("cfxk_", "6VIFEPW41mTb2Cun"),
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
            "db-FttBP6iyZPHkhGlpLJceU",
            "KnVs5XbW"
        )],
        &[
            concat!("DATABENTO_API_KEY=", "db-FttBP6iyZPHkhGlp"),
            concat!("DATABENTO_API_KEY=", "db-FttBP6i"),
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
            "VEnjPGP2niOJaMERH66zL4vk",
            "Pz7p8Zn3VHmHIC5aY1"
        )],
        &[
            concat!("ion_", "VEnjPGP2niOJaMERH66zL4v"),
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
            "I981jmacDKthoMbLfYSviexo",
            "4lVmAcFmWbcqud/N/kj6fb==",
            "BvZT3jg0luA1/jgC0gIj"
        )],
        &[
            concat!("tkn.v1_", "I981jmacDKthoMbLfYSviexo", "4lVmAcFmWbcqud"),
            concat!("tkn.v1_", "..."),
        ],
    ),
];
