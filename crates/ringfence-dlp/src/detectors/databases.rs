//! Databases, queues and warehouses.
use super::row::{near, row};
use super::validate;
use crate::detector::Detector;

pub(super) static ROWS: &[Detector] = &[
    row(
        "databricks-token",
        "Databricks personal access token",
        "Databricks",
        &["dapi"],
        r"\bdapi[0-9a-f]{32}(?:-\d)?\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!("dapi", "7eb81e19b7a65662cbd98db1", "ab955991")],
        &[concat!("dapi", "7eb81e19b7a65662c"), concat!("dapi", "...")],
    ),
    row(
        "databricks-oauth-secret",
        "Databricks OAuth secret",
        "Databricks",
        &["dose"],
        r"\bdose[0-9a-f]{32}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!("dose", "570225e74f98bc7a086d3564", "5afb6f98")],
        &[concat!("dose", "570225e74f98bc7a0"), concat!("dose", "...")],
    ),
    row(
        "planetscale-password",
        "PlanetScale password",
        "PlanetScale",
        &["pscale_pw_"],
        r"\bpscale_pw_[\w=.\-]{32,64}",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "pscale_pw_",
            "mbMUfONS89NTKt9S7tYIvXTo",
            "5175K6io2H"
        )],
        &[
            concat!("pscale_pw_", "mbMUfONS89NTKt9S"),
            concat!("pscale_pw_", "..."),
        ],
    ),
    row(
        "planetscale-token",
        "PlanetScale service or OAuth token",
        "PlanetScale",
        &["pscale_tkn_", "pscale_oauth_"],
        r"\bpscale_(?:tkn|oauth)_[\w=.\-]{32,64}",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "pscale_tkn_",
            "bn8lWKx0k5ibZS7f402_Hh5x",
            "E3m59S6uRcs"
        )],
        &[
            concat!("pscale_tkn_", "bn8lWKx0k5ibZS7f"),
            concat!("pscale_tkn_", "..."),
        ],
    ),
    row(
        "neon-key",
        "Neon API key",
        "Neon",
        &["napi_"],
        r"\bnapi_[0-9a-z]{60,66}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "napi_",
            "0or3tc0ykgfs7856g72drrfs",
            "pllpjlj91nakp2hto8xi4rtn",
            "nvw65zo6138i7g2"
        )],
        &[
            concat!("napi_", "0or3tc0ykgfs7856g72drrfs", "pllpjlj91na"),
            concat!("napi_", "..."),
        ],
    ),
    row(
        "neon-password",
        "Neon database password",
        "Neon",
        &["npg_"],
        r"\bnpg_[0-9A-Za-z]{12,16}\b",
    )
    .entropy(2.8)
    .tried(
        &[concat!("npg_", "Og40xBYAt2ZB6j")],
        &[concat!("npg_", "Og40xB"), concat!("npg_", "...")],
    ),
    row(
        "mongodb-atlas-service-account",
        "MongoDB Atlas service account secret",
        "MongoDB",
        &["mdb_sa_sk_"],
        r"\bmdb_sa_sk_[\w-]{40}",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "mdb_sa_sk_",
            "8hdBvHxAepSS25YZjvbrAC2e",
            "hMVQtxFyVARpz9h4"
        )],
        &[
            concat!("mdb_sa_sk_", "8hdBvHxAepSS25YZjvbr"),
            concat!("mdb_sa_sk_", "..."),
        ],
    ),
    row(
        "mongodb-atlas-key",
        "MongoDB Atlas private key",
        "MongoDB",
        &["atlas", "mongodb"],
        near!(
            "atlas|mongodb",
            r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"
        ),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "ATLAS_SECRET_KEY=",
            "043a639a-64e0-e4ce-eae2-",
            "fced309d783f"
        )],
        &[
            concat!("ATLAS_SECRET_KEY=", "043a639a-64e0-e4ce-ea"),
            concat!("ATLAS_SECRET_KEY=", "043a639a-64e"),
        ],
    ),
    row(
        "cockroach-key",
        "CockroachDB Cloud API key",
        "Cockroach Labs",
        &["CCDB1_"],
        r"\bCCDB1_[0-9A-Za-z]{22}_[0-9A-Za-z]{40}\b",
    )
    .entropy(3.8)
    .tried(
        &[concat!(
            "CCDB1_",
            "kwE66dCTq816VNJo7bcWb1_P",
            "bjmzRCh5jknE0EwYOydkmPag",
            "qNrUbsxzgVnd0UB"
        )],
        &[
            concat!("CCDB1_", "kwE66dCTq816VNJo7bcWb1_P", "bjmzRCh5jkn"),
            concat!("CCDB1_", "..."),
        ],
    ),
    row(
        "aiven-token",
        "Aiven service password",
        "Aiven",
        &["AVNS_"],
        r"\bAVNS_[\w-]{19}",
    )
    .entropy(3.0)
    .tried(
        &[concat!("AVNS_", "osYi6iJWmeIW1knP8kb")],
        &[concat!("AVNS_", "osYi6iJWm"), concat!("AVNS_", "...")],
    ),
    row(
        "aiven-key",
        "Aiven API token",
        "Aiven",
        &["aiven"],
        near!("aiven", "[0-9A-Za-z+/]{150,}={0,2}"),
    )
    .named()
    .entropy(4.5)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "AIVEN_SECRET_KEY=",
            "cV5teRyXjbLVQvKvmxLoSq3A",
            "UaHTp/eXoZHAQHLYgR7ml+fq",
            "C8WcI+cXSb313MjYBiYowE/Q",
            "CIsVsFZkVk8i2IMUmBTDAeAP",
            "sTwR4A+1FKx2F3DIRSWdFGUQ",
            "uS7NtDV7J7Qa0Pw1mZcOfxAu",
            "GhV6CzToNHHDYdoG"
        )],
        &[
            concat!(
                "AIVEN_SECRET_KEY=",
                "cV5teRyXjbLVQvKvmxLoSq3A",
                "UaHTp/eXoZHAQHLYgR7ml+fq",
                "C8WcI+cXSb313MjYBiYowE/Q",
                "CIsVsFZkVk8i2IMUmBTDAeAP"
            ),
            concat!(
                "AIVEN_SECRET_KEY=",
                "cV5teRyXjbLVQvKvmxLoSq3A",
                "UaHTp/eXoZHAQHLYgR7ml+fq",
                "C8WcI"
            ),
        ],
    ),
    row(
        "clickhouse-cloud-key",
        "ClickHouse Cloud API secret",
        "ClickHouse",
        &["4b1d"],
        r"\b4b1d[0-9A-Za-z]{38}\b",
    )
    .entropy(3.8)
    .tried(
        &[concat!(
            "4b1d",
            "R3HZI9ftMJnTR6gaosuCEE5z",
            "ww4hqYbNf6G8UQ"
        )],
        &[
            concat!("4b1d", "R3HZI9ftMJnTR6gaosuCE"),
            concat!("4b1d", "..."),
        ],
    ),
    row(
        "elastic-cloud-key",
        "Elastic Cloud API key",
        "Elastic",
        &["essu_"],
        r"\bessu_[0-9A-Za-z+/=]{40,}",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "essu_",
            "3+rpf=EraPTo4AwYG86zwfrY",
            "u5+qPVBzBYhkwmOwulkSNp+d"
        )],
        &[
            concat!("essu_", "3+rpf=EraPTo4AwYG86zwfrY", "u5"),
            concat!("essu_", "..."),
        ],
    ),
    row(
        "elastic-key",
        "Elasticsearch API key",
        "Elastic",
        &["elastic"],
        near!("elastic", r"[0-9A-Za-z_\-]{50,64}(?:==)?"),
    )
    .named()
    .entropy(3.8)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "ELASTIC_SECRET_KEY=",
            "_LvmP4EJX7CtQkQ6qB4x-19h",
            "EZd7N_vz6Smg8tMCiTCWIE7K",
            "Kii-bh0uHrG=="
        )],
        &[
            concat!(
                "ELASTIC_SECRET_KEY=",
                "_LvmP4EJX7CtQkQ6qB4x-19h",
                "EZd7N_vz6Smg"
            ),
            concat!("ELASTIC_SECRET_KEY=", "_LvmP4EJX7CtQkQ6qB4x"),
        ],
    ),
];
