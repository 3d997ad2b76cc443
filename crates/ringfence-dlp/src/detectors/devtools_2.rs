//! Tools of developers, documents and work. Continued.
use super::row::{near, row};
use super::validate;
use crate::detector::Detector;

pub(super) static ROWS: &[Detector] = &[
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
            "private_M3Dh88dyBOlBx6om",
            "9dWd4nWRXIH="
        )],
        &[
            concat!("IMAGEKIT_PRIVATE_KEY=", "private_M3Dh88dyBOlBx"),
            concat!("IMAGEKIT_PRIVATE_KEY=", "private_M3Dh"),
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
        &[concat!("UPLOADCARE_SECRET_KEY=", "ea0d66762cdcc33971fc")],
        &[
            concat!("UPLOADCARE_SECRET_KEY=", "ea0d66762cdc"),
            concat!("UPLOADCARE_SECRET_KEY=", "ea0d66"),
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
            "HJwKs/hTAPTuPnxIiYVVRn29",
            "ZP3vL2qMkLssQz4fv3HL28pr",
            "H94Wq9GaAkoq8L+M5pHdwvCf",
            "R20"
        )],
        &[
            concat!(
                "MUX_SECRET_KEY=",
                "HJwKs/hTAPTuPnxIiYVVRn29",
                "ZP3vL2qMkLssQz4fv3HL2"
            ),
            concat!("MUX_SECRET_KEY=", "HJwKs/hTAPTuPnxIiYVVRn29", "Z"),
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
        &[concat!("IPINFO_SECRET_KEY=", "b73140ae783614")],
        &[
            concat!("IPINFO_SECRET_KEY=", "b73140ae"),
            concat!("IPINFO_SECRET_KEY=", "b731"),
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
            "05f85m570ph7r1tzfo5t7wlm",
            "ojtyknis"
        )],
        &[
            concat!("OPENWEATHER_SECRET_KEY=", "05f85m570ph7r1tzfo5"),
            concat!("OPENWEATHER_SECRET_KEY=", "05f85m570p"),
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
        &[concat!("MAXMIND_SECRET_KEY=", "4nZvzCN4tvxxMrhZ")],
        &[
            concat!("MAXMIND_SECRET_KEY=", "4nZvzCN4t"),
            concat!("MAXMIND_SECRET_KEY=", "4nZvz"),
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
        &[concat!("0OFrFT_xhCHVqFFrNmGl9Zt8", "2oTYu3pekgUx_mmk")],
        &["0OFrFT_xhCHVqFFrNmGl9Zt8", "0OFrFT_xhCHVq"],
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
            "hZYD0NXe6s5fS0G7kP19KVuT",
            "56Om2TPDXQvRM9gb"
        )],
        &[
            concat!("ZENDESK_SECRET_KEY=", "hZYD0NXe6s5fS0G7kP19KVuT"),
            concat!("ZENDESK_SECRET_KEY=", "hZYD0NXe6s5fS"),
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
        &[concat!("FRESHDESK_SECRET_KEY=", "BXbu3sG2hlFCYLbSD2Jr")],
        &[
            concat!("FRESHDESK_SECRET_KEY=", "BXbu3sG2hlFC"),
            concat!("FRESHDESK_SECRET_KEY=", "BXbu3s"),
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
            "OAE8B7h4mIHUr/YY+8BCLf8A",
            "2C75kYLSwqwcexilTwH1/x+5",
            "o8rCtrxsJZY"
        )],
        &[
            concat!("dG9rO", "OAE8B7h4mIHUr/YY+8BCLf8A", "2C75kYLSw"),
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
            "h4td6tncot00pl3rcklc61ct",
            "kv24qgmmzb6wrk9s"
        )],
        &[
            concat!("PIPEDRIVE_SECRET_KEY=", "h4td6tncot00pl3rcklc61ct"),
            concat!("PIPEDRIVE_SECRET_KEY=", "h4td6tncot00p"),
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
            "f6f0d608c2f5e37b41957d24",
            "60dc587d.616299906a7de47",
            "b12fa2a407ef3ffad"
        )],
        &[
            concat!("1000.", "f6f0d608c2f5e37b41957d24", "60dc587d.6162"),
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
            "m1Yw3Z1fMEQp4xOE2TF00Dqe",
            "6vZEXGJK8"
        )],
        &[
            concat!("ZOOM_SECRET_KEY=", "m1Yw3Z1fMEQp4xOE2TF"),
            concat!("ZOOM_SECRET_KEY=", "m1Yw3Z1fMEQ"),
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
            "nqoSdvyVc2ztJjWH6JJ5zKYj",
            "WVkmszKm4WcHM02DNcw"
        )],
        &[
            concat!("CALENDLY_SECRET_KEY=", "nqoSdvyVc2ztJjWH6JJ5zKYj", "W"),
            concat!("CALENDLY_SECRET_KEY=", "nqoSdvyVc2ztJj"),
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
            "8618995/de6ggcb/"
        )],
        &[
            concat!("https://hooks.zapier.com/hooks/catch/", "8618995/d"),
            concat!("https://hooks.zapier.com/hooks/catch/", "86189"),
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
            "uExItJYfltfMg6dcnvuur-hm",
            "NyEonzlzwPTjuPkUI-z"
        )],
        &[
            concat!(
                "https://maker.ifttt.com/trigger/ev/with/key/",
                "uExItJYfltfMg6"
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
            "p4enh77fcpcdpg1ofcog8bhg",
            "ejne8id9"
        )],
        &[
            concat!("https://hook.eu1.make.com/", "p4enh77fcpcdpg1ofco"),
            concat!("https://hook.eu1.make.com/", "p4enh77fcp"),
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
            "eyJO7hW-5t2gTIHKrp9DTBdJ",
            "jOlGEpRuT.492zIoCCWh30WT",
            "5od_u35rjHNXs38.xtWLW8Fx",
            "7VhSc42pcpUzzlvpIdf"
        )],
        &[
            concat!(
                "wrka-",
                "eyJO7hW-5t2gTIHKrp9DTBdJ",
                "jOlGEpRuT.492zIoCCWh30WT",
                "5od_"
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
            "b4d678e2e93af639b18f3c96",
            "aba703f6/4d6c1dfcd04d5bb",
            "cffae283cb565cc48"
        )],
        &[
            concat!(
                "https://team.tines.com/webhook/",
                "b4d678e2e93af639b18f3c96",
                "aba703f6/4d6c1d"
            ),
            concat!("https://team.tines.com/webhook/", "b4d678e2e93af639b18f3"),
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
            "f343ed89-6cc3-bb1d-bda6-",
            "a4d405289619"
        )],
        &[
            concat!("RGAPI-", "f343ed89-6cc3-bb1d-"),
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
            "DM.a84adafe197c7c62e898a",
            "9d9.KSpGUT0MiLXlrGu3"
        )],
        &[
            concat!("VF.", "DM.a84adafe197c7c62e898a", "9"),
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
        &[concat!("scp-test-", "a3576b1c2586260fad963eeb", "9ebc4f95")],
        &[
            concat!("scp-test-", "a3576b1c2586260"),
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
        &[concat!("BBFF-", "3PqLfWooKkMRhtznqfJutMaJ", "dlsUaw")],
        &[
            concat!("BBFF-", "3PqLfWooKkMRhtzn"),
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
        &[concat!("key_live_", "P8MpyhVFtWAmDzQ56LAFH2FJ", "clxWhxt5")],
        &[
            concat!("key_live_", "P8MpyhVFtWAmDzQ"),
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
        &[concat!("flb_live_", "kKMavvNXCjjX8H8NIGjA")],
        &[
            concat!("flb_live_", "kKMavvNX"),
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
        &[concat!("cfxk_", "nzPvqM3cDeatbkIwcI0tKbm")],
        &[concat!("cfxk_", "nzPvqM3cDea"), concat!("cfxk_", "...")],
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
            "db-GbAPsJT3vazVhIaa8MGlz",
            "oQbVOdta"
        )],
        &[
            concat!("DATABENTO_API_KEY=", "db-GbAPsJT3vazVhIaa"),
            concat!("DATABENTO_API_KEY=", "db-GbAPsJT"),
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
            "XorZHQJ9ZTZKYKc7ZtK4YgY1",
            "LTdQZ2ChxIzuCDSvKt"
        )],
        &[
            concat!("ion_", "XorZHQJ9ZTZKYKc7ZtK4YgY"),
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
            "wzw8rp7szqnsgKkGePHuoiqZ",
            "=/8bKCt5ZRrEqXBkMqK/k4DK",
            "KtVL6pYyVkxilat3gENYgK9"
        )],
        &[
            concat!("tkn.v1_", "wzw8rp7szqnsgKkGePHuoiqZ", "=/8bKCt5ZRrEqXB"),
            concat!("tkn.v1_", "..."),
        ],
    ),
];
