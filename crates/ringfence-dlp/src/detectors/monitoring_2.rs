//! Logs, metrics, errors, paging and feature flags. Continued.
use super::row::{near, row};
use super::validate;
use crate::detector::Detector;

pub(super) static ROWS: &[Detector] = &[
    row(
        "honeycomb-key",
        "Honeycomb ingest or management key",
        "Honeycomb",
        &["hcaik_", "hcxik_", "hcamk_", "hcxlk_", "hcalk_"],
        r"\bhc[abx](?:ik|mk|lk)_[0-9a-z]{32,70}\b",
    )
    .entropy(3.3)
    .tried(
        &[concat!(
            "hcamk_",
            "ea2luqqyeq8ktj8chsiujs9i",
            "mhgmdolc9txtsdgs3ayc12"
        )],
        &[
            concat!("hcamk_", "ea2luqqyeq8ktj8chsiujs9i", "m"),
            concat!("hcamk_", "..."),
        ],
    ),
    row(
        "honeycomb-legacy-key",
        "Honeycomb API key",
        "Honeycomb",
        &["honeycomb"],
        near!("honeycomb", r"[0-9A-Za-z]{22}\b|[0-9a-f]{32}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("HONEYCOMB_SECRET_KEY=", "zFi86BpUKzEqmnHuapO6nh")],
        &[
            concat!("HONEYCOMB_SECRET_KEY=", "zFi86BpUKzEqm"),
            concat!("HONEYCOMB_SECRET_KEY=", "zFi86Bp"),
        ],
    ),
    row(
        "dynatrace-token",
        "Dynatrace token",
        "Dynatrace",
        &["dt0c", "dt0s", "dt0a", "dt0e", "dt0p", "dt0r"],
        r"\bdt0[acerps]\d{2}\.[A-Z0-9]{8,24}\.[A-Z0-9]{64}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "dt0c",
            "01.JDK74H6BJE4376424EJD2",
            "3FG.7DR5VRLN4P3T5LJFMAQ6",
            "BMVE434FAP44C6AF4OEWVMHJ",
            "3WN5J7B2UWPFCQRTFDQ5"
        )],
        &[
            concat!(
                "dt0c",
                "01.JDK74H6BJE4376424EJD2",
                "3FG.7DR5VRLN4P3T5LJFMAQ6",
                "BMVE4"
            ),
            concat!("dt0c", "..."),
        ],
    ),
    row(
        "pagerduty-key",
        "PagerDuty API key",
        "PagerDuty",
        &["pagerduty", "token=u+", "pdkey"],
        r"\bu\+[\w+\-]{18}",
    )
    .entropy(3.5)
    .tried(
        &[concat!("pagerduty_key=", "u+XDQwzVSDdIJWIjYTyv")],
        &[
            concat!("pagerduty_key=", "u+XDQwzVSDdI"),
            concat!("pagerduty_key=", "u+XDQw"),
        ],
    ),
    row(
        "pagerduty-integration-key",
        "PagerDuty integration key",
        "PagerDuty",
        &["pagerduty"],
        near!("pagerduty", r"[0-9a-f]{32}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "PAGERDUTY_SECRET_KEY=",
            "40a0547ea980546a067ad697",
            "0a561019"
        )],
        &[
            concat!("PAGERDUTY_SECRET_KEY=", "40a0547ea980546a067"),
            concat!("PAGERDUTY_SECRET_KEY=", "40a0547ea9"),
        ],
    ),
    row(
        "opsgenie-key",
        "Opsgenie API key",
        "Atlassian",
        &["opsgenie"],
        near!(
            "opsgenie",
            r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"
        ),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "OPSGENIE_SECRET_KEY=",
            "e37bf2c0-88b5-5850-afaa-",
            "88be51a2cad7"
        )],
        &[
            concat!("OPSGENIE_SECRET_KEY=", "e37bf2c0-88b5-5850-af"),
            concat!("OPSGENIE_SECRET_KEY=", "e37bf2c0-88b"),
        ],
    ),
    row(
        "statuspage-key",
        "Statuspage API key",
        "Atlassian",
        &["statuspage"],
        near!(
            "statuspage",
            r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|[0-9a-f]{64}\b"
        ),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "STATUSPAGE_SECRET_KEY=",
            "df819bdd49bd76ff690d29bf",
            "894d87495269d7fb777a23a8",
            "295ada3202153492"
        )],
        &[
            concat!(
                "STATUSPAGE_SECRET_KEY=",
                "df819bdd49bd76ff690d29bf",
                "894d87495269d7"
            ),
            concat!("STATUSPAGE_SECRET_KEY=", "df819bdd49bd76ff690d2"),
        ],
    ),
    row(
        "sumologic-access-id",
        "Sumo Logic access id",
        "Sumo Logic",
        &["sumo"],
        r#"(?i:sumo)[\w.\- ]{0,24}["\x27]?\s{0,3}[:=]\s{0,3}["\x27]?(su[0-9A-Za-z]{12})\b"#,
    )
    .named()
    .entropy(3.0)
    .tried(
        &[concat!("SUMO_ACCESS_ID=", "sugh6X08q3wapF")],
        &[
            concat!("SUMO_ACCESS_ID=", "sugh6X08"),
            concat!("SUMO_ACCESS_ID=", "sugh"),
        ],
    ),
    row(
        "sumologic-access-key",
        "Sumo Logic access key",
        "Sumo Logic",
        &["sumo"],
        near!("sumo", r"[0-9A-Za-z]{64}\b"),
    )
    .named()
    .entropy(3.8)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "SUMO_SECRET_KEY=",
            "FTgmDFhZl4notmaD4GSMvI7A",
            "irx8blBLyOxHMaduatn4uRcH",
            "vlkTb6dIu65NPqyU"
        )],
        &[
            concat!(
                "SUMO_SECRET_KEY=",
                "FTgmDFhZl4notmaD4GSMvI7A",
                "irx8blBLyOxHMa"
            ),
            concat!("SUMO_SECRET_KEY=", "FTgmDFhZl4notmaD4GSMv"),
        ],
    ),
    row(
        "splunk-hec-token",
        "Splunk HTTP event collector token",
        "Splunk",
        &["Splunk "],
        r"Authorization:\s{0,2}Splunk\s+([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\b",
    )
    .named()
    .entropy(3.0)
    .tried(
        &[concat!(
            "Authorization: Splunk ",
            "ee870e71-1c31-4840-a3e6-",
            "11ae8f47fd41"
        )],
        &[
            concat!("Authorization: Splunk ", "ee870e71-1c31-4840-a3"),
            concat!("Authorization: Splunk ", "ee870e71-1c3"),
        ],
    ),
    row(
        "splunk-token",
        "Splunk token",
        "Splunk",
        &["splunk"],
        near!(
            "splunk",
            r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"
        ),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "SPLUNK_SECRET_KEY=",
            "523a0144-4bf7-0030-45e7-",
            "f63c43f324ec"
        )],
        &[
            concat!("SPLUNK_SECRET_KEY=", "523a0144-4bf7-0030-45"),
            concat!("SPLUNK_SECRET_KEY=", "523a0144-4bf"),
        ],
    ),
    row(
        "loggly-token",
        "Loggly token",
        "SolarWinds",
        &["loggly"],
        near!(
            "loggly",
            r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"
        ),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "LOGGLY_SECRET_KEY=",
            "9b07cdb9-83f3-bff9-d0f5-",
            "f48b908ce1c3"
        )],
        &[
            concat!("LOGGLY_SECRET_KEY=", "9b07cdb9-83f3-bff9-d0"),
            concat!("LOGGLY_SECRET_KEY=", "9b07cdb9-83f"),
        ],
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
        &[concat!(
            "LOGDNA_SECRET_KEY=",
            "e0fef91c03ddf42171630b70",
            "7eeba9c8"
        )],
        &[
            concat!("LOGDNA_SECRET_KEY=", "e0fef91c03ddf421716"),
            concat!("LOGDNA_SECRET_KEY=", "e0fef91c03"),
        ],
    ),
    row(
        "logzio-token",
        "Logz.io token",
        "Logz.io",
        &["logz"],
        near!(
            "logz",
            r"[0-9A-Za-z]{32}\b|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"
        ),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "LOGZ_SECRET_KEY=",
            "b936fdf0-57ed-2443-4660-",
            "850174e651b1"
        )],
        &[
            concat!("LOGZ_SECRET_KEY=", "b936fdf0-57ed-2443-46"),
            concat!("LOGZ_SECRET_KEY=", "b936fdf0-57e"),
        ],
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
        &[concat!("PAPERTRAIL_SECRET_KEY=", "DturJ0a6GqYHAMEIYz1x")],
        &[
            concat!("PAPERTRAIL_SECRET_KEY=", "DturJ0a6GqYH"),
            concat!("PAPERTRAIL_SECRET_KEY=", "DturJ0"),
        ],
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
        &[concat!(
            "ROLLBAR_SECRET_KEY=",
            "b1d22820a81ce89da7764b77",
            "c1ffe390"
        )],
        &[
            concat!("ROLLBAR_SECRET_KEY=", "b1d22820a81ce89da77"),
            concat!("ROLLBAR_SECRET_KEY=", "b1d22820a8"),
        ],
    ),
    row(
        "bugsnag-key",
        "Bugsnag API key",
        "SmartBear",
        &["bugsnag"],
        near!(
            "bugsnag",
            r"[0-9a-f]{32}\b|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"
        ),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "BUGSNAG_SECRET_KEY=",
            "3e47b669-2e7a-8a6e-fb13-",
            "a64a25ceb62c"
        )],
        &[
            concat!("BUGSNAG_SECRET_KEY=", "3e47b669-2e7a-8a6e-fb"),
            concat!("BUGSNAG_SECRET_KEY=", "3e47b669-2e7"),
        ],
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
        &[concat!(
            "AIRBRAKE_SECRET_KEY=",
            "ae727a02037295e10b3cb3cb",
            "64b45324"
        )],
        &[
            concat!("AIRBRAKE_SECRET_KEY=", "ae727a02037295e10b3"),
            concat!("AIRBRAKE_SECRET_KEY=", "ae727a0203"),
        ],
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
        &[concat!("RAYGUN_SECRET_KEY=", "KpnQH73ZowxvbSWXoUPgzO")],
        &[
            concat!("RAYGUN_SECRET_KEY=", "KpnQH73Zowxvb"),
            concat!("RAYGUN_SECRET_KEY=", "KpnQH73"),
        ],
    ),
    row(
        "appsignal-key",
        "AppSignal push key",
        "AppSignal",
        &["appsignal"],
        near!(
            "appsignal",
            r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"
        ),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "APPSIGNAL_SECRET_KEY=",
            "17ce29bf-ad6d-20e5-a81b-",
            "ebf09dd571c3"
        )],
        &[
            concat!("APPSIGNAL_SECRET_KEY=", "17ce29bf-ad6d-20e5-a8"),
            concat!("APPSIGNAL_SECRET_KEY=", "17ce29bf-ad6"),
        ],
    ),
];
