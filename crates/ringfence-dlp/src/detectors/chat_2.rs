//! Chat, social networks and telephony. Continued.
use super::row::{near, row};
use super::validate;
use crate::detector::Detector;

pub(super) static ROWS: &[Detector] = &[
    row(
        "matrix-token",
        "Matrix access token",
        "Matrix",
        &["syt_", "mat_"],
        r"\b(?:syt_[0-9A-Za-z+/]{4,}_[0-9A-Za-z]{20}_[0-9A-Za-z]{6}|ma[tr]_[0-9A-Za-z]{30,60}_[0-9A-Za-z]{6})\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!("mat_", "KrNvzV0sgzs0RHJbCNuH6ffV", "TxlO76ZchbQcAnveAzV_TIe1", "ng")],
        &[concat!("mat_", "KrNvzV0sgzs0RHJbCNuH6ffV", "TxlO"), concat!("mat_", "...")],
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
        &[concat!("LINE_SECRET_KEY=", "r8T69SyJ0Fb2bSgebzcXUl0x", "NXcJqNUzd9GMu4fKnfcHDy1v", "fBGVfGmyoRSSq4YP+mJCc2kE", "1SoGEx1YSsb+JfUPCpzuUif5", "UmcszqjhebWy+oBJMfvaPdU9", "mBtYXqmAZsq8e6S8A3FFrmHW", "YlEzzzJCBSgKoumXM==")],
        &[concat!("LINE_SECRET_KEY=", "r8T69SyJ0Fb2bSgebzcXUl0x", "NXcJqNUzd9GMu4fKnfcHDy1v", "fBGVfGmyoRSSq4YP+mJCc2kE", "1SoGEx1YSsb+JfUPCpzuUif5", "U"), concat!("LINE_SECRET_KEY=", "r8T69SyJ0Fb2bSgebzcXUl0x", "NXcJqNUzd9GMu4fKnfcHDy1v", "fBGVfG")],
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
        &[concat!("https://open.feishu.cn/open-apis/bot/v2/hook/", "1cd499b6-c884-478d-a6c3-", "7188c0c1cb61")],
        &[concat!("https://open.feishu.cn/open-apis/bot/v2/hook/", "1cd499b6-c884-478d-a6"), concat!("https://open.feishu.cn/open-apis/bot/v2/hook/", "1cd499b6-c88")],
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
        &[concat!("https://oapi.dingtalk.com/robot/send?access_token=", "8fe911310ba8eeb47cb0c8ed", "488b1a4f00894f6779e558e8", "42277e1fdf31ad17")],
        &[concat!("https://oapi.dingtalk.com/robot/send?access_token=", "8fe911310ba8eeb47cb0c8ed", "488b1a4f00894f"), concat!("https://oapi.dingtalk.com/robot/send?access_token=", "8fe911310ba8eeb47cb0c")],
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
        &[concat!("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=", "4e9ed2d2-0f54-42e6-ac4d-", "37be50b1a266")],
        &[concat!("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=", "4e9ed2d2-0f54-42e6-ac"), concat!("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=", "4e9ed2d2-0f5")],
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
        &[concat!("https://chat.googleapis.com/v1/spaces/VJkxH8dpdPx/messages?key=AIzaUoLqcY30UaEq5J8_XWVlTxMR89wnfkueUYp&token=", "1qMoo3OfhfV2iDn5mT6hrStV", "g2WqCcFIHu0O_RqgAml")],
        &[concat!("https://chat.googleapis.com/v1/spaces/VJkxH8dpdPx/messages?key=AIzaUoLqcY30UaEq5J8_XWVlTxMR89wnfkueUYp&token=", "1qMoo3OfhfV2iDn5mT6hrStV", "g"), concat!("https://chat.googleapis.com/v1/spaces/VJkxH8dpdPx/messages?key=AIzaUoLqcY30UaEq5J8_XWVlTxMR89wnfkueUYp&token=", "1qMoo3OfhfV2iD")],
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
        &[concat!("TWILIO_ACCOUNT_SID=", "AC8868f97b72f02b481d840e", "5c629c7c53")],
        &[concat!("TWILIO_ACCOUNT_SID=", "AC8868f97b72f02b481d"), concat!("TWILIO_ACCOUNT_SID=", "AC8868f97b7")],
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
        &[concat!("TWILIO_API_KEY=", "SKfd7ba7f8c70ef885e1a92a", "b91c7043b6")],
        &[concat!("TWILIO_API_KEY=", "SKfd7ba7f8c70ef885e1"), concat!("TWILIO_API_KEY=", "SKfd7ba7f8c")],
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
        &[concat!("TWILIO_SECRET_KEY=", "a6d877208eff0073e2354c22", "7464c5e6")],
        &[concat!("TWILIO_SECRET_KEY=", "a6d877208eff0073e23"), concat!("TWILIO_SECRET_KEY=", "a6d877208e")],
    ),
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
        &[concat!("VONAGE_SECRET_KEY=", "M2W1dmPnBhndsOZo")],
        &[concat!("VONAGE_SECRET_KEY=", "M2W1dmPnB"), concat!("VONAGE_SECRET_KEY=", "M2W1d")],
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
        &[concat!("KEY01", "51FE1D24AFF83A1C6AF29936", "2A5761_oLvf8L1WiTZazQvF9", "jQbxO")],
        &[concat!("KEY01", "51FE1D24AFF83A1C6AF29936", "2A576"), concat!("KEY01", "...")],
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
        &[concat!("PLIVO_SECRET_KEY=", "MHLBiLWY6Fps4xg26l5NN4aO", "HBNXKz1sWJzBqpCn")],
        &[concat!("PLIVO_SECRET_KEY=", "MHLBiLWY6Fps4xg26l5NN4aO"), concat!("PLIVO_SECRET_KEY=", "MHLBiLWY6Fps4")],
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
        &[concat!("MESSAGEBIRD_SECRET_KEY=", "W9MU9sNNGl4SfA4opGZ3ixGs", "G")],
        &[concat!("MESSAGEBIRD_SECRET_KEY=", "W9MU9sNNGl4SfA4"), concat!("MESSAGEBIRD_SECRET_KEY=", "W9MU9sNN")],
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
        &[concat!("SINCH_SECRET_KEY=", "89c7a14377f89a2b324545c7", "832eb38b")],
        &[concat!("SINCH_SECRET_KEY=", "89c7a14377f89a2b324"), concat!("SINCH_SECRET_KEY=", "89c7a14377")],
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
        &[concat!("SENDBIRD_SECRET_KEY=", "6d156a365dc6b7c1ba07e024", "5a7210e26767f97a")],
        &[concat!("SENDBIRD_SECRET_KEY=", "6d156a365dc6b7c1ba07e024"), concat!("SENDBIRD_SECRET_KEY=", "6d156a365dc6b")],
    ),
    row(
        "onesignal-key",
        "OneSignal REST API key",
        "OneSignal",
        &["onesignal"],
        near!("onesignal", r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|[0-9A-Za-z]{48}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("ONESIGNAL_SECRET_KEY=", "aac1fad5-dd79-5a23-4249-", "63355bf399d9")],
        &[concat!("ONESIGNAL_SECRET_KEY=", "aac1fad5-dd79-5a23-42"), concat!("ONESIGNAL_SECRET_KEY=", "aac1fad5-dd7")],
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
        &[concat!("os_v2_", "org_6vuvs4yqq30jydtg9743", "txnqtdtcc5sktxonj5ct2hqx", "gmymu4tjjx0vvs4du2q4948n", "eu1kgcia0qdd4okm82")],
        &[concat!("os_v2_", "org_6vuvs4yqq30jydtg9743", "txnqtdtcc5sktxonj5ct2hqx", "gmy"), concat!("os_v2_", "...")],
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
        &[concat!("PUSHOVER_SECRET_KEY=", "acknhumk8jjhd32sg4islhzs", "6rheut")],
        &[concat!("PUSHOVER_SECRET_KEY=", "acknhumk8jjhd32sg4"), concat!("PUSHOVER_SECRET_KEY=", "acknhumk8j")],
    ),
];
