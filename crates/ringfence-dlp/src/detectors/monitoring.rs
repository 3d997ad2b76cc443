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
            "c32458ac68deb845a33bff0e",
            "58a4371d"
        )],
        &[
            concat!("DATADOG_SECRET_KEY=", "c32458ac68deb845a33"),
            concat!("DATADOG_SECRET_KEY=", "c32458ac68"),
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
            "c49734cc1a41dbf7c00017a8",
            "a8fd4c3e11493b6e"
        )],
        &[
            concat!("DATADOG_SECRET_KEY=", "c49734cc1a41dbf7c00017a8"),
            concat!("DATADOG_SECRET_KEY=", "c49734cc1a41d"),
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
        &[concat!("ddpat_", "iQ73JlBgQPH8pJ9arC_m9aln", "sQzGFdjSLz")],
        &[
            concat!("ddpat_", "iQ73JlBgQPH8pJ9arC"),
            concat!("ddpat_", "..."),
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
            "pubbcfb71e2963fd999b6895",
            "d7b7b23384c"
        )],
        &[
            concat!("DATADOG_RUM_TOKEN=", "pubbcfb71e2963fd999b6"),
            concat!("DATADOG_RUM_TOKEN=", "pubbcfb71e2"),
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
        &[concat!("NRAK-", "N0XPUI8MSOM6838N6M1RZXDX", "B2H")],
        &[concat!("NRAK-", "N0XPUI8MSOM683"), concat!("NRAK-", "...")],
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
        &[concat!("50e1abe85e5a91198e8e978b", "d26b86d64f64NRAL")],
        &["50e1abe85e5a91198e8e978b", "50e1abe85e5a9"],
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
        &[concat!("NRIQ-", "4UCo_UfqYD3F_IKvpnzR0En5", "wChbim8H")],
        &[
            concat!("NRIQ-", "4UCo_UfqYD3F_IKvp"),
            concat!("NRIQ-", "..."),
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
        &[concat!("NRAA-", "86570fc578aff0ac4c5b4231", "a4a")],
        &[concat!("NRAA-", "86570fc578aff0"), concat!("NRAA-", "...")],
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
        &[concat!(
            "AAeb97733f4aca512922cbd9",
            "2ad8989fa872a67f6b-NRMA"
        )],
        &[
            concat!("AAeb97733f4aca512922cbd9", "2ad8"),
            "AAeb97733f4aca5",
        ],
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
            "5901f5271ee50c6832c357ea",
            "64f688c9bc3eeb4c"
        )],
        &[
            concat!("NEWRELIC_SECRET_KEY=", "5901f5271ee50c6832c357ea"),
            concat!("NEWRELIC_SECRET_KEY=", "5901f5271ee50"),
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
            "f5e959fe-95ae-3642-9844-",
            "8780c911f028"
        )],
        &[
            concat!("px-dep-", "f5e959fe-95ae-3642"),
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
            "KMipcvqZD4befVxF2dXrm1Fn",
            "79As6SKK_568ab859"
        )],
        &[
            concat!("glsa_", "KMipcvqZD4befVxF2d7rm1Fn", "79As6SKK_568ab859"),
            concat!("glsa_", "KMipcvqZD4befVxF2dXrm1"),
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
            "nERUQGduT7ZWZq3vc0wsBGd7",
            "mYSHvDky_7200dE72"
        )],
        &[
            concat!("glsa_", "nERUQGduT7ZWZq3vc0wsBG"),
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
            "xXKzWxeVNclhpAJ6MH0zLVaE",
            "I0jVcg5Fd4pzvprZL8=="
        )],
        &[
            concat!("glc_", "xXKzWxeVNclhpAJ6MH0zLVaE"),
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
            "VnY3SUlJcHY5aXhOcjdpR3Zh",
            "RDBnSEF2TjNxbzVBcm8iLCJu",
            "Ijoia2V5IiwiaWQiOjF9"
        )],
        &[
            concat!("eyJrIjoi", "VnY3SUlJcHY5aXhOcjdpR3Zh", "RDBnSEF2TjNxb"),
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
            "b1aa0ddbf7001a0f5aa6816d",
            "352cb6ec8fb94a917afc50fb",
            "8928ff14abac73f2"
        )],
        &[
            concat!("sntryu_", "b1aa0ddbf7001a0f5aa6816d", "352cb6ec8fb"),
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
            "eyJTqN3GPTCRmo8DjSai9iux",
            "iPs5HBbYlMhuiMRR7lgPDsxx",
            "Xu0uBD/T85YEkXn5t_NiNAqN",
            "vfsTIhCtRADo/MaxETJheESS",
            "N0tA608tDVb4A"
        )],
        &[
            concat!(
                "sntrys_",
                "eyJTqN3GPTCRmo8DjSai9iux",
                "iPs5HBbYlMhuiMRR7lgPDsxx",
                "Xu0uBD/T85YEkX"
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
            "98c4672c2538231d199de5a2",
            "737f0afe1f555cf7d4a3a72c",
            "89a01b6ab155cd8c"
        )],
        &[
            concat!("sntrya_", "98c4672c2538231d199de5a2", "737f0afe1f5"),
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
            "5e27e7155e87ed972e0f3968",
            "8f839336de4d0152793c5983",
            "7320c1faaf42d298"
        )],
        &[
            concat!(
                "SENTRY_SECRET_KEY=",
                "5e27e7155e87ed972e0f3968",
                "8f839336de4d01"
            ),
            concat!("SENTRY_SECRET_KEY=", "5e27e7155e87ed972e0f3"),
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
            "1ba893a0ab54e7943d858683",
            "50fbe067@o1.ingest.sentr",
            "y.io/12345"
        )],
        &[
            concat!("https://", "1ba893a0ab54e7943d8"),
            concat!("https://", "1ba893a0ab"),
        ],
    ),
];
