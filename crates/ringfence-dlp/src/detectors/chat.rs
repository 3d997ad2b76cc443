//! Chat, social networks and telephony.
use super::row::{near, row};
use super::validate;
use crate::detector::Detector;

pub(super) static ROWS: &[Detector] = &[
    row(
        "slack-bot-token",
        "Slack bot token",
        "Slack",
        &["xoxb-"],
        r"\bxoxb-[0-9]{8,14}-[0-9A-Za-z\-]{20,60}",
    )
    .entropy(3.0)
    .tried(
        &[concat!("xoxb-", "2829112487-nVHZ4Yk56A2N1", "Cv8UsRZHXEQlZwINVrx0RNLY")],
        &[concat!("xoxb-", "2829112487-nVHZ4Yk56A2N1", "Cv"), concat!("xoxb-", "...")],
    ),
    row(
        "slack-user-token",
        "Slack user token",
        "Slack",
        &["xoxp-", "xoxe-", "xoxo-"],
        r"\bxox[peo]-(?:[0-9]{8,14}-){2,3}[0-9A-Za-z\-]{20,60}",
    )
    .entropy(3.0)
    .tried(
        &[concat!("xoxo-", "08478154-4307227907-9505", "00415-eV4FFK6BXtuoR-WdsE", "Ek0MK")],
        &[concat!("xoxo-", "08478154-4307227907-9505", "00415"), concat!("xoxo-", "...")],
    ),
    row(
        "slack-workspace-token",
        "Slack workspace or legacy token",
        "Slack",
        &["xoxa-", "xoxr-", "xoxs-"],
        r"\bxox[ars]-(?:\d-)?[0-9A-Za-z\-]{20,90}",
    )
    .entropy(3.0)
    .tried(
        &[concat!("xoxs-", "dVDvDlyqn9gxPfm5Kl2WRW8U", "7n3dV6Ke3FwVD")],
        &[concat!("xoxs-", "..."), concat!("xoxs-", " dVDvDlyqn9gxPfm5Kl2WRW8", "U7n3dV6Ke3FwVD")],
    ),
    row(
        "slack-client-token",
        "Slack client token",
        "Slack",
        &["xoxc-"],
        r"\bxoxc-(?:[0-9]{8,14}-){2,3}[0-9a-f]{64}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!("xoxc-", "73694743-891179305-65735", "21317-61ea90b44d0bc70408", "9e58c366e3202173b3248428", "01d84601c4ec123041abae")],
        &[concat!("xoxc-", "73694743-891179305-65735", "21317-61ea90b44d0bc70408", "9e58c3"), concat!("xoxc-", "...")],
    ),
    row(
        "slack-cookie",
        "Slack session cookie",
        "Slack",
        &["xoxd-"],
        r"\bxoxd-[0-9A-Za-z%/+=\-]{80,}",
    )
    .entropy(3.5)
    .tried(
        &[concat!("xoxd-", "9Wwpxh7feWVgSabExyfh6mxu", "KXlbQYCYN2uzzRkG9j5ye42R", "DisMuXqdnd3Z7EzHg034phrd", "lGtYDqh9I6f")],
        &[concat!("xoxd-", "9Wwpxh7feWVgSabExyfh6mxu", "KXlbQYCYN2uzzRkG9j5ye42"), concat!("xoxd-", "...")],
    ),
    row(
        "slack-refresh-token",
        "Slack configuration token",
        "Slack",
        &["xoxe.xox", "xoxe-1-"],
        r"\bxoxe(?:\.xox[bp])?-\d-[0-9A-Za-z\-]{100,}",
    )
    .entropy(3.5)
    .tried(
        &[concat!("xoxe.xox", "p-3-FWTVyaPGVhicGX0bzU1C", "JQm0rOj7VVGwXXNKPbxinkMn", "E8laALGI36jPfin9c-6wK8nw", "NCLyZCp6dIrRkhjMN5adI1Cw", "GdOfNMQV55")],
        &[concat!("xoxe.xox", "p-3-FWTVyaPGVhicGX0bzU1C", "JQm0rOj7VVGwXXNKPbxinkMn", "E8laALGI36jP"), concat!("xoxe.xox", "...")],
    ),
    row(
        "slack-app-token",
        "Slack app-level token",
        "Slack",
        &["xapp-"],
        r"\bxapp-\d-[A-Z0-9]{8,14}-\d{8,14}-[0-9a-f]{32,80}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!("xapp-", "0-8D9AT5UFSV-0215386592-", "c46a6d7dd688bc16b4b19282", "080cde7e8355")],
        &[concat!("xapp-", "0-8D9AT5UFSV-0215386592-", "c46a6d7dd6"), concat!("xapp-", "...")],
    ),
    row(
        "slack-webhook",
        "Slack incoming webhook or workflow trigger",
        "Slack",
        &["hooks.slack.com/"],
        r"hooks\.slack\.com/(?:services|workflows|triggers)/([0-9A-Za-z]{8,14}/[0-9A-Za-z+/]{16,80})",
    )
    .named()
    .entropy(3.0)
    .tried(
        &[concat!("https://hooks.slack.com/services/", "TA9491FGJ/BHKHF9FBA/uzI9", "ohy85Vg4eakyNnAv4oZo")],
        &[concat!("https://hooks.slack.com/services/", "TA9491FGJ/BHKH"), concat!("https://hooks.slack.com/services/", "TA9491FGJ/BHKHF9FBA/uz!9", "ohy85Vg4eakyNnAv4oZo")],
    ),
    row(
        "slack-signing-secret",
        "Slack signing secret",
        "Slack",
        &["slack"],
        near!("slack", r"[0-9a-f]{32}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("SLACK_SECRET_KEY=", "d90cc56704e8c4ee0e2e2962", "1c93f387")],
        &[concat!("SLACK_SECRET_KEY=", "d90cc56704e8c4ee0e2"), concat!("SLACK_SECRET_KEY=", "d90cc56704")],
    ),
    row(
        "discord-bot-token",
        "Discord bot token",
        "Discord",
        &["discord", "bot", "token", "api_key", "apikey"],
        r"\b[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,40}",
    )
    .entropy(4.0)
    .check(validate::discord_token)
    .tried(
        &[concat!("DISCORD_TOKEN=", "OTM1ODI4MzM0NzY0NDk4NTU3", ".qeBUzU.IVzNhf7VhwZSOVcp", "q3zG_lpfnIFXBLD_Aaiq98")],
        &[concat!("DISCORD_TOKEN=", "OTM1ODI4MzM0NzY0NDk4NTU3", ".qeBUzU.IVzNhf7Vhw"), concat!("DISCORD_TOKEN=", "OTM1ODI4MzM0NzY0NDk4NTU")],
    ),
    row(
        "discord-webhook",
        "Discord webhook",
        "Discord",
        &["discord.com/api/webhooks", "discordapp.com/api/webhooks"],
        r"discord(?:app)?\.com/api/webhooks/(\d{17,20}/[\w-]{60,72})",
    )
    .named()
    .entropy(3.8)
    .tried(
        &[concat!("https://discord.com/api/webhooks/", "958564736193626597/mbG56", "MRBljpNONoBWc7FxCmvUhdwa", "UJgVab7kGR_qsB4s5EQg1yQK", "Q5KjAyAKsr-KTou")],
        &[concat!("https://discord.com/api/webhooks/", "958564736193626597/mbG56", "MRBljpNONoBWc7FxCmvUhdwa", "UJgV"), concat!("https://discord.com/api/webhooks/", "958564736193626597/mbG56", "MRBlj")],
    ),
    row(
        "discord-client-secret",
        "Discord client secret",
        "Discord",
        &["discord"],
        near!("discord", r"[\w-]{32}"),
    )
    .named()
    .entropy(3.5)
    .check(validate::opaque)
    .tried(
        &[concat!("DISCORD_SECRET_KEY=", "bkEyJVe14QS5OZR3bGD17d2p", "DaqK1Wug")],
        &[concat!("DISCORD_SECRET_KEY=", "bkEyJVe14QS5OZR3bGD"), concat!("DISCORD_SECRET_KEY=", "bkEyJVe14Q")],
    ),
    row(
        "telegram-bot-token",
        "Telegram bot token",
        "Telegram",
        &[":AA", "bot_token", "telegram"],
        r"(?:\b|bot)(\d{8,10}:AA[\w-]{32,34})",
    )
    .named()
    .entropy(3.5)
    .tried(
        &[concat!("bot_token=", "2672354692:AAViiMQN-zxtQ", "7dA7e0GxsCAcseB6zeaX-X")],
        &[concat!("bot_token=", "2672354692:AAViiMQN-zxtQ", "7dA"), concat!("bot_token=", "2672354692:AAVi")],
    ),
    row(
        "telegram-token-near",
        "Telegram token next to its name",
        "Telegram",
        &["telegram"],
        near!("telegram", r"\d{8,10}:[\w-]{34,36}"),
    )
    .named()
    .entropy(3.3)
    .check(validate::opaque)
    .tried(
        &[concat!("TELEGRAM_SECRET_KEY=", "8256372994:D2ldG-q7QOmxJ", "1h6fPDqpnMxCXqHgeh2b1")],
        &[concat!("TELEGRAM_SECRET_KEY=", "8256372994:D2ldG-q7QOmxJ", "1h6"), concat!("TELEGRAM_SECRET_KEY=", "8256372994:D2ld")],
    ),
    row(
        "mattermost-webhook",
        "Mattermost incoming webhook",
        "Mattermost",
        &["/hooks/"],
        r"/hooks/([a-z0-9]{26})\b",
    )
    .named()
    .entropy(3.3)
    .check(validate::opaque)
    .tried(
        &[concat!("https://mattermost.example.com/hooks/", "rebs69fy3oejdhbrebp39qr7", "53")],
        &[concat!("https://mattermost.example.com/hooks/", "rebs69fy3oejdhb"), concat!("https://mattermost.example.com/hooks/", "rebs69fy")],
    ),
    row(
        "mattermost-token",
        "Mattermost access token",
        "Mattermost",
        &["mattermost"],
        near!("mattermost", r"[a-z0-9]{26}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("MATTERMOST_SECRET_KEY=", "xe6qxbwce3m5f39nkiout97p", "f5")],
        &[concat!("MATTERMOST_SECRET_KEY=", "xe6qxbwce3m5f39"), concat!("MATTERMOST_SECRET_KEY=", "xe6qxbwc")],
    ),
    row(
        "webex-token",
        "Webex access token",
        "Cisco",
        &["webex"],
        near!("webex", r"[0-9A-Za-z_\-]{64,110}"),
    )
    .named()
    .entropy(3.5)
    .check(validate::opaque)
    .tried(
        &[concat!("WEBEX_SECRET_KEY=", "V0LhYwKGes8L-NJWeutXw7eQ", "DsQ_IZapAa7euI1LW9vE444Z", "g28R3w4f-LWYA3YmHYRCNbMi", "J4Os")],
        &[concat!("WEBEX_SECRET_KEY=", "V0LhYwKGes8L-NJWeutXw7eQ", "DsQ_IZapAa7euI1LW9vE4"), concat!("WEBEX_SECRET_KEY=", "V0LhYwKGes8L-NJWeutXw7eQ", "D")],
    ),
    row(
        "zulip-key",
        "Zulip API key",
        "Zulip",
        &["zulip"],
        near!("zulip", r"[0-9A-Za-z]{32}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("ZULIP_SECRET_KEY=", "mnL06PmHawutdGsEjs0phZtC", "ESHuD7te")],
        &[concat!("ZULIP_SECRET_KEY=", "mnL06PmHawutdGsEjs0"), concat!("ZULIP_SECRET_KEY=", "mnL06PmHaw")],
    ),
];
