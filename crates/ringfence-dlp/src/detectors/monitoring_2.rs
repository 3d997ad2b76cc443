//! Logs, metrics, errors, paging and feature flags. Continued.
use super::row::{near, row};
use super::validate;
use crate::detector::Detector;

pub(super) static ROWS: &[Detector] = &[
    row(
        "splunk-token",
        "Splunk token",
        "Splunk",
        &["splunk"],
        near!("splunk", r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("SPLUNK_SECRET_KEY=", "8f8cfd06-c123-85ac-ac62-", "5c741a8bd580")],
        &[concat!("SPLUNK_SECRET_KEY=", "8f8cfd06-c123-85ac-ac"), concat!("SPLUNK_SECRET_KEY=", "8f8cfd06-c12")],
    ),
    row(
        "loggly-token",
        "Loggly token",
        "SolarWinds",
        &["loggly"],
        near!("loggly", r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("LOGGLY_SECRET_KEY=", "12438493-2e7e-2feb-9e1e-", "aac30a1478ef")],
        &[concat!("LOGGLY_SECRET_KEY=", "12438493-2e7e-2feb-9e"), concat!("LOGGLY_SECRET_KEY=", "12438493-2e7")],
    ),
    row(
        "logdna-key",
        "Mezmo (LogDNA) ingestion key",
        "Mezmo",
        &["logdna", "mezmo"],
        near!("logdna|mezmo", r"[0-9a-f]{32}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("LOGDNA_SECRET_KEY=", "daaae31d78633ee0998ebd90", "54a84987")],
        &[concat!("LOGDNA_SECRET_KEY=", "daaae31d78633ee0998"), concat!("LOGDNA_SECRET_KEY=", "daaae31d78")],
    ),
    row(
        "logzio-token",
        "Logz.io token",
        "Logz.io",
        &["logz"],
        near!("logz", r"[0-9A-Za-z]{32}\b|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("LOGZ_SECRET_KEY=", "dtoFkoNJisrWxSjC8EgiYXIX", "hf4qAVO6")],
        &[concat!("LOGZ_SECRET_KEY=", "dtoFkoNJisrWxSjC8Eg"), concat!("LOGZ_SECRET_KEY=", "dtoFkoNJis")],
    ),
    row(
        "papertrail-token",
        "Papertrail token",
        "SolarWinds",
        &["papertrail"],
        near!("papertrail", r"[0-9A-Za-z]{20}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("PAPERTRAIL_SECRET_KEY=", "WT3BHJKBP98WPSrHKtK9")],
        &[concat!("PAPERTRAIL_SECRET_KEY=", "WT3BHJKBP98W"), concat!("PAPERTRAIL_SECRET_KEY=", "WT3BHJ")],
    ),
    row(
        "rollbar-token",
        "Rollbar access token",
        "Rollbar",
        &["rollbar"],
        near!("rollbar", r"[0-9a-f]{32}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("ROLLBAR_SECRET_KEY=", "aa9a4064ac4a17ea5e80cd93", "864f27c1")],
        &[concat!("ROLLBAR_SECRET_KEY=", "aa9a4064ac4a17ea5e8"), concat!("ROLLBAR_SECRET_KEY=", "aa9a4064ac")],
    ),
    row(
        "bugsnag-key",
        "Bugsnag API key",
        "SmartBear",
        &["bugsnag"],
        near!("bugsnag", r"[0-9a-f]{32}\b|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("BUGSNAG_SECRET_KEY=", "aad0cb2d-6864-2235-e0c9-", "52f1e597b8b6")],
        &[concat!("BUGSNAG_SECRET_KEY=", "aad0cb2d-6864-2235-e0"), concat!("BUGSNAG_SECRET_KEY=", "aad0cb2d-686")],
    ),
    row(
        "airbrake-key",
        "Airbrake key",
        "Airbrake",
        &["airbrake"],
        near!("airbrake", r"[0-9a-f]{32}\b|[0-9a-f]{40}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("AIRBRAKE_SECRET_KEY=", "ecca8cdabb3b02b7c7f69261", "1c40700d2599882d")],
        &[concat!("AIRBRAKE_SECRET_KEY=", "ecca8cdabb3b02b7c7f69261"), concat!("AIRBRAKE_SECRET_KEY=", "ecca8cdabb3b0")],
    ),
    row(
        "raygun-key",
        "Raygun API key",
        "Raygun",
        &["raygun"],
        near!("raygun", r"[0-9A-Za-z]{22}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("RAYGUN_SECRET_KEY=", "uFLVoGCjsZBG24tBFmI1iL")],
        &[concat!("RAYGUN_SECRET_KEY=", "uFLVoGCjsZBG2"), concat!("RAYGUN_SECRET_KEY=", "uFLVoGC")],
    ),
    row(
        "appsignal-key",
        "AppSignal push key",
        "AppSignal",
        &["appsignal"],
        near!("appsignal", r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("APPSIGNAL_SECRET_KEY=", "10bd69fc-3374-e818-22ac-", "96ee49e66948")],
        &[concat!("APPSIGNAL_SECRET_KEY=", "10bd69fc-3374-e818-22"), concat!("APPSIGNAL_SECRET_KEY=", "10bd69fc-337")],
    ),
    row(
        "betterstack-token",
        "Better Stack token",
        "Better Stack",
        &["betterstack", "logtail", "better_"],
        near!("better[_ ]?(?:stack|uptime)|logtail", r"[0-9A-Za-z]{24}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("BETTERSTACK_SECRET_KEY=", "5jq10PLceoV6Xuj5d7pr0iIH")],
        &[concat!("BETTERSTACK_SECRET_KEY=", "5jq10PLceoV6Xu"), concat!("BETTERSTACK_SECRET_KEY=", "5jq10PLc")],
    ),
    row(
        "pingdom-token",
        "Pingdom API token",
        "SolarWinds",
        &["pingdom"],
        near!("pingdom", r"[\w-]{60,90}"),
    )
    .named()
    .entropy(4.0)
    .check(validate::opaque)
    .tried(
        &[concat!("PINGDOM_SECRET_KEY=", "NtnlgK4KEOCOqPAY7MzUNOg_", "DbjN056c0hpepIiZ4QnLEfiu", "RNyoCTrJF3lLq1ePO")],
        &[concat!("PINGDOM_SECRET_KEY=", "NtnlgK4KEOCOqPAY7MzUNOg_", "DbjN056c0hpepIi"), concat!("PINGDOM_SECRET_KEY=", "NtnlgK4KEOCOqPAY7MzUN")],
    ),
    row(
        "uptimerobot-key",
        "UptimeRobot API key",
        "UptimeRobot",
        &["uptimerobot"],
        near!("uptimerobot", r"[um]\d{6,8}-[0-9a-f]{24,32}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("UPTIMEROBOT_SECRET_KEY=", "u744726-ff84fd2cf310807a", "7328f9f57081c1b")],
        &[concat!("UPTIMEROBOT_SECRET_KEY=", "u744726-ff84fd2cf310807"), concat!("UPTIMEROBOT_SECRET_KEY=", "u744726-ff84f")],
    ),
    row(
        "checkly-key",
        "Checkly API key",
        "Checkly",
        &["checkly"],
        near!("checkly", r"(?:cu_)?[0-9a-f]{32}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("CHECKLY_SECRET_KEY=", "e2b68c48dc216cbfffbd5265", "80ae46ad")],
        &[concat!("CHECKLY_SECRET_KEY=", "e2b68c48dc216cbfffb"), concat!("CHECKLY_SECRET_KEY=", "e2b68c48dc")],
    ),
    row(
        "axiom-token",
        "Axiom token",
        "Axiom",
        &["xaat-", "xapt-"],
        r"\bxa(?:at|pt)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!("xapt-", "9bb438d5-a219-9398-0c69-", "80b75def9c64")],
        &[concat!("xapt-", "9bb438d5-a219-9398-"), concat!("xapt-", "...")],
    ),
    row(
        "coralogix-key",
        "Coralogix key",
        "Coralogix",
        &["cxtp_", "cxup_"],
        r"\bcx[tu]p_[0-9A-Za-z]{30}\b",
    )
    .entropy(3.3)
    .tried(
        &[concat!("cxtp_", "WwaV3C7NShSLpXwOypqxxY5R", "kgnfTx")],
        &[concat!("cxtp_", "WwaV3C7NShSLpXwO"), concat!("cxtp_", "...")],
    ),
    row(
        "posthog-key",
        "PostHog personal API key",
        "PostHog",
        &["phx_"],
        r"\bphx_[\w-]{40,60}",
    )
    .entropy(3.5)
    .tried(
        &[concat!("phx_", "KTC7EqEsO8EZDfJ52CMskQIy", "yP7XQLgzfop_Gzg7xRGLEM-3", "4CGLlMRU")],
        &[concat!("phx_", "KTC7EqEsO8EZDfJ52CMskQIy", "yP7XQLgz"), concat!("phx_", "...")],
    ),
    row(
        "posthog-project-key",
        "PostHog project key",
        "PostHog",
        &["phc_", "phs_"],
        r"\bph[cs]_[\w-]{40,60}",
    )
    .warn()
    .entropy(3.0)
    .tried(
        &[concat!("phs_", "q-bwJWo9eVOcfTVc7E4m5cv_", "UQ9ioL1FohFJwKBjZDg")],
        &[concat!("phs_", "q-bwJWo9eVOcfTVc7E4m5cv_"), concat!("phs_", "...")],
    ),
    row(
        "amplitude-key",
        "Amplitude API or secret key",
        "Amplitude",
        &["amplitude"],
        near!("amplitude", r"[0-9a-f]{32}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("AMPLITUDE_SECRET_KEY=", "21cc5f2c1634879db25d9d0b", "dc01166c")],
        &[concat!("AMPLITUDE_SECRET_KEY=", "21cc5f2c1634879db25"), concat!("AMPLITUDE_SECRET_KEY=", "21cc5f2c16")],
    ),
    row(
        "mixpanel-secret",
        "Mixpanel secret",
        "Mixpanel",
        &["mixpanel"],
        near!("mixpanel", r"[0-9a-f]{32}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("MIXPANEL_SECRET_KEY=", "36078578e5197779599f2553", "ef19e93c")],
        &[concat!("MIXPANEL_SECRET_KEY=", "36078578e5197779599"), concat!("MIXPANEL_SECRET_KEY=", "36078578e5")],
    ),
    row(
        "segment-write-key",
        "Segment write key or token",
        "Twilio",
        &["segment"],
        near!("segment", r"[0-9A-Za-z]{32}\b|[\w-]{43}\.[\w-]{43}"),
    )
    .named()
    .entropy(3.5)
    .check(validate::opaque)
    .tried(
        &[concat!("SEGMENT_SECRET_KEY=", "R3HzjK2sdp3TF9TurnI5cagI", "dpvEF5WP")],
        &[concat!("SEGMENT_SECRET_KEY=", "R3HzjK2sdp3TF9TurnI"), concat!("SEGMENT_SECRET_KEY=", "R3HzjK2sdp")],
    ),
    row(
        "segment-public-token",
        "Segment public API token",
        "Twilio",
        &["sgp_"],
        r"\bsgp_[0-9A-Za-z]{64}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!("sgp_", "52wKNUD6MguPPaTco7jjSFhW", "NjuZWaH0A3aJXYhGR35fEKpx", "JceJvV7ejue95alV")],
        &[concat!("sgp_", "52wKNUD6MguPPaTco7jjSFhW", "NjuZWaH0A3aJ"), concat!("sgp_", "...")],
    ),
    row(
        "launchdarkly-sdk-key",
        "LaunchDarkly SDK key",
        "LaunchDarkly",
        &["sdk-", "mob-"],
        r"\b(?:sdk|mob)-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!("sdk-", "fb5e6fbf-b302-45cc-9e71-", "c4f8703fb0c6")],
        &[concat!("sdk-", "fb5e6fbf-b302-45cc-9"), concat!("sdk-", "...")],
    ),
    row(
        "launchdarkly-access-token",
        "LaunchDarkly access token",
        "LaunchDarkly",
        &["api-"],
        r"\bapi-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!("api-", "b9aff31a-d4a3-4527-b1a6-", "371d987f06b0")],
        &[concat!("api-", "b9aff31a-d4a3-4527-b"), concat!("api-", "...")],
    ),
    row(
        "launchdarkly-near",
        "LaunchDarkly key next to its name",
        "LaunchDarkly",
        &["launchdarkly", "launch_darkly"],
        near!("launch_?darkly", r"(?:api-)?[0-9a-z\-]{36,40}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("LAUNCHDARKLY_SECRET_KEY=", "otrmtm2aah71pssvqbts-3dx", "klthjhpsya7org1")],
        &[concat!("LAUNCHDARKLY_SECRET_KEY=", "otrmtm2aah71pssvqbts-3d"), concat!("LAUNCHDARKLY_SECRET_KEY=", "otrmtm2aah71p")],
    ),
    row(
        "configcat-key",
        "ConfigCat SDK key",
        "ConfigCat",
        &["configcat"],
        r#"(?:configcat-sdk-\d/|(?i:configcat)[\w.\- ]{0,24}["\x27]?\s{0,3}[:=]\s{0,3}["\x27]?)[0-9A-Za-z_\-]{22}/[0-9A-Za-z_\-]{22}"#,
    )
    .entropy(3.8)
    .tried(
        &[concat!("configcat", "-sdk-1/3mMqVodlVSk_bNVC5", "o2PKS/yxOHErFQOltj-FtbrU", "P7oU")],
        &[concat!("configcat", "-sdk-1/3mMqVodlVSk_bNVC5", "o2P"), concat!("configcat", "...")],
    ),
    row(
        "statsig-key",
        "Statsig secret or console key",
        "Statsig",
        &["secret-", "console-"],
        r"\b(?:secret|console)-[0-9A-Za-z]{42,48}\b",
    )
    .entropy(4.0)
    .tried(
        &[concat!("secret-", "uzxYNYjmCRzUETuD9FfcFe0k", "xNzafWscwWYyduAvYN")],
        &[concat!("secret-", "uzxYNYjmCRzUETuD9FfcFe"), concat!("secret-", "...")],
    ),
    row(
        "unleash-token",
        "Unleash API token",
        "Unleash",
        &["development.", "production.", ":*.", "staging."],
        r"(?:\*|\bdefault):(?:development|production|staging|test|\*)\.[0-9a-f]{56,64}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!("default:production.0bb6e", "9fe54114ed22c943a9301ba5", "7e7faa8c9c8bd7ceb4ae6abc", "54d")],
        &[concat!("default:production.0bb6e", "9fe54114ed22c943a9301"), concat!("default:production.0bb6e", "9")],
    ),
    row(
        "flagsmith-key",
        "Flagsmith server-side key",
        "Flagsmith",
        &["ser."],
        r"\bser\.[0-9A-Za-z]{22}\b",
    )
    .entropy(3.8)
    .tried(
        &[concat!("ser.", "ix6RvJiIBHYXdsGHSg8PZH")],
        &[concat!("ser.", "ix6RvJiIBHY"), concat!("ser.", "...")],
    ),
    row(
        "wakatime-key",
        "WakaTime API key",
        "WakaTime",
        &["wakatime", "waka_"],
        near!("waka(?:[_ ]?time)?", r"(?:waka_)?(?:[0-9a-f]{36}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("WAKATIME_SECRET_KEY=waka_", "2081ca1d-a870-53a2-6711-", "8ab57030e56d")],
        &[concat!("WAKATIME_SECRET_KEY=waka_", "2081ca1d-a870-53a2-"), concat!("WAKATIME_SECRET_KEY=waka_", "...")],
    ),
];
