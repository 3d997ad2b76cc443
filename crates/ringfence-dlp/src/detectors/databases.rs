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
        &[concat!("dapi", "562f844df56cd30b865f02f4", "fba7407f-0")],
        &[concat!("dapi", "562f844df56cd30b86"), concat!("dapi", "...")],
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
        &[concat!("dose", "ff60626de892d9ca30efee3f", "eb6618e6")],
        &[concat!("dose", "ff60626de892d9ca3"), concat!("dose", "...")],
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
        &[concat!("pscale_pw_", "6fcEjDnR--ZHp6W8ecY-zogU", "QkwR6LR1-xBlQxz")],
        &[concat!("pscale_pw_", "6fcEjDnR--ZHp6W8ecY"), concat!("pscale_pw_", "...")],
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
        &[concat!("pscale_tkn_", "zk2KkQtgahAjZfBTh1P5llLa", "G.RSH=tak9fEB-_9P")],
        &[concat!("pscale_tkn_", "zk2KkQtgahAjZfBTh1P5"), concat!("pscale_tkn_", "...")],
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
        &[concat!("napi_", "4x0kp8s6wprtug4jz1nqxb8o", "v8v6q5l6pjc0iuv3qeo7v3do", "6lpvh66kh0073ca2w")],
        &[concat!("napi_", "4x0kp8s6wprtug4jz1nqxb8o", "v8v6q5l6pjc0i"), concat!("napi_", "...")],
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
        &[concat!("npg_", "TdwwEmuQqqVm")],
        &[concat!("npg_", "TdwwE"), concat!("npg_", "...")],
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
        &[concat!("mdb_sa_sk_", "oDjnUagp0mKwMjz9bzwfDSUe", "1Dn0jWFdg2YndI0i")],
        &[concat!("mdb_sa_sk_", "oDjnUagp0mKwMjz9bzwf"), concat!("mdb_sa_sk_", "...")],
    ),
    row(
        "mongodb-atlas-key",
        "MongoDB Atlas private key",
        "MongoDB",
        &["atlas", "mongodb"],
        near!("atlas|mongodb", r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("ATLAS_SECRET_KEY=", "522e987c-4874-02f0-ae7e-", "b27af535d044")],
        &[concat!("ATLAS_SECRET_KEY=", "522e987c-4874-02f0-ae"), concat!("ATLAS_SECRET_KEY=", "522e987c-487")],
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
        &[concat!("CCDB1_", "Jrt9idnC4yJR5waGLBsEkX_8", "6GfTqwtwsHZFiFuSe0Atwl4v", "aq7VkhdCjtLRnnJ")],
        &[concat!("CCDB1_", "Jrt9idnC4yJR5waGLBsEkX_8", "6GfTqwtwsHZ"), concat!("CCDB1_", "...")],
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
        &[concat!("AVNS_", "UWoWmNiHNth_1uShv5S")],
        &[concat!("AVNS_", "UWoWmNiHN"), concat!("AVNS_", "...")],
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
        &[concat!("AIVEN_SECRET_KEY=", "yR1L61zs6eZ9r3zIOh+q69ji", "uzxv3TR7Q0D7Rebg+MhSWilE", "mQWNHU1MOQZTTSd7GTq8La7m", "i545GrbbuyLTm6hVZmy5hvOp", "D6WeTfJqhlVujLuV6Zi3Nz7g", "tJQOteNJQGoAYf5liLhv3S8E", "19ZLcg5h==")],
        &[concat!("AIVEN_SECRET_KEY=", "yR1L61zs6eZ9r3zIOh+q69ji", "uzxv3TR7Q0D7Rebg+MhSWilE", "mQWNHU1MOQZTTSd7GTq8La7m", "i545GrbbuyLTm6hVZmy5"), concat!("AIVEN_SECRET_KEY=", "yR1L61zs6eZ9r3zIOh+q69ji", "uzxv3TR7Q0D7Rebg+MhSWilE", "mQW")],
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
        &[concat!("4b1d", "M8wCDMDqVf9jTNrGScGzMJY1", "Vh4mpwHSxNJkc4")],
        &[concat!("4b1d", "M8wCDMDqVf9jTNrGScGzM"), concat!("4b1d", "...")],
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
        &[concat!("essu_", "jr0VW=YMzlpKdiJnXIHxr2dO", "99x3rzC+oJZZ0DjvV")],
        &[concat!("essu_", "jr0VW=YMzlpKdiJnXIHxr2"), concat!("essu_", "...")],
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
        &[concat!("ELASTIC_SECRET_KEY=", "KJWVwA6KshztY7ceQ0Tdd2Qd", "4o5ogwId1t-wUwVt48YpyE7Z", "iuuFzshyHwSpi_")],
        &[concat!("ELASTIC_SECRET_KEY=", "KJWVwA6KshztY7ceQ0Tdd2Qd", "4o5ogwId1t-wU"), concat!("ELASTIC_SECRET_KEY=", "KJWVwA6KshztY7ceQ0Td")],
    ),
    row(
        "influxdb-token",
        "InfluxDB API token",
        "InfluxData",
        &["influx"],
        r"(?i:influx)[^\x00-\x08]{0,60}?([\w-]{86}==)",
    )
    .named()
    .entropy(4.5)
    .tried(
        &[concat!("INFLUX_TOKEN=", "K0h-u9qiHqDINGHFMc0vzM-7", "K1XTtWM8Ew_JlAJEDmWuIGKz", "RNHVgVCP2cFGSDzDy8iFgLKr", "MCJ_A3TuEN-Pjl==")],
        &[concat!("INFLUX_TOKEN=", "K0h-u9qiHqDINGHFMc0vzM-7", "K1XTtWM8Ew_JlAJEDmWuIGKz", "RNHV"), concat!("INFLUX_TOKEN=", "K0h-u9qiHqDINGHFMc0vzM-7", "K1XTt")],
    ),
    row(
        "influxdb-v3-token",
        "InfluxDB 3 token",
        "InfluxData",
        &["apiv3_"],
        r"\bapiv3_[\w-]{80,90}",
    )
    .entropy(4.0)
    .tried(
        &[concat!("apiv3_", "MKMAEpO7ScnYWwcY6lhnVGX5", "pfT_7Gd0A-h03dJjc0nRK873", "5pEvDuQZkHjlRFKb7xY1jzPl", "67pbt4lRia5EHlYx")],
        &[concat!("apiv3_", "MKMAEpO7ScnYWwcY6lhnVGX5", "pfT_7Gd0A-h03dJjc0nRK873", "5p"), concat!("apiv3_", "...")],
    ),
    row(
        "confluent-secret",
        "Confluent Cloud API secret",
        "Confluent",
        &["cflt"],
        r"\bcflt[0-9A-Za-z+/]{60}",
    )
    .entropy(4.0)
    .tried(
        &[concat!("cflt", "rIjEQqV6psps7X6P8EZTysxx", "oDdrSs0yXxMglwtaeUzEI8DJ", "BX2aj6ROBduo")],
        &[concat!("cflt", "rIjEQqV6psps7X6P8EZTysxx", "oDdrSs0yXx"), concat!("cflt", "...")],
    ),
    row(
        "confluent-legacy-secret",
        "Confluent Cloud API secret (64 characters)",
        "Confluent",
        &["confluent", "ccloud"],
        near!("confluent|ccloud", "[0-9A-Za-z+/]{64}"),
    )
    .named()
    .entropy(4.0)
    .check(validate::opaque)
    .tried(
        &[concat!("CONFLUENT_SECRET_KEY=", "V6GF5WX8O8erA8nwC3CU/Oqw", "Sx15B6MGOzP398Cwd+GzCLH/", "kLhulZEalDBtpr1I")],
        &[concat!("CONFLUENT_SECRET_KEY=", "V6GF5WX8O8erA8nwC3CU/Oqw", "Sx15B6MGOzP398"), concat!("CONFLUENT_SECRET_KEY=", "V6GF5WX8O8erA8nwC3CU/")],
    ),
    row(
        "upstash-token",
        "Upstash REST token",
        "Upstash",
        &["upstash"],
        near!("upstash", r"[0-9A-Za-z_\-]{40,}={0,2}"),
    )
    .named()
    .entropy(3.8)
    .check(validate::opaque)
    .tried(
        &[concat!("UPSTASH_SECRET_KEY=", "W27h4_JnIMxLGs0sApB_QOfK", "pEAP8bm5FVw1ohhtQ=")],
        &[concat!("UPSTASH_SECRET_KEY=", "W27h4_JnIMxLGs0sApB_QOfK", "p"), concat!("UPSTASH_SECRET_KEY=", "W27h4_JnIMxLGs")],
    ),
    row(
        "xata-key",
        "Xata API key",
        "Xata",
        &["xau_"],
        r"\bxau_[0-9A-Za-z]{40,44}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!("xau_", "bDl2afvLnesAaWDdipWV2INJ", "IBVTUaVm6k29l0Gwc")],
        &[concat!("xau_", "bDl2afvLnesAaWDdipWV2IN"), concat!("xau_", "...")],
    ),
    row(
        "fauna-key",
        "Fauna key",
        "Fauna",
        &["fnA"],
        r"\bfnA[\w-]{37,60}",
    )
    .entropy(4.0)
    .tried(
        &[concat!("fnA", "YUYQAtWhBnebZHxKFCY3c82E", "bAkIgKUXcDz4tHEfyBMjAsG2", "MgJX")],
        &[concat!("fnA", "YUYQAtWhBnebZHxKFCY3c82E", "bAkIgK"), concat!("fnA", "...")],
    ),
    row(
        "astra-token",
        "DataStax Astra token",
        "DataStax",
        &["AstraCS:"],
        r"\bAstraCS:[0-9A-Za-z]{20,30}:[0-9a-f]{60,70}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!("AstraCS:", "ubT964fCk33aBbdi5R0p2pYv", ":f1be1aa648e1dad11b6719b", "78c4185c320cc886df05165e", "357a975027b62e6b91f7")],
        &[concat!("AstraCS:", "ubT964fCk33aBbdi5R0p2pYv", ":f1be1aa648e1dad11b6719b", "78c4"), concat!("AstraCS:", "...")],
    ),
    row(
        "typesense-key",
        "Typesense API key",
        "Typesense",
        &["typesense"],
        near!("typesense", r"[0-9A-Za-z]{32,64}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("TYPESENSE_SECRET_KEY=", "CMuKySZgtCH9mnqEY0EGyv8e", "G7f8ambFad1jRIbdc6IzXE90", "Qw")],
        &[concat!("TYPESENSE_SECRET_KEY=", "CMuKySZgtCH9mnqEY0EGyv8e", "G7f8am"), concat!("TYPESENSE_SECRET_KEY=", "CMuKySZgtCH9mnqE")],
    ),
    row(
        "algolia-admin-key",
        "Algolia API key",
        "Algolia",
        &["algolia"],
        near!("algolia", r"[0-9a-f]{32}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("ALGOLIA_SECRET_KEY=", "09cb43a47e9bab89a2a43200", "0575c4da")],
        &[concat!("ALGOLIA_SECRET_KEY=", "09cb43a47e9bab89a2a"), concat!("ALGOLIA_SECRET_KEY=", "09cb43a47e")],
    ),
    row(
        "hasura-secret",
        "Hasura admin secret",
        "Hasura",
        &["hasura"],
        near!("hasura", r"[0-9A-Za-z]{40,80}\b"),
    )
    .named()
    .entropy(3.5)
    .check(validate::opaque)
    .tried(
        &[concat!("HASURA_SECRET_KEY=", "lzxKRVBGUfMuVhZ1v2Vgn0aT", "RIs4kOBytnHbzhtLl05O4Et")],
        &[concat!("HASURA_SECRET_KEY=", "lzxKRVBGUfMuVhZ1v2Vgn0aT", "RIs4"), concat!("HASURA_SECRET_KEY=", "lzxKRVBGUfMuVhZ")],
    ),
    row(
        "dbt-cloud-token",
        "dbt Cloud token",
        "dbt Labs",
        &["dbtc_", "dbtu_"],
        r"\bdbt[cu]_[\w-]{40,60}",
    )
    .entropy(3.5)
    .tried(
        &[concat!("dbtu_", "vsnW3XvSkb8a8ePdyhbTfwSd", "T1KEGSt6HiDoT5PXqsbRH")],
        &[concat!("dbtu_", "vsnW3XvSkb8a8ePdyhbTfwSd", "T"), concat!("dbtu_", "...")],
    ),
    row(
        "tinybird-token",
        "Tinybird token",
        "Tinybird",
        &["p.eyJ"],
        r"\bp\.eyJ[\w-]{20,}\.[\w-]{20,100}",
    )
    .entropy(4.0)
    .tried(
        &[concat!("p.eyJ", "sCLs_HQ2JQiQ4iMzf0BnTNuB", "37kC56.cVcbye6qQ7evvt6Bs", "psNBU6FPs_Jv")],
        &[concat!("p.eyJ", "sCLs_HQ2JQiQ4iMzf0BnTNuB", "37kC56.cVc"), concat!("p.eyJ", "...")],
    ),
    row(
        "kafka-jaas-password",
        "Password in a Kafka JAAS line",
        "Apache",
        &["LoginModule"],
        r#"LoginModule\s+required[^\x00-\x08;]{0,}?password\s?=\s?\\?["\x27]([^\s"\x27\\;]{6,100})"#,
    )
    .named()
    .entropy(2.5)
    .check(validate::password)
    .tried(
        &[concat!("org.apache.kafka.common.security.plain.PlainLoginModule required username=\"u\" password=\"", "DydaU7TCBU1ghyOUvnYQSPtO", "\";")],
        &[concat!("org.apache.kafka.common.security.plain.PlainLoginModule required username=\"u\" password=\"", "abc"), concat!("org.apache.kafka.common.security.plain.PlainLoginModule required username=\"u\" password=", "\"")],
    ),
];
