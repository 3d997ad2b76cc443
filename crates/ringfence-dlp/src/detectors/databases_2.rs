//! Databases, queues and warehouses. Continued.
use super::row::{near, row};
use super::validate;
use crate::detector::Detector;

pub(super) static ROWS: &[Detector] = &[
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
        &[concat!("INFLUX_TOKEN=", "ixVbvRwj6FOtnG7BC4XWUhEK", "5wDqvZJ9pnjCYtHvO9ZN9lPk", "ZQK9bzlYwWGjMiJFf8Cb_0eH", "-qZ-BVMQVpfPyS==")],
        &[concat!("INFLUX_TOKEN=", "ixVbvRwj6FOtnG7BC4XWUhEK", "5wDqvZJ9pnjCYtHvO9ZN9lPk", "ZQK9"), concat!("INFLUX_TOKEN=", "ixVbvRwj6FOtnG7BC4XWUhEK", "5wDqv")],
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
        &[concat!("apiv3_", "5u0grE2xLPI-wv2ywhxyri98", "Hs0eHeTQOOj5SOGENEDbW1iT", "KZ06Q07aYE_WZu-7lljjfYwo", "mQcCExxA")],
        &[concat!("apiv3_", "5u0grE2xLPI-wv2ywhxyri98", "Hs0eHeTQOOj5SOGENEDbW"), concat!("apiv3_", "...")],
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
        &[concat!("cflt", "3Vzyla530cXOBGIO45tygXdl", "p26rXq6DYkSqbwC9utQhJ7nB", "9F7CCO9n+sx5")],
        &[concat!("cflt", "3Vzyla530cXOBGIO45tygXdl", "p26rXq6DYk"), concat!("cflt", "...")],
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
        &[concat!("CONFLUENT_SECRET_KEY=", "nEF93L6ZEEi10rVDkjFNA2dx", "JPF+yc5t0jqxMYBSXvelaQ4o", "n4sS7TTpdoc122Sh")],
        &[concat!("CONFLUENT_SECRET_KEY=", "nEF93L6ZEEi10rVDkjFNA2dx", "JPF+yc5t0jqxMY"), concat!("CONFLUENT_SECRET_KEY=", "nEF93L6ZEEi10rVDkjFNA")],
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
        &[concat!("UPSTASH_SECRET_KEY=", "EVjVhRqwdt6NlOokZt9lEvQr", "M9mtLy1lveoTws_Tu-tkCY")],
        &[concat!("UPSTASH_SECRET_KEY=", "EVjVhRqwdt6NlOokZt9lEvQr", "M9m"), concat!("UPSTASH_SECRET_KEY=", "EVjVhRqwdt6NlOo")],
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
        &[concat!("xau_", "grQ0W7HwPN28CShhSIeuHRf3", "iEmICLbsxdXDxiOplDr")],
        &[concat!("xau_", "grQ0W7HwPN28CShhSIeuHRf3"), concat!("xau_", "...")],
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
        &[concat!("fnA", "BXMTbAZGHoL1NeeW_8U7Ojy9", "E4yZoAFGW_veWXQiL6fPC2gn", "_-hGpOvI")],
        &[concat!("fnA", "BXMTbAZGHoL1NeeW_8U7Ojy9", "E4yZoAFG"), concat!("fnA", "...")],
    ),
    row(
        "astra-token",
        "DataStax Astra token",
        "DataStax",
        &["AstraCS:"],
        r"\bAstraCS:([0-9A-Za-z]{20,30}:[0-9a-f]{60,70})\b",
    )
    .named()
    .entropy(3.5)
    .tried(
        &[concat!("AstraCS:", "2IqaJdRMBaa7uFUS4tiqCyA0", "3:bf934549674d56f9743280", "b08e3ee20962875ec019d5ec", "762e6a922174ef069086222")],
        &[concat!("AstraCS:", "2IqaJdRMBaa7uFUS4tiqCyA0", "3:bf934549674d56f9743280", "b08e3ee20"), concat!("AstraCS:", "2IqaJdRMBaa7uFUS4tiqCyA0", "3:bf934")],
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
        &[concat!("TYPESENSE_SECRET_KEY=", "WkTWt2xttrMelsxFLdkvdfVo", "ENoEDjsNsl94w")],
        &[concat!("TYPESENSE_SECRET_KEY=", "WkTWt2xttrMelsxFLdkvdf"), concat!("TYPESENSE_SECRET_KEY=", "WkTWt2xttrMe")],
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
        &[concat!("ALGOLIA_SECRET_KEY=", "a019263b447eba03f76a99f7", "6275aecf")],
        &[concat!("ALGOLIA_SECRET_KEY=", "a019263b447eba03f76"), concat!("ALGOLIA_SECRET_KEY=", "a019263b44")],
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
        &[concat!("HASURA_SECRET_KEY=", "QUB2y6t9cc2lkquNeZM9VGSF", "AmMZIzQaLVGp4DKY")],
        &[concat!("HASURA_SECRET_KEY=", "QUB2y6t9cc2lkquNeZM9VGSF"), concat!("HASURA_SECRET_KEY=", "QUB2y6t9cc2lk")],
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
        &[concat!("dbtu_", "5GsH7mUOpVuecZAY3tUjhbg8", "cMiFoRn8KOyzNml3owZa6Eo")],
        &[concat!("dbtu_", "5GsH7mUOpVuecZAY3tUjhbg8", "cM"), concat!("dbtu_", "...")],
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
        &[concat!("p.eyJ", "2skvm1zSRl6FmaCqFOmoYhuP", "iR.7ux9dWUHz8KE-oWiP3rF4", "IdYD2Q")],
        &[concat!("p.eyJ", "2skvm1zSRl6FmaCqFOmoYhuP", "iR.7ux"), concat!("p.eyJ", "...")],
    ),
    row(
        "kafka-jaas-password",
        "Password in a Kafka JAAS line",
        "Apache",
        &["LoginModule"],
        r#"LoginModule\s+required[^\x00-\x08;]{0,}?password\s?=\s?\\?["\x27]([\w\-+/=.~%&#:@!$^*?|]{6,100})"#,
    )
    .named()
    .entropy(2.5)
    .check(validate::password)
    .tried(
        &[concat!("org.apache.kafka.common.security.plain.PlainLoginModule required username=\"u\" password=\"", "AKcyLUYYnTIBMn7RKZAoNefg", "\";")],
        &[concat!("org.apache.kafka.common.security.plain.PlainLoginModule required username=\"u\" password=\"", "abc"), concat!("org.apache.kafka.common.security.plain.PlainLoginModule required username=\"u\" password=", "\"")],
    ),
];
