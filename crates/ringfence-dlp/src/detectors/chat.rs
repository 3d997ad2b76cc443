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
        &[concat!("xoxb-", "7870532484-Ja0Y4iKnPTraz", "C7JnNnkhIEriLwdg88w")],
        &[concat!("xoxb-", "7870532484-Ja0Y4iKnPTra"), concat!("xoxb-", "...")],
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
        &[concat!("xoxe-", "376546817-0253139531-939", "193335-tg8srpQG0BXRoPQxg", "6Ybg2XT0")],
        &[concat!("xoxe-", "376546817-0253139531-939", "193335-"), concat!("xoxe-", "...")],
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
        &[concat!("xoxr-", "7-2hRMMfe1dTH1ijtSvhPwIW", "0B")],
        &[concat!("xoxr-", "7-2hRMMfe1dTH"), concat!("xoxr-", "...")],
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
        &[concat!("xoxc-", "3149065811-8073990402-63", "185241-ae6d65162ddb99d9e", "594cab53d08a02de87f47c02", "6129a84ea01231849390175")],
        &[concat!("xoxc-", "3149065811-8073990402-63", "185241-ae6d65162ddb99d9e", "594cab5"), concat!("xoxc-", "...")],
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
        &[concat!("xoxd-", "HCDJn2zKGTX2ZOwkDPfke+F=", "%gbUPvLnVj6ASU-EUfGpLhgO", "fysRLw=1F1+JHvhi5ugq7GV=", "ZtQ=KFlOo")],
        &[concat!("xoxd-", "HCDJn2zKGTX2ZOwkDPfke+F=", "%gbUPvLnVj6ASU-EUfGpLh"), concat!("xoxd-", "...")],
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
        &[concat!("xoxe-1-", "uHbPY1j9zYTo9Q-60rUnj7Vx", "L6Ij4t-wlAkFcBo7te6C-Fo0", "vzIxCNqGX8S2qIcHvueTa6vg", "NhUIypBmFAif75pEG33QwAZ2", "almh6F0Q9")],
        &[concat!("xoxe-1-", "uHbPY1j9zYTo9Q-60rUnj7Vx", "L6Ij4t-wlAkFcBo7te6C-Fo0", "vzIxCNqGX8S2"), concat!("xoxe-1-", "...")],
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
        &[concat!("xapp-", "9-IU20CURKD-723117610-94", "7f7d1cdf6a797efdb68f3f60", "483061121983bf")],
        &[concat!("xapp-", "9-IU20CURKD-723117610-94", "7f7d1cdf6a7"), concat!("xapp-", "...")],
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
        &[concat!("https://hooks.slack.com/services/", "T177E5KCB/BKGCCAGDK/JkUG", "rIn7eztfjx8AbWP8vgZw")],
        &[concat!("https://hooks.slack.com/services/", "T177E5KCB/BKGC"), concat!("https://hooks.slack.com/services/", "T177E5KCB/BKGCCAGDK/Jk!G", "rIn7eztfjx8AbWP8vgZw")],
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
        &[concat!("SLACK_SECRET_KEY=", "2b0224a9cf088a5581fcd3a4", "d5c6686f")],
        &[concat!("SLACK_SECRET_KEY=", "2b0224a9cf088a5581f"), concat!("SLACK_SECRET_KEY=", "2b0224a9cf")],
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
        &[concat!("DISCORD_TOKEN=", "MTY0MjczNjI4OTI1Mzg2NjMz", ".o1g9q7.AdY36Tt7eO4NLcqu", "-a87VyE71HxnmSOUpwaxB2")],
        &[concat!("DISCORD_TOKEN=", "MTY0MjczNjI4OTI1Mzg2NjMz", ".o1g9q7.AdY36Tt7eO"), concat!("DISCORD_TOKEN=", "MTY0MjczNjI4OTI1Mzg2NjM")],
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
        &[concat!("https://discord.com/api/webhooks/", "319591953376587253/FBj06", "sfsZmHKPmcXPD3HiE4MDsowb", "tnjFTafCwxURFzOOrxA74UE8", "J5-HhFT_CMEjkt6")],
        &[concat!("https://discord.com/api/webhooks/", "319591953376587253/FBj06", "sfsZmHKPmcXPD3HiE4MDsowb", "tnjF"), concat!("https://discord.com/api/webhooks/", "319591953376587253/FBj06", "sfsZm")],
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
        &[concat!("DISCORD_SECRET_KEY=", "JX2M8KB7KYAdvcCtMGvkxQYr", "Ak1_h4cg")],
        &[concat!("DISCORD_SECRET_KEY=", "JX2M8KB7KYAdvcCtMGv"), concat!("DISCORD_SECRET_KEY=", "JX2M8KB7KY")],
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
        &[concat!("bot_token=", "9565831145:AADYz3RWk8DFy", "YJ044I2KtbXcJpGnsAlc4R")],
        &[concat!("bot_token=", "9565831145:AADYz3RWk8DFy", "YJ0"), concat!("bot_token=", "9565831145:AADY")],
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
        &[concat!("TELEGRAM_SECRET_KEY=", "051583237:bv62fPQAE0BrVc", "d78r4pfeKEVyev_M01BoK")],
        &[concat!("TELEGRAM_SECRET_KEY=", "051583237:bv62fPQAE0BrVc", "d78"), concat!("TELEGRAM_SECRET_KEY=", "051583237:bv62f")],
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
        &[concat!("https://mattermost.example.com/hooks/", "s7bdqr73m6hz6ret3jas9osi", "o6")],
        &[concat!("https://mattermost.example.com/hooks/", "s7bdqr73m6hz6re"), concat!("https://mattermost.example.com/hooks/", "s7bdqr73")],
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
        &[concat!("MATTERMOST_SECRET_KEY=", "lsfqo57jyus0ku5h54lbo39w", "7r")],
        &[concat!("MATTERMOST_SECRET_KEY=", "lsfqo57jyus0ku5"), concat!("MATTERMOST_SECRET_KEY=", "lsfqo57j")],
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
        &[concat!("WEBEX_SECRET_KEY=", "v5biVeRNPO9okrbZrl7hjaKL", "ca47uKU1A8LuTJ_dZknUh3XQ", "qFNPILf-jPzcYBmbM")],
        &[concat!("WEBEX_SECRET_KEY=", "v5biVeRNPO9okrbZrl7hjaKL", "ca47uKU1A8LuTJ_"), concat!("WEBEX_SECRET_KEY=", "v5biVeRNPO9okrbZrl7hj")],
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
        &[concat!("ZULIP_SECRET_KEY=", "KCBEkh4q4BEApRwqz4XdfEY3", "RHa9SGtf")],
        &[concat!("ZULIP_SECRET_KEY=", "KCBEkh4q4BEApRwqz4X"), concat!("ZULIP_SECRET_KEY=", "KCBEkh4q4B")],
    ),
    row(
        "matrix-token",
        "Matrix access token",
        "Matrix",
        &["syt_", "mat_"],
        r"\b(?:syt_[0-9A-Za-z+/]{4,}_[0-9A-Za-z]{20}_[0-9A-Za-z]{6}|ma[tr]_[0-9A-Za-z]{30,60}_[0-9A-Za-z]{6})\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!("syt_", "5175K_fpMP18D7vIttfsOvur", "lZ_gNtGAq")],
        &[concat!("syt_", "5175K_fpMP18D7vItt"), concat!("syt_", "...")],
    ),
    row(
        "line-token",
        "LINE channel access token",
        "LY",
        &["line_", "linebot", "channel_access"],
        near!("line|channel", "[0-9A-Za-z+/]{160,}={0,2}"),
    )
    .named()
    .entropy(4.5)
    .check(validate::opaque)
    .tried(
        &[concat!("LINE_SECRET_KEY=", "0k5ibZS7f402+Hh5xE3m59S6", "uRcsn0ns7wP0fWUuFHADWE4Q", "ssUuohhpdhdJ2kLfo5ZxnHa8", "twkl+CBnC36HbFX4n81ML5MD", "V8hdBvHxAepSS25YZjvbrAC2", "ehMVQtxFyVARpz9h4B0JDeRC", "dg3RIu3bxIpxuvfuAvzmxrF=", "=")],
        &[concat!("LINE_SECRET_KEY=", "0k5ibZS7f402+Hh5xE3m59S6", "uRcsn0ns7wP0fWUuFHADWE4Q", "ssUuohhpdhdJ2kLfo5ZxnHa8", "twkl+CBnC36HbFX4n81ML5MD", "V8hdB"), concat!("LINE_SECRET_KEY=", "0k5ibZS7f402+Hh5xE3m59S6", "uRcsn0ns7wP0fWUuFHADWE4Q", "ssUuohhp")],
    ),
    row(
        "lark-webhook",
        "Lark or Feishu bot webhook",
        "ByteDance",
        &["feishu.cn/open-apis/bot", "larksuite.com/open-apis/bot"],
        r"(?:feishu\.cn|larksuite\.com)/open-apis/bot/v2/hook/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})",
    )
    .named()
    .entropy(3.0)
    .tried(
        &[concat!("https://open.feishu.cn/open-apis/bot/v2/hook/", "09d783f6-7336-4e40-a3fb-", "930bcd62707c")],
        &[concat!("https://open.feishu.cn/open-apis/bot/v2/hook/", "09d783f6-7336-4e40-a3"), concat!("https://open.feishu.cn/open-apis/bot/v2/hook/", "09d783f6-733")],
    ),
    row(
        "dingtalk-webhook",
        "DingTalk robot webhook",
        "Alibaba",
        &["oapi.dingtalk.com/robot"],
        r"oapi\.dingtalk\.com/robot/send\?access_token=([0-9a-f]{64})\b",
    )
    .named()
    .entropy(3.0)
    .tried(
        &[concat!("https://oapi.dingtalk.com/robot/send?access_token=", "cbff0f55cd8b1b48ca480bc6", "2b9971da6f8b9576e5ece5c7", "d027947cfa8c8426")],
        &[concat!("https://oapi.dingtalk.com/robot/send?access_token=", "cbff0f55cd8b1b48ca480bc6", "2b9971da6f8b95"), concat!("https://oapi.dingtalk.com/robot/send?access_token=", "cbff0f55cd8b1b48ca480")],
    ),
    row(
        "wecom-webhook",
        "WeCom robot webhook",
        "Tencent",
        &["qyapi.weixin.qq.com"],
        r"qyapi\.weixin\.qq\.com/cgi-bin/webhook/send\?key=([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})",
    )
    .named()
    .entropy(3.0)
    .tried(
        &[concat!("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=", "458a61cb-fad3-4289-a4f9-", "8790005b82b8")],
        &[concat!("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=", "458a61cb-fad3-4289-a4"), concat!("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=", "458a61cb-fad")],
    ),
    row(
        "google-chat-webhook",
        "Google Chat webhook",
        "Google",
        &["chat.googleapis.com/v1/spaces"],
        r"chat\.googleapis\.com/v1/spaces/[\w-]{6,20}/messages\?key=[\w-]{20,60}&token=([\w\-%]{30,80})",
    )
    .named()
    .entropy(3.5)
    .tried(
        &[concat!("https://chat.googleapis.com/v1/spaces/wPTbXr7jVfD/messages?key=AIzarCIsVsFZkVk8i2IMUmBTDAeAPsTwR4A-1Fw&token=", "uKx2F3DIRSWdFGUQuS7NtDV7", "J7Qa0Pw1mZcOfxAuGhY")],
        &[concat!("https://chat.googleapis.com/v1/spaces/wPTbXr7jVfD/messages?key=AIzarCIsVsFZkVk8i2IMUmBTDAeAPsTwR4A-1Fw&token=", "uKx2F3DIRSWdFGUQuS7NtDV7", "J"), concat!("https://chat.googleapis.com/v1/spaces/wPTbXr7jVfD/messages?key=AIzarCIsVsFZkVk8i2IMUmBTDAeAPsTwR4A-1Fw&token=", "uKx2F3DIRSWdFG")],
    ),
    row(
        "twilio-account-sid",
        "Twilio account SID",
        "Twilio",
        &["twilio", "accountsid", "account_sid"],
        r"\bAC[0-9a-f]{32}\b",
    )
    .warn()
    .entropy(3.0)
    .tried(
        &[concat!("TWILIO_ACCOUNT_SID=", "AC13f7c544389c462d1894b9", "ed367722b3")],
        &[concat!("TWILIO_ACCOUNT_SID=", "AC13f7c544389c462d18"), concat!("TWILIO_ACCOUNT_SID=", "AC13f7c5443")],
    ),
    row(
        "twilio-api-key",
        "Twilio API key SID",
        "Twilio",
        &["twilio", "=SK", "\"SK", "'SK", " SK"],
        r"\bSK[0-9a-f]{32}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!("TWILIO_API_KEY=", "SK84fd0fdca3d967c12e8421", "fead8e1fd6")],
        &[concat!("TWILIO_API_KEY=", "SK84fd0fdca3d967c12e"), concat!("TWILIO_API_KEY=", "SK84fd0fdca")],
    ),
    row(
        "twilio-auth-token",
        "Twilio auth token",
        "Twilio",
        &["twilio"],
        near!("twilio", r"[0-9a-f]{32}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("TWILIO_SECRET_KEY=", "2f28abec6eebb75cf9f5ec61", "34813d6b")],
        &[concat!("TWILIO_SECRET_KEY=", "2f28abec6eebb75cf9f"), concat!("TWILIO_SECRET_KEY=", "2f28abec6e")],
    ),
];
