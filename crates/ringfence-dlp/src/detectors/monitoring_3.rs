//! Logs, metrics, errors, paging and feature flags. Continued.
use super::row::{near, row};
use super::validate;
use crate::detector::Detector;

pub(super) static ROWS: &[Detector] = &[
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
        &[concat!("BETTERSTACK_SECRET_KEY=", "FiYNsg9NcgMbfnqJYM81ix21")],
        &[concat!("BETTERSTACK_SECRET_KEY=", "FiYNsg9NcgMbfn"), concat!("BETTERSTACK_SECRET_KEY=", "FiYNsg9N")],
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
        &[concat!("PINGDOM_SECRET_KEY=", "0UJ5neGyykSDulOXB2Ei_uo2", "rPnoXE_xkJvo24sSy6eG5vbQ", "4_UpMZPXfvaTfwVcla5-ua7v", "_wztwMrE")],
        &[concat!("PINGDOM_SECRET_KEY=", "0UJ5neGyykSDulOXB2Ei_uo2", "rPnoXE_xkJvo24sSy6eG5vbQ"), concat!("PINGDOM_SECRET_KEY=", "0UJ5neGyykSDulOXB2Ei_uo2", "rP")],
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
        &[concat!("UPTIMEROBOT_SECRET_KEY=", "m418386-eb0a4c1ab48cf6b8", "c7749b7a618")],
        &[concat!("UPTIMEROBOT_SECRET_KEY=", "m418386-eb0a4c1ab48cf"), concat!("UPTIMEROBOT_SECRET_KEY=", "m418386-eb0")],
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
        &[concat!("CHECKLY_SECRET_KEY=", "86ce527fc199656c9c3f499c", "22c7f0a6")],
        &[concat!("CHECKLY_SECRET_KEY=", "86ce527fc199656c9c3"), concat!("CHECKLY_SECRET_KEY=", "86ce527fc1")],
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
        &[concat!("xapt-", "f1f2f2d0-75d4-cfb4-62a1-", "5ebef66cb11d")],
        &[concat!("xapt-", "f1f2f2d0-75d4-cfb4-"), concat!("xapt-", "...")],
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
        &[concat!("cxup_", "yzm4ojY9hgtyi4sDDkMFTBJu", "kScRAi")],
        &[concat!("cxup_", "yzm4ojY9hgtyi4sD"), concat!("cxup_", "...")],
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
        &[concat!("phx_", "pPE6x51ZAZSG_3I71dJsxlH2", "nhgIVN5Y72g9AviznLKU7zrM", "GKqKZYx")],
        &[concat!("phx_", "pPE6x51ZAZSG_3I71dJsxlH2", "nhgIVN5"), concat!("phx_", "...")],
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
        &[concat!("phs_", "QI3k-zJ_AXptASWNaGRIbVcu", "bXEUmd-adoFDFzuiM-dpuP")],
        &[concat!("phs_", "QI3k-zJ_AXptASWNaGRIbVcu", "bX"), concat!("phs_", "...")],
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
        &[concat!("AMPLITUDE_SECRET_KEY=", "1e7eb29237ab67a3f672c92b", "2bc9a4f6")],
        &[concat!("AMPLITUDE_SECRET_KEY=", "1e7eb29237ab67a3f67"), concat!("AMPLITUDE_SECRET_KEY=", "1e7eb29237")],
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
        &[concat!("MIXPANEL_SECRET_KEY=", "e6596bbcd62bf38c409a0f39", "4a6dade4")],
        &[concat!("MIXPANEL_SECRET_KEY=", "e6596bbcd62bf38c409"), concat!("MIXPANEL_SECRET_KEY=", "e6596bbcd6")],
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
        &[concat!("SEGMENT_SECRET_KEY=", "bQwPSHbCp8wu93piBzAYpfdB", "RLMga9oO-P4E1T5RfJ7.jJ8M", "LFmNzurrfP_TdJQI64jeoal3", "y9uCMNhQoJv3PQu")],
        &[concat!("SEGMENT_SECRET_KEY=", "bQwPSHbCp8wu93piBzA"), concat!("SEGMENT_SECRET_KEY=", "bQwPSHbCp8")],
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
        &[concat!("sgp_", "9YUh69hLZ8Wo6V6a95niShde", "xsyFoUutR73vLFFeVICbljGt", "E6Nda4bNQ2p2WSnD")],
        &[concat!("sgp_", "9YUh69hLZ8Wo6V6a95niShde", "xsyFoUutR73v"), concat!("sgp_", "...")],
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
        &[concat!("sdk-", "27515c32-d7b5-4e4a-bf14-", "0a1d6025916f")],
        &[concat!("sdk-", "27515c32-d7b5-4e4a-b"), concat!("sdk-", "...")],
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
        &[concat!("api-", "6d81e7c6-7450-4858-85a5-", "3d0190c5aec5")],
        &[concat!("api-", "6d81e7c6-7450-4858-8"), concat!("api-", "...")],
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
        &[concat!("LAUNCHDARKLY_SECRET_KEY=", "api-jermg8h8gt98e97eaay8", "56g639d5-ybl21wts0")],
        &[concat!("LAUNCHDARKLY_SECRET_KEY=", "api-jermg8h8gt98e97eaay8", "5"), concat!("LAUNCHDARKLY_SECRET_KEY=", "api-jermg8h8gt")],
    ),
    row(
        "configcat-key",
        "ConfigCat SDK key",
        "ConfigCat",
        &["configcat"],
        r#"(?:configcat-sdk-\d/|(?i:configcat)[\w.\- ]{0,24}["\x27]?\s{0,3}[:=]\s{0,3}["\x27]?)([0-9A-Za-z_\-]{22}/[0-9A-Za-z_\-]{22})"#,
    )
    .named()
    .entropy(3.8)
    .tried(
        &[concat!("configcat-sdk-1/", "n2HWgLJ8iGpumpLKd57tLA/l", "OBzZHJtzMQnrD3lXPNy3j")],
        &[concat!("configcat-sdk-1/", "n2HWgLJ8iGpumpLKd57tLA/l", "OBz"), concat!("configcat-sdk-1/", "n2HWgLJ8iGpumpL")],
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
        &[concat!("secret-", "zsUuifmj9jUNrbhXpKE9t1FV", "Rt1cveBiVpdwykVD0D5YYxCu")],
        &[concat!("secret-", "zsUuifmj9jUNrbhXpKE9t1FV", "Rt"), concat!("secret-", "...")],
    ),
    row(
        "unleash-token",
        "Unleash API token",
        "Unleash",
        &["development.", "production.", ":*.", "staging."],
        r"(?:\*|\bdefault):((?:development|production|staging)\.[0-9a-f]{56,64})\b",
    )
    .named()
    .entropy(3.0)
    .tried(
        &[concat!("default:production.", "92d9ca30efee3feb6618e671", "a93b3c684c182a98fca76be6", "1560e2b6ef09")],
        &[concat!("default:production.", "92d9ca30efee3feb6618e671", "a93b3c6"), concat!("default:production.", "...")],
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
        &[concat!("ser.", "mN1ANhDkywrueakRLIdgL5")],
        &[concat!("ser.", "mN1ANhDkywr"), concat!("ser.", "...")],
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
        &[concat!("WAKATIME_SECRET_KEY=waka_", "27a061bb-9467-fd9b-a32f-", "620ac4e3cdef")],
        &[concat!("WAKATIME_SECRET_KEY=waka_", "27a061bb-9467-fd9b-"), concat!("WAKATIME_SECRET_KEY=waka_", "...")],
    ),
];
