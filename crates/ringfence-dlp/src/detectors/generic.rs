//! Assignments and numbers that no vendor owns. Reported, not redacted, unless told otherwise.
use super::row::row;
use super::validate;
use crate::detector::Detector;

pub(super) static ROWS: &[Detector] = &[
    row(
        "generic-secret",
        "Secret in an assignment",
        "several",
        &["secret", "token", "apikey", "api_key", "api-key", "api key", "access_key", "accesskey", "access-key", "auth_key", "authkey", "private_key", "privatekey", "encryption_key", "client_key", "_key=", "_key =", "_key:", "key\"", "key'", "-key:", "-key=", "credential", "-key ", "key="],
        r#"(?i)(?:secret|token|api[_\- ]?key|(?:access|auth|private|encryption|signing|client|service|master|license|app|user|account|admin|webhook|shared)[_\- ]?key|[\w\-]{2,40}[_\-]key|credentials?|\bkey)[\w.\-]{0,24}["\x27\]]{0,3}\s{0,3}(?:=>|:=|[:=,(])\s{0,3}(?:["\x27`\\]{0,3})([0-9A-Za-z_\-.~+/:]{16,}={0,3})(?:\b|$)"#,
    )
    .warn()
    .named()
    .check(validate::random)
    .tried(
        &[concat!("api_key = \"", "WxYoyb3xquuhmpyVsi1i9gav", "TRzBDYKQ\"")],
        &[concat!("api_key = \"", "WxYoyb3xqu"), concat!("api_key = \"", "EXAMPLE")],
    ),
    row(
        "generic-password",
        "Password in an assignment",
        "several",
        &["passw", "_pwd", "pwd="],
        r#"(?i)(?:passw(?:or)?d|passwd|pass_?phrase|_pwd|\bpwd)[\w.\-]{0,16}["\x27\]]{0,3}\s{0,3}(?:=>|:=|[:=])\s{0,3}(?:["\x27`]{1,3})([^\s"\x27`,<>(){}\[\]]{6,})"#,
    )
    .warn()
    .named()
    .check(validate::password)
    .tried(
        &[concat!("password = \"", "juw2eiVrRzHzEmJ0\"")],
        &[concat!("password = \"", "juw2e"), concat!("password = \"", "abc")],
    ),
    row(
        "generic-password-env",
        "Password in an environment or properties line",
        "several",
        &["password=", "passwd=", "pass="],
        r#"(?im)^[ \t]{0,8}(?:export\s+|-\s+)?[\w.\-]{0,60}pass(?:w(?:or)?d)?=([^\s"\x27`,<>(){}\[\]]{8,})"#,
    )
    .warn()
    .named()
    .check(validate::password_strong)
    .tried(
        &[concat!("DB_PASSWORD=", "8YehmsMbACBcb8GSq8")],
        &[concat!("DB_PASSWORD=", "8Yehms"), concat!("DB_PASSWORD=", "EXAMPLE")],
    ),
    row(
        "generic-password-yaml",
        "Password in a YAML line",
        "several",
        &["password:", "passwd:"],
        r#"(?im)^[ \t\-]{0,40}[\w.\-]{0,40}passw(?:or)?d:[ \t]+([^\s"\x27`,<>(){}\[\]]{8,})"#,
    )
    .warn()
    .named()
    .check(validate::password_strong)
    .tried(
        &[concat!("  db_password: ", "L2xlHuHQfmmWkauTM7")],
        &[concat!("  db_password: ", "L2xlHu"), concat!("  db_password: ", "EXAMPLE")],
    ),
    row(
        "url-query-secret",
        "Secret in a URL query",
        "several",
        &["token=", "key=", "secret=", "signature=", "code="],
        r"(?i)[?&](?:[\w\-]{0,24}(?:token|api_?key|secret|signature|sig|auth)|key|code)=([0-9A-Za-z_\-.~%+/]{16,}={0,2})",
    )
    .warn()
    .named()
    .check(validate::random)
    .tried(
        &[concat!("https://api.example.com/v1?token=", "OiImvkbsr3JQDi8a81eU5lJU", "djFW3r3G")],
        &[concat!("https://api.example.com/v1?token=", "OiImvkbsr3"), concat!("https://api.example.com/v1?token=", "EXAMPLE")],
    ),
    row(
        "vendor-key-nearby",
        "Random value after a word for a secret",
        "several",
        &["secret", "token", "api key", "apikey", "api_key", "access key", "access_key", "auth key"],
        r#"(?i)\b[\w.\-]{0,40}(?:secret|token|api[_ \-]?key|access[_ \-]?key)[\w]{0,16}[ \t:=\x27"]{1,4}([0-9A-Za-z_\-]{20,})(?:\b|$)"#,
    )
    .warn()
    .named()
    .check(validate::random_strict)
    .tried(
        &[concat!("service SECRET ", "r0HK8ddZumLJiUpecDgqzvA7", "ZXxVbzGN")],
        &[concat!("service SECRET ", "r0HK8ddZumLJiUpecDg"), concat!("service SECRET ", "r0HK8ddZum")],
    ),
    row(
        "credit-card",
        "Payment card number next to a word for it",
        "several",
        &["card", "visa", "amex", "cc_num", "ccnum"],
        r#"(?i)\b(?:card|visa|master|amex|pan|cc)[\w\- ]{0,20}["\x27]?[ :=#"\x27]{1,6}((?:\d{4}-){3}\d{4}|\d{13,19})\b"#,
    )
    .warn()
    .named()
    .check(validate::luhn)
    .tried(
        &[concat!("card_number: ", "4638035437135864")],
        &[concat!("card_number: ", "4638035477135864"), concat!("card_number: ", "463803543")],
    ),
    row(
        "iban",
        "International bank account number next to a word for it",
        "several",
        &["iban"],
        r#"(?i)\biban["\x27]?[ :=#"\x27]{1,6}([A-Z]{2}\d{2}[A-Z0-9]{11,30})\b"#,
    )
    .warn()
    .named()
    .check(validate::iban)
    .tried(
        &[concat!("IBAN: ", "DE88961704906553497042")],
        &[concat!("IBAN: ", "DE88961704976553497042"), concat!("IBAN: ", "DE88961704906")],
    ),
    row(
        "password-hash",
        "Password hash (crypt, bcrypt, argon2)",
        "several",
        &["$2a$", "$2b$", "$2y$", "$argon2", "$6$", "$5$", "$y$", "$1$", "$apr1$", "$krb5"],
        r"(\$(?:2[aby]\$\d\d\$[./0-9A-Za-z]{53}|argon2(?:id|i|d)\$v=\d+\$m=\d+|[156]\$(?:rounds=\d+\$)?[./0-9A-Za-z]{2,16}\$[./0-9A-Za-z]{22,86}|y\$[./0-9A-Za-z]{1,20}\$[./0-9A-Za-z]{10,30}\$[./0-9A-Za-z]{43}|apr1\$[./0-9A-Za-z]{2,8}\$[./0-9A-Za-z]{22}))",
    )
    .warn()
    .named()
    .entropy(3.5)
    .tried(
        &[concat!("$2b$", "12$VqDcOCwW8z5cClhDLNU7G", "JLq9T6t4GeFpS7uYsulKXndR", "nxyxYLHs")],
        &[concat!("$2b$", "12$VqDcOCwW8z5cClhDLNU7G", "JLq9T6t4"), concat!("$2b$", "...")],
    ),
];
