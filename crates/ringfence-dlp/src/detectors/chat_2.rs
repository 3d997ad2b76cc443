//! Chat, social networks and telephony. Continued.
use super::row::{near, row};
use super::validate;
use crate::detector::Detector;

pub(super) static ROWS: &[Detector] = &[
    row(
        "vonage-secret",
        "Vonage (Nexmo) API secret",
        "Vonage",
        &["vonage", "nexmo"],
        near!("vonage|nexmo", r"[0-9A-Za-z]{16}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("VONAGE_SECRET_KEY=", "b3Qu5Z2TV04L7HaJ")],
        &[
            concat!("VONAGE_SECRET_KEY=", "b3Qu5Z2TV"),
            concat!("VONAGE_SECRET_KEY=", "b3Qu5"),
        ],
    ),
    row(
        "telnyx-key",
        "Telnyx API key",
        "Telnyx",
        &["KEY01"],
        r"\bKEY01[0-9A-F]{30}_[0-9A-Za-z]{22}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "KEY01",
            "5FEF17CA2D53B73843155BBF",
            "9A0E4D_SipThqnFIZjSDxwdT",
            "kM37x"
        )],
        &[
            concat!("KEY01", "5FEF17CA2D53B73843155BBF", "9A0E4"),
            concat!("KEY01", "..."),
        ],
    ),
    row(
        "plivo-token",
        "Plivo auth token",
        "Plivo",
        &["plivo"],
        near!("plivo", r"[0-9A-Za-z]{40}\b"),
    )
    .named()
    .entropy(3.3)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "PLIVO_SECRET_KEY=",
            "gRyOtot8gb3m562GGFL7Abs2",
            "wTjaql6QSH9o4kyP"
        )],
        &[
            concat!("PLIVO_SECRET_KEY=", "gRyOtot8gb3m562GGFL7Abs2"),
            concat!("PLIVO_SECRET_KEY=", "gRyOtot8gb3m5"),
        ],
    ),
    row(
        "messagebird-key",
        "MessageBird (Bird) access key",
        "Bird",
        &["messagebird"],
        near!("messagebird", r"[0-9A-Za-z]{25}\b"),
    )
    .named()
    .entropy(3.3)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "MESSAGEBIRD_SECRET_KEY=",
            "bqWsxM6mzhHvoR8SC4HBa4NC",
            "p"
        )],
        &[
            concat!("MESSAGEBIRD_SECRET_KEY=", "bqWsxM6mzhHvoR8"),
            concat!("MESSAGEBIRD_SECRET_KEY=", "bqWsxM6m"),
        ],
    ),
    row(
        "sinch-token",
        "Sinch API token",
        "Sinch",
        &["sinch"],
        near!("sinch", r"[0-9a-f]{32}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "SINCH_SECRET_KEY=",
            "86529fb8e84b5b43a239f0a4",
            "fd8f2756"
        )],
        &[
            concat!("SINCH_SECRET_KEY=", "86529fb8e84b5b43a23"),
            concat!("SINCH_SECRET_KEY=", "86529fb8e8"),
        ],
    ),
    row(
        "sendbird-token",
        "Sendbird API token",
        "Sendbird",
        &["sendbird"],
        near!("sendbird", r"[0-9a-f]{40}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "SENDBIRD_SECRET_KEY=",
            "ca6fe01e0ad30e564fee0fea",
            "efdb224d0a4a7666"
        )],
        &[
            concat!("SENDBIRD_SECRET_KEY=", "ca6fe01e0ad30e564fee0fea"),
            concat!("SENDBIRD_SECRET_KEY=", "ca6fe01e0ad30"),
        ],
    ),
    row(
        "onesignal-key",
        "OneSignal REST API key",
        "OneSignal",
        &["onesignal"],
        near!(
            "onesignal",
            r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|[0-9A-Za-z]{48}\b"
        ),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "ONESIGNAL_SECRET_KEY=",
            "EgpCs8up7Bj76beikbYuIG0M",
            "uuEAiwmHk03Dv03wIbH7VlqG"
        )],
        &[
            concat!("ONESIGNAL_SECRET_KEY=", "EgpCs8up7Bj76beikbYuIG0M", "uuEA"),
            concat!("ONESIGNAL_SECRET_KEY=", "EgpCs8up7Bj76bei"),
        ],
    ),
    row(
        "onesignal-prefixed",
        "OneSignal API key with prefix",
        "OneSignal",
        &["os_v2_"],
        r"\bos_v2_(?:app|org)_[a-z0-9]{80,}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "os_v2_",
            "org_25dxxwwur3zyntgh3673",
            "fjbp44x98scb6a78tqmfijm7",
            "cc174v8q7txzbd0q0dgrx9o0",
            "s3ge271n6vj7dyfehdggme"
        )],
        &[
            concat!(
                "os_v2_",
                "org_25dxxwwur3zyntgh3673",
                "fjbp44x98scb6a78tqmfijm7",
                "cc174v"
            ),
            concat!("os_v2_", "..."),
        ],
    ),
    row(
        "pushover-token",
        "Pushover token",
        "Pushover",
        &["pushover"],
        near!("pushover", r"[0-9a-z]{30}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "PUSHOVER_SECRET_KEY=",
            "vrt2x8o774w1a3h7x7xm00qf",
            "6znwm7"
        )],
        &[
            concat!("PUSHOVER_SECRET_KEY=", "vrt2x8o774w1a3h7x7"),
            concat!("PUSHOVER_SECRET_KEY=", "vrt2x8o774"),
        ],
    ),
    row(
        "pusher-secret",
        "Pusher app secret",
        "Pusher",
        &["pusher"],
        near!("pusher", r"[0-9a-f]{20}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("PUSHER_SECRET_KEY=", "209e463ff91d0bde5827")],
        &[
            concat!("PUSHER_SECRET_KEY=", "209e463ff91d"),
            concat!("PUSHER_SECRET_KEY=", "209e46"),
        ],
    ),
    row(
        "pubnub-secret-key",
        "PubNub secret key",
        "PubNub",
        &["sec-c-"],
        r"\bsec-c-[0-9A-Za-z]{48}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "sec-c-",
            "SKrNdseeIgD2POnd2RE3EvkE",
            "PJrsPJq011ELO7aFcMkpxnFe"
        )],
        &[
            concat!("sec-c-", "SKrNdseeIgD2POnd2RE3EvkE", "PJ"),
            concat!("sec-c-", "..."),
        ],
    ),
    row(
        "pubnub-keys",
        "PubNub publish or subscribe key",
        "PubNub",
        &["pub-c-", "sub-c-"],
        r"\b(?:pub|sub)-c-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b",
    )
    .warn()
    .entropy(3.0)
    .tried(
        &[concat!(
            "sub-c-",
            "de9d15b6-8d2b-e6d5-cd5f-",
            "beac7edf7efd"
        )],
        &[
            concat!("sub-c-", "de9d15b6-8d2b-e6d5-"),
            concat!("sub-c-", "..."),
        ],
    ),
    row(
        "facebook-access-token",
        "Facebook access token",
        "Meta",
        &[
            "EAAC", "EAAB", "EAAG", "EAAM", "EAAJ", "EAAD", "EAAF", "EAAH", "EAAI", "EAAK", "EAAL",
            "EAAN", "EAAP", "EAAQ", "EAAR", "EAAS", "EAAT", "EAAU", "EAAV", "EAAW", "EAAX", "EAAY",
            "EAAZ",
        ],
        r"\bEAA[A-Z][0-9A-Za-z]{60,}\b",
    )
    .entropy(4.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "EAAY",
            "6iH8TgrQ0W7HwPN28CShhSIe",
            "uHRf3iEmICLbsxdXDxiOplDr",
            "c5GenBEIr5cxHnx88"
        )],
        &[
            concat!("EAAY", "6iH8TgrQ0W7HwPN28CShhSIe", "uHRf3iEmICLbs"),
            concat!("EAAY", "..."),
        ],
    ),
    row(
        "facebook-app-secret",
        "Facebook app secret",
        "Meta",
        &["facebook", "fb_app", "fb_secret"],
        near!("facebook|fb", r"[0-9a-f]{32}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "FACEBOOK_SECRET_KEY=",
            "505aa8f2716bf231f8c2348f",
            "ea886b51"
        )],
        &[
            concat!("FACEBOOK_SECRET_KEY=", "505aa8f2716bf231f8c"),
            concat!("FACEBOOK_SECRET_KEY=", "505aa8f271"),
        ],
    ),
    row(
        "facebook-app-token",
        "Facebook app access token",
        "Meta",
        &["facebook", "access_token", "fb_"],
        r"\b\d{14,17}\|[\w-]{27}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "facebook access_token=",
            "642167886397483|nh5bctiN",
            "FUzv9PK06l-dEJKHaDz"
        )],
        &[
            concat!("facebook access_token=", "642167886397483|nh5bctiN", "F"),
            concat!("facebook access_token=", "64216788639748"),
        ],
    ),
    row(
        "instagram-token",
        "Instagram access token",
        "Meta",
        &["IGQV", "IGQW", "IGAA"],
        r"\bIG(?:QV|QW|AA)[0-9A-Za-z_\-]{60,}",
    )
    .entropy(4.0)
    .tried(
        &[concat!(
            "IGAA",
            "GsMPzaUGCAX2i0YvFxv80dQ8",
            "ZTLuo17dqMupURAvRfb8B4VI",
            "x-3Rd3WR9B8Lx4i"
        )],
        &[
            concat!("IGAA", "GsMPzaUGCAX2i0YvFxv80dQ8", "ZTLuo17dqMup"),
            concat!("IGAA", "..."),
        ],
    ),
    row(
        "twitter-bearer-token",
        "X (Twitter) app-only bearer token",
        "X",
        &["twitter", "x_bearer", "bearer_token", "bearer A"],
        r"\bA{19,22}[\w%]{30,}",
    )
    .entropy(3.0)
    .check(validate::not_placeholder)
    .tried(
        &[concat!(
            "TWITTER_BEARER_TOKEN=",
            "AAAAAAAAAAAAAAAAAAAA_TlS",
            "RkJ9Gg16dBOCkHHVxkf3EyVQ",
            "hcc_VO8"
        )],
        &[
            concat!(
                "TWITTER_BEARER_TOKEN=",
                "AAAAAAAAAAAAAAAAAAAA_TlS",
                "RkJ9Gg16d"
            ),
            concat!("TWITTER_BEARER_TOKEN=", "AAAAAAAAAAAAAAAAAA"),
        ],
    ),
    row(
        "twitter-secret",
        "X (Twitter) key, token or secret",
        "X",
        &["twitter", "x_api", "x_access"],
        near!(r"twitter|\bx_", r"(?:\d{15,20}-)?[0-9A-Za-z]{25,50}\b"),
    )
    .named()
    .entropy(3.8)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "TWITTER_SECRET_KEY=",
            "jcdjWKxrTPU0QUB2y6t9cc2l",
            "kquNeZ"
        )],
        &[
            concat!("TWITTER_SECRET_KEY=", "jcdjWKxrTPU0QUB2y6"),
            concat!("TWITTER_SECRET_KEY=", "jcdjWKxrTP"),
        ],
    ),
    row(
        "linkedin-token",
        "LinkedIn access token",
        "LinkedIn",
        &["linkedin", "Bearer AQ", "access_token"],
        r"\bAQ[UVWXY][\w-]{170,}",
    )
    .entropy(4.2)
    .tried(
        &[concat!(
            "LINKEDIN_ACCESS_TOKEN=",
            "AQW_WuULjbqg-X8ReqU5GsH7",
            "mUOpVuecZAY3tUjhbg8cMiFo",
            "Rn8KOyzNml3owZa6Eop2skvm",
            "1zSRl6FmaCqFOmoYhuPiRS7u",
            "x9dWUHz8KE-oWiP3rF4IdYD2",
            "QKfhzwaNiFteKkvmE9IKYhnP",
            "XtuiZJLfCEiyz3uLWhGDU6s0",
            "pGdSDIm"
        )],
        &[
            concat!(
                "LINKEDIN_ACCESS_TOKEN=",
                "AQW_WuULjbqg-X8ReqU5GsH7",
                "mUOpVuecZAY3tUjhbg8cMiFo",
                "Rn8KOyzNml3owZa6Eop2skvm",
                "1zSRl6FmaCqFOmoYhuPiRS7u",
                "x9dWUHz8K"
            ),
            concat!(
                "LINKEDIN_ACCESS_TOKEN=",
                "AQW_WuULjbqg-X8ReqU5GsH7",
                "mUOpVuecZAY3tUjhbg8cMiFo",
                "Rn8KOyzNml"
            ),
        ],
    ),
    row(
        "linkedin-client-secret",
        "LinkedIn client secret",
        "LinkedIn",
        &["linkedin"],
        near!("linkedin", r"[0-9A-Za-z]{16}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("LINKEDIN_SECRET_KEY=", "n2fLd83QMbYrsudp")],
        &[
            concat!("LINKEDIN_SECRET_KEY=", "n2fLd83QM"),
            concat!("LINKEDIN_SECRET_KEY=", "n2fLd"),
        ],
    ),
    row(
        "linkedin-prefixed-secret",
        "LinkedIn client secret with prefix",
        "LinkedIn",
        &["WPL_AP"],
        r"\bWPL_AP\d\.[0-9A-Za-z]{16}\.[0-9A-Za-z+/]{6}={0,2}",
    )
    .entropy(3.5)
    .tried(
        &[concat!("WPL_AP", "7.O11k03FcXKHzzxLo.yqGoE", "x==")],
        &[concat!("WPL_AP", "7.O11k03FcXKH"), concat!("WPL_AP", "...")],
    ),
    row(
        "reddit-secret",
        "Reddit client secret",
        "Reddit",
        &["reddit"],
        near!("reddit", r"[\w-]{27,30}"),
    )
    .named()
    .entropy(3.5)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "REDDIT_SECRET_KEY=",
            "7GdDiOwj7rE7dNqoZHdJPIrW",
            "Uuh"
        )],
        &[
            concat!("REDDIT_SECRET_KEY=", "7GdDiOwj7rE7dNqo"),
            concat!("REDDIT_SECRET_KEY=", "7GdDiOwj7"),
        ],
    ),
    row(
        "twitch-stream-key",
        "Twitch stream key",
        "Twitch",
        &["live_"],
        r"\blive_\d{6,12}_[0-9A-Za-z]{30}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "live_",
            "8687530_4cJD7dUuvQJuJZsI",
            "MtCHZuYIBkfRvg"
        )],
        &[
            concat!("live_", "8687530_4cJD7dUuvQJu"),
            concat!("live_", "..."),
        ],
    ),
    row(
        "twitch-token",
        "Twitch token or client secret",
        "Twitch",
        &["twitch"],
        near!("twitch", r"[0-9a-z]{30}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "TWITCH_SECRET_KEY=",
            "nwfn476wh8pzen0xpui8msom",
            "6838n6"
        )],
        &[
            concat!("TWITCH_SECRET_KEY=", "nwfn476wh8pzen0xpu"),
            concat!("TWITCH_SECRET_KEY=", "nwfn476wh8"),
        ],
    ),
    row(
        "spotify-secret",
        "Spotify client secret",
        "Spotify",
        &["spotify"],
        near!("spotify", r"[0-9a-f]{32}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "SPOTIFY_SECRET_KEY=",
            "0d6518d50e1abe85e5a91198",
            "e8e978bd"
        )],
        &[
            concat!("SPOTIFY_SECRET_KEY=", "0d6518d50e1abe85e5a"),
            concat!("SPOTIFY_SECRET_KEY=", "0d6518d50e"),
        ],
    ),
    row(
        "tiktok-token",
        "TikTok access token",
        "TikTok",
        &["tiktok"],
        r"\bact\.[0-9A-Za-z!%.]{40,}",
    )
    .entropy(3.8)
    .tried(
        &[concat!(
            "TIKTOK_TOKEN=",
            "act.y4cCiXXNHnyqDoQCxu8e",
            "mhrUigxrXlCwlnpY8okvhUB2",
            "F6fPeVeFKQzsHo617Vc9"
        )],
        &[
            concat!(
                "TIKTOK_TOKEN=",
                "act.y4cCiXXNHnyqDoQCxu8e",
                "mhrUigxrXlCwlnpY"
            ),
            concat!("TIKTOK_TOKEN=", "act.y4cCiXXNHnyqDoQCxu"),
        ],
    ),
    row(
        "vk-token",
        "VK access token",
        "VK",
        &["vk_", "vkontakte"],
        near!("vk|vkontakte", r"(?:vk1\.a\.)?[\w-]{85,}"),
    )
    .named()
    .entropy(3.5)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "VK_SECRET_KEY=",
            "vpnzR0En5wChbim8Hl1XONU0",
            "zoLSZhyy3fmJoKiH8E6eJfbL",
            "xkdVUCCyHgpfN7Ad9Aokqa8g",
            "rWbWb_fXU8fPS_PjhNd07yL"
        )],
        &[
            concat!(
                "VK_SECRET_KEY=",
                "vpnzR0En5wChbim8Hl1XONU0",
                "zoLSZhyy3fmJoKiH8E6eJfbL",
                "xkdVUCCyH"
            ),
            concat!("VK_SECRET_KEY=", "vpnzR0En5wChbim8Hl1XONU0", "zoLSZhy"),
        ],
    ),
];
