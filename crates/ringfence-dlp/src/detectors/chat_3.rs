//! Chat, social networks and telephony. Continued.
use super::row::{near, row};
use super::validate;
use crate::detector::Detector;

pub(super) static ROWS: &[Detector] = &[
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
        &[concat!("PUSHER_SECRET_KEY=", "151f15abb90e3572bfc7")],
        &[
            concat!("PUSHER_SECRET_KEY=", "151f15abb90e"),
            concat!("PUSHER_SECRET_KEY=", "151f15"),
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
            "NapzyvwwQwhYDYobKlfXKIBJ",
            "Zv45csTjnmOCA8SzHlRMcmhb"
        )],
        &[
            concat!("sec-c-", "NapzyvwwQwhYDYobKlfXKIBJ", "Zv"),
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
            "pub-c-",
            "e7a8ca33-235e-4cc2-8377-",
            "cb381e437ae3"
        )],
        &[
            concat!("pub-c-", "e7a8ca33-235e-4cc2-"),
            concat!("pub-c-", "..."),
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
        r"\bEAA[B-DF-Z][0-9A-Za-z]{60,}\b",
    )
    .entropy(4.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "EAAG",
            "FA7Ls7yPETt2IQzb0CFiwC66",
            "5heUtaMPMOqGlIr3J9mP1KRV",
            "916yXMOjbokaNngHswh6C"
        )],
        &[
            concat!("EAAG", "FA7Ls7yPETt2IQzb0CFiwC66", "5heUtaMPMOqGlIr"),
            concat!("EAAG", "..."),
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
            "de33b1de4e4647e8d484bde8",
            "cbff4c93"
        )],
        &[
            concat!("FACEBOOK_SECRET_KEY=", "de33b1de4e4647e8d48"),
            concat!("FACEBOOK_SECRET_KEY=", "de33b1de4e"),
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
            "796844393387111|Gy5PuPod",
            "9C45eS97qKMyVvcUzrz"
        )],
        &[
            concat!("facebook access_token=", "796844393387111|Gy5PuPod", "9"),
            concat!("facebook access_token=", "79684439338711"),
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
            "tUIWyUtytmnXNTpLC5_BRveE",
            "2YP2rCMyiiviJytqvCFY85hj",
            "GaKHTeouMV3W5gaVQGO"
        )],
        &[
            concat!("IGAA", "tUIWyUtytmnXNTpLC5_BRveE", "2YP2rCMyiiviJy"),
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
            "AAAAAAAAAAAAAAAAAAAAAAVf",
            "4XIrX1dTJm1ftuSvQvFq%0Rq",
            "YuAhW9iS%k4"
        )],
        &[
            concat!(
                "TWITTER_BEARER_TOKEN=",
                "AAAAAAAAAAAAAAAAAAAAAAVf",
                "4XIrX1dTJm1"
            ),
            concat!("TWITTER_BEARER_TOKEN=", "AAAAAAAAAAAAAAAAAAA"),
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
            "MAykQTleBFe4necyEZtENmxs",
            "waIg"
        )],
        &[
            concat!("TWITTER_SECRET_KEY=", "MAykQTleBFe4necy"),
            concat!("TWITTER_SECRET_KEY=", "MAykQTleB"),
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
            "AQU32vUJ2-0nKVFzLgNGZyrB",
            "x3CtyWXH9wbm2k9sdDMIfysx",
            "W9YDUdrwp3QqENW1QNvg1ZRG",
            "Nrxv-UmGxHPKizn0_SlQZiDu",
            "k1eErhEyEVbi9uU0C8Zxt1T0",
            "e1LnIGSv4Gorj0KtsZLfGsjd",
            "CtBTNV2um7vrC9LQLgYimxZl",
            "0x7xAxG"
        )],
        &[
            concat!(
                "LINKEDIN_ACCESS_TOKEN=",
                "AQU32vUJ2-0nKVFzLgNGZyrB",
                "x3CtyWXH9wbm2k9sdDMIfysx",
                "W9YDUdrwp3QqENW1QNvg1ZRG",
                "Nrxv-UmGxHPKizn0_SlQZiDu",
                "k1eErhEyE"
            ),
            concat!(
                "LINKEDIN_ACCESS_TOKEN=",
                "AQU32vUJ2-0nKVFzLgNGZyrB",
                "x3CtyWXH9wbm2k9sdDMIfysx",
                "W9YDUdrwp3"
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
        &[concat!("LINKEDIN_SECRET_KEY=", "c1TlXvdF8Tu2oHlD")],
        &[
            concat!("LINKEDIN_SECRET_KEY=", "c1TlXvdF8"),
            concat!("LINKEDIN_SECRET_KEY=", "c1TlX"),
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
        &[concat!("WPL_AP", "4.hd7OaPp8HelBbhAL.oY5Tp", "T")],
        &[concat!("WPL_AP", "4.hd7OaPp8He"), concat!("WPL_AP", "...")],
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
            "fv_WBlnC4CLQMv82D9Qf8w_x",
            "Vn984"
        )],
        &[
            concat!("REDDIT_SECRET_KEY=", "fv_WBlnC4CLQMv82D"),
            concat!("REDDIT_SECRET_KEY=", "fv_WBlnC4"),
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
            "39707693_1DHPMkUvyTlRplQ",
            "DheOZornZ2IkTEm"
        )],
        &[
            concat!("live_", "39707693_1DHPMkUvyTlR"),
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
            "c3bburfcnhyy1go6rg6ct5tn",
            "c06niq"
        )],
        &[
            concat!("TWITCH_SECRET_KEY=", "c3bburfcnhyy1go6rg"),
            concat!("TWITCH_SECRET_KEY=", "c3bburfcnh"),
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
            "0f319bac4cf8243a47f4679e",
            "d57ae503"
        )],
        &[
            concat!("SPOTIFY_SECRET_KEY=", "0f319bac4cf8243a47f"),
            concat!("SPOTIFY_SECRET_KEY=", "0f319bac4c"),
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
            "act.DX9rtdUqU5Af2MK4gmBR",
            "0FcImZyxQ26ETYFsm9Ryp6pE",
            "nxuBQApTGnDTXo4SedSN"
        )],
        &[
            concat!(
                "TIKTOK_TOKEN=",
                "act.DX9rtdUqU5Af2MK4gmBR",
                "0FcImZyxQ26ETYFs"
            ),
            concat!("TIKTOK_TOKEN=", "act.DX9rtdUqU5Af2MK4gm"),
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
            "k28TCegh8as0NlbGd5IF16k9",
            "Fq_BDJvxSI32ftNPdh62jUyr",
            "YvJXu44SerE8RPeTR3arJEZ6",
            "zHPs5cPhKNP7LjRCR00h"
        )],
        &[
            concat!(
                "VK_SECRET_KEY=",
                "k28TCegh8as0NlbGd5IF16k9",
                "Fq_BDJvxSI32ftNPdh62jUyr",
                "YvJXu44"
            ),
            concat!("VK_SECRET_KEY=", "k28TCegh8as0NlbGd5IF16k9", "Fq_BDJ"),
        ],
    ),
];
