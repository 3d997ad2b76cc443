//! Logs, metrics, errors, paging and feature flags.
use super::row::{near, row};
use super::validate;
use crate::detector::Detector;

pub(super) static ROWS: &[Detector] = &[
    row(
        "datadog-api-key",
        "Datadog API key",
        "Datadog",
        &["datadog", "dd_api", "dd-api", "ddapi"],
        near!("datadog|dd", r"[0-9a-f]{32}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "DATADOG_SECRET_KEY=",
            "4403e17af377cd49bb1850a3",
            "4314e7ab"
        )],
        &[
            concat!("DATADOG_SECRET_KEY=", "4403e17af377cd49bb1"),
            concat!("DATADOG_SECRET_KEY=", "4403e17af3"),
        ],
    ),
    row(
        "datadog-app-key",
        "Datadog application key",
        "Datadog",
        &["datadog", "dd_app", "dd-app", "dd_secret"],
        near!("datadog|dd", r"[0-9a-f]{40}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "DATADOG_SECRET_KEY=",
            "f4bfc9d32dd81832f8a00674",
            "4e7d450dea268274"
        )],
        &[
            concat!("DATADOG_SECRET_KEY=", "f4bfc9d32dd81832f8a00674"),
            concat!("DATADOG_SECRET_KEY=", "f4bfc9d32dd81"),
        ],
    ),
    row(
        "datadog-prefixed-key",
        "Datadog application key or access token with prefix",
        "Datadog",
        &["ddapp_", "ddpat_", "ddsat_"],
        r"\bdd(?:app|pat|sat)_[0-9A-Za-z_]{34,}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "ddsat_",
            "oXisUod8cAjCOm97XIJpyuTJ",
            "fHDFY_NhOOWR"
        )],
        &[
            concat!("ddsat_", "oXisUod8cAjCOm97XIJ"),
            concat!("ddsat_", "..."),
        ],
    ),
    row(
        "datadog-client-token",
        "Datadog client token",
        "Datadog",
        &["datadog", "dd_client", "dd_rum"],
        r#"(?i:datadog|dd)[\w.\- ]{0,24}["\x27]?\s{0,3}[:=]\s{0,3}["\x27]?(pub[0-9a-f]{32})\b"#,
    )
    .warn()
    .named()
    .entropy(3.0)
    .tried(
        &[concat!(
            "DATADOG_RUM_TOKEN=",
            "pubf90b4bd21d45654fd8129",
            "dd193d23757"
        )],
        &[
            concat!("DATADOG_RUM_TOKEN=", "pubf90b4bd21d45654fd8"),
            concat!("DATADOG_RUM_TOKEN=", "pubf90b4bd2"),
        ],
    ),
    row(
        "newrelic-user-key",
        "New Relic user key",
        "New Relic",
        &["NRAK-"],
        r"\bNRAK-[0-9A-Z]{27}\b",
    )
    .entropy(3.3)
    .tried(
        &[concat!("NRAK-", "DP8VH7BUPEK8V3TJBGIOZ9IJ", "HG1")],
        &[concat!("NRAK-", "DP8VH7BUPEK8V3"), concat!("NRAK-", "...")],
    ),
    row(
        "newrelic-license-key",
        "New Relic licence key",
        "New Relic",
        &["NRAL"],
        r"\b[0-9a-f]{36}NRAL\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!("e18b61ce9e5c0a0ac9e277f7", "621887a03379NRAL")],
        &["e18b61ce9e5c0a0ac9e277f7", "e18b61ce9e5c0"],
    ),
    row(
        "newrelic-insights-key",
        "New Relic Insights key",
        "New Relic",
        &["NRII-", "NRIQ-"],
        r"\bNRI[IQ]-[\w-]{32}",
    )
    .entropy(3.5)
    .tried(
        &[concat!("NRII-", "t6YsHjqMC1zXr3ehtw0FAnrm", "5alSWZYi")],
        &[
            concat!("NRII-", "t6YsHjqMC1zXr3eht"),
            concat!("NRII-", "..."),
        ],
    ),
    row(
        "newrelic-rest-key",
        "New Relic REST or admin key",
        "New Relic",
        &["NRRA-", "NRAA-"],
        r"\bNR[RA]A-[0-9a-f]{27,42}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!(
            "NRRA-",
            "ebfa398e52ec71017d4216fa",
            "ea36125ad8ed26"
        )],
        &[
            concat!("NRRA-", "ebfa398e52ec71017d42"),
            concat!("NRRA-", "..."),
        ],
    ),
    row(
        "newrelic-browser-key",
        "New Relic browser or mobile token",
        "New Relic",
        &["NRJS-", "NRMA"],
        r"\bNRJS-[0-9a-f]{19}\b|\bAA[0-9a-f]{40}-NRMA\b",
    )
    .warn()
    .entropy(2.8)
    .tried(
        &[concat!("NRJS-", "0e0179a18b4e020ec7c")],
        &[concat!("NRJS-", "0e0179a18"), concat!("NRJS-", "...")],
    ),
    row(
        "newrelic-legacy-key",
        "New Relic licence key (40 hexadecimal digits)",
        "New Relic",
        &["newrelic", "new_relic", "license_key"],
        near!("new[_ ]?relic|license", r"[0-9a-f]{40}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "NEWRELIC_SECRET_KEY=",
            "a0772c51fe1dd4b32e9dbf9b",
            "d7f20d33ab64165d"
        )],
        &[
            concat!("NEWRELIC_SECRET_KEY=", "a0772c51fe1dd4b32e9dbf9b"),
            concat!("NEWRELIC_SECRET_KEY=", "a0772c51fe1dd"),
        ],
    ),
    row(
        "newrelic-pixie",
        "New Relic Pixie key",
        "New Relic",
        &["px-api-", "px-dep-"],
        r"\bpx-(?:api|dep)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!(
            "px-dep-",
            "88b5ae0f-28e3-98ca-f653-",
            "943fa52ab8e2"
        )],
        &[
            concat!("px-dep-", "88b5ae0f-28e3-98ca"),
            concat!("px-dep-", "..."),
        ],
    ),
    row(
        "grafana-service-account",
        "Grafana service account token",
        "Grafana",
        &["glsa_"],
        r"\bglsa_[0-9A-Za-z]{32}_[0-9a-f]{8}\b",
    )
    .check(validate::grafana_crc32)
    .tried(
        &[concat!(
            "glsa_",
            "VTOumnSzlFjZT2bPwWgBobQy",
            "SNj7DqMN_67755690"
        )],
        &[
            concat!("glsa_", "VTOumnSzlFjZT2bPwW7BobQy", "SNj7DqMN_67755690"),
            concat!("glsa_", "VTOumnSzlFjZT2bPwWgBob"),
        ],
    ),
    row(
        "grafana-service-account-unverified",
        "Grafana service account token whose checksum does not hold",
        "Grafana",
        &["glsa_"],
        r"\bglsa_[0-9A-Za-z]{32}_[0-9A-Fa-f]{8}\b",
    )
    .warn()
    .entropy(3.5)
    .tried(
        &[concat!(
            "glsa_",
            "nXgKRumLx4m2crUvbPpJynQ2",
            "b5LymqvI_e8bD512E"
        )],
        &[
            concat!("glsa_", "nXgKRumLx4m2crUvbPpJyn"),
            concat!("glsa_", "..."),
        ],
    ),
    row(
        "grafana-cloud-token",
        "Grafana Cloud access policy token",
        "Grafana",
        &["glc_"],
        r"\bglc_[0-9A-Za-z+/]{40,}={0,2}",
    )
    .entropy(3.8)
    .tried(
        &[concat!(
            "glc_",
            "Vd66AWFiyBL0s6Tw+NLyWcjX",
            "i7B4MdggLeK8BXShlC3m=="
        )],
        &[
            concat!("glc_", "Vd66AWFiyBL0s6Tw+NLyWcjX", "i7"),
            concat!("glc_", "..."),
        ],
    ),
    row(
        "grafana-legacy-key",
        "Grafana API key",
        "Grafana",
        &["eyJrIjoi"],
        r"\b(eyJrIjoi[0-9A-Za-z+/]{60,}={0,2})",
    )
    .named()
    .check(validate::json_base64)
    .tried(
        &[concat!(
            "eyJrIjoi",
            "UDlJRnp2NUU1ZW9Ta3p2QTZo",
            "N1BOY0hUNzl2blFuY3QiLCJu",
            "Ijoia2V5IiwiaWQiOjF9"
        )],
        &[
            concat!("eyJrIjoi", "UDlJRnp2NUU1ZW9Ta3p2QTZo", "N1BOY0hUNzl2b"),
            concat!("eyJrIjoi", "..."),
        ],
    ),
    row(
        "sentry-user-token",
        "Sentry user token",
        "Sentry",
        &["sntryu_"],
        r"\bsntryu_[0-9a-f]{64}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!(
            "sntryu_",
            "3d22624e3d9fdea624532e2b",
            "b8896205e54a0134a3585de4",
            "6c39fa83c375e793"
        )],
        &[
            concat!("sntryu_", "3d22624e3d9fdea624532e2b", "b8896205e54"),
            concat!("sntryu_", "..."),
        ],
    ),
    row(
        "sentry-org-token",
        "Sentry organisation token",
        "Sentry",
        &["sntrys_"],
        r"\bsntrys_eyJ[0-9A-Za-z+/=]{60,}_[0-9A-Za-z+/]{43}",
    )
    .entropy(4.0)
    .tried(
        &[concat!(
            "sntrys_",
            "eyJmFdf/CpOrX3GzYmJY5VoA",
            "9cOZK7HYlGMXkGetNew43DV5",
            "QZC/zKFQtQZbgBQjbXq4OY6_",
            "DDunBpwPkbpZ5YtoKF+Oe72Z",
            "YJkxxOLfF4FPkE1KE7X"
        )],
        &[
            concat!(
                "sntrys_",
                "eyJmFdf/CpOrX3GzYmJY5VoA",
                "9cOZK7HYlGMXkGetNew43DV5",
                "QZC/zKFQtQZbgBQjbX"
            ),
            concat!("sntrys_", "..."),
        ],
    ),
    row(
        "sentry-integration-token",
        "Sentry integration token",
        "Sentry",
        &["sntryi_", "sntrya_"],
        r"\bsntry[ia]_[0-9a-f]{64}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!(
            "sntrya_",
            "5b1f2ebbe943b092632c7381",
            "cfe6484831a5a5e0bfcb8c2e",
            "1ae8eaf60bbd2eb8"
        )],
        &[
            concat!("sntrya_", "5b1f2ebbe943b092632c7381", "cfe6484831a"),
            concat!("sntrya_", "..."),
        ],
    ),
    row(
        "sentry-legacy-token",
        "Sentry token (64 hexadecimal digits)",
        "Sentry",
        &["sentry"],
        near!("sentry", r"[0-9a-f]{64}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "SENTRY_SECRET_KEY=",
            "ea6b811a00a2ce5cff778d25",
            "e630bbed7880d4d1c103e4e8",
            "7580d22bc2a49efb"
        )],
        &[
            concat!(
                "SENTRY_SECRET_KEY=",
                "ea6b811a00a2ce5cff778d25",
                "e630bbed7880d4"
            ),
            concat!("SENTRY_SECRET_KEY=", "ea6b811a00a2ce5cff778"),
        ],
    ),
    row(
        "sentry-dsn-secret",
        "Sentry DSN",
        "Sentry",
        &["sentry.io/", "ingest"],
        r"https://([0-9a-f]{32}(?::[0-9a-f]{32})?)@[\w.\-]{1,60}/\d{1,20}\b",
    )
    .warn()
    .named()
    .entropy(3.0)
    .tried(
        &[concat!(
            "https://",
            "5a92136ffef852bb83b48259",
            "559dcc83@o1.ingest.sentr",
            "y.io/12345"
        )],
        &[
            concat!("https://", "5a92136ffef852bb83b"),
            concat!("https://", "5a92136ffe"),
        ],
    ),
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
            "hcxik_",
            "rz1mrfq5ssvcfqt2w2jjc9dn",
            "6mn7xcejxdx4y7oiu6ff0k0b",
            "on4a"
        )],
        &[
            concat!("hcxik_", "rz1mrfq5ssvcfqt2w2jjc9dn", "6mn7"),
            concat!("hcxik_", "..."),
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
        &[concat!(
            "HONEYCOMB_SECRET_KEY=",
            "3db1bfe5424f1ba7075e2b98",
            "1d985ccb"
        )],
        &[
            concat!("HONEYCOMB_SECRET_KEY=", "3db1bfe5424f1ba7075"),
            concat!("HONEYCOMB_SECRET_KEY=", "3db1bfe542"),
        ],
    ),
    row(
        "dynatrace-token",
        "Dynatrace token",
        "Dynatrace",
        &[
            "dt0c01.", "dt0s01.", "dt0s02.", "dt0s08.", "dt0a01.", "dt0e01.", "dt0p01.", "dt0s03.",
            "dt0s06.", "dt0s09.", "dt0s16.", "dt0r01.",
        ],
        r"\bdt0[a-z]\d{2}\.[A-Z0-9]{8,24}\.[A-Z0-9]{64}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "dt0c01.",
            "CFBBHH475F6HBJ24DBDK4A4H",
            ".AUVW7757JEAWO2BML7EVJJS",
            "TNK6O43OTPSHS4PCGD4VA6HS",
            "TRDG4Q7FOVLQP7VEA"
        )],
        &[
            concat!(
                "dt0c01.",
                "CFBBHH475F6HBJ24DBDK4A4H",
                ".AUVW7757JEAWO2BML7EVJJS",
                "TN"
            ),
            concat!("dt0c01.", "..."),
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
        &[concat!("pagerduty_key=", "u+dvxhUaBelGPKs2V70S")],
        &[
            concat!("pagerduty_key=", "u+dvxhUaBelG"),
            concat!("pagerduty_key=", "u+dvxh"),
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
            "63297acdab322b672e792a7c",
            "8af935f5"
        )],
        &[
            concat!("PAGERDUTY_SECRET_KEY=", "63297acdab322b672e7"),
            concat!("PAGERDUTY_SECRET_KEY=", "63297acdab"),
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
            "f37e4df6-c82b-2b03-69a7-",
            "fd45afd45fcc"
        )],
        &[
            concat!("OPSGENIE_SECRET_KEY=", "f37e4df6-c82b-2b03-69"),
            concat!("OPSGENIE_SECRET_KEY=", "f37e4df6-c82"),
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
            "f3084c8a-9fff-1d01-5ded-",
            "a6c742437748"
        )],
        &[
            concat!("STATUSPAGE_SECRET_KEY=", "f3084c8a-9fff-1d01-5d"),
            concat!("STATUSPAGE_SECRET_KEY=", "f3084c8a-9ff"),
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
        &[concat!("SUMO_ACCESS_ID=", "sutgJayqX4mD4h")],
        &[
            concat!("SUMO_ACCESS_ID=", "sutgJayq"),
            concat!("SUMO_ACCESS_ID=", "sutg"),
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
            "2gvFgXDObpt74mImwPB2rkBx",
            "7FcYhlnkPU5uEexUfs7cjECD",
            "MqUGnkiZAeZuLPsp"
        )],
        &[
            concat!(
                "SUMO_SECRET_KEY=",
                "2gvFgXDObpt74mImwPB2rkBx",
                "7FcYhlnkPU5uEe"
            ),
            concat!("SUMO_SECRET_KEY=", "2gvFgXDObpt74mImwPB2r"),
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
            "692abfd3-f6d3-42fe-a57c-",
            "42aacc4e2326"
        )],
        &[
            concat!("Authorization: Splunk ", "692abfd3-f6d3-42fe-a5"),
            concat!("Authorization: Splunk ", "692abfd3-f6d"),
        ],
    ),
];
