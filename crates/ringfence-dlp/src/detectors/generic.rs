//! Assignments and numbers that no vendor owns. Reported, not redacted, unless told otherwise.
use super::row::row;
use super::validate;
use crate::detector::Detector;

pub(super) static ROWS: &[Detector] = &[
    row(
        "generic-password",
        "Password in an assignment",
        "several",
        &["passw", "_pwd", "pwd="],
        r#"(?i)(?:passw(?:or)?d|passwd|pass_?phrase|_pwd|\bpwd)[\w.\-]{0,16}["\x27\]]{0,3}\s{0,3}(?:=>|:=|[:=])\s{0,3}(?:["\x27`]{1,3})[#^*@!&+~?;|]{0,4}([^\s"\x27`,<>(){}\[\]]{6,})"#,
    )
    .warn()
    .named()
    .check(validate::password)
    .tried(
        &[concat!("password = \"", "nqGxZy1RWIDYfDIR\"")],
        &[concat!("password = \"", "nqGxZ"), concat!("password = \"", "abc")],
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
        &[concat!("DB_PASSWORD=", "ahR3j5Jy0QI36lSSHi")],
        &[concat!("DB_PASSWORD=", "ahR3j5"), concat!("DB_PASSWORD=", "EXAMPLE")],
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
        &[concat!("  db_password: ", "ZaPfJEd4RgpL94ECPz")],
        &[concat!("  db_password: ", "ZaPfJE"), concat!("  db_password: ", "EXAMPLE")],
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
        &[concat!("card_number: ", "4445223198829965")],
        &[concat!("card_number: ", "4445223178829965"), concat!("card_number: ", "444522319")],
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
        &[concat!("IBAN: ", "DE66987287980197484347")],
        &[concat!("IBAN: ", "DE66987287970197484347"), concat!("IBAN: ", "DE66987287980")],
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
        &[concat!("$2b$", "12$8P6Wln5zfK1PCPAdxGaCj", "VyVpmmNCQdLoLRnRuSLK08rF", "qDOO0RTE")],
        &[concat!("$2b$", "12$8P6Wln5zfK1PCPAdxGaCj", "VyVpmmNC"), concat!("$2b$", "...")],
    ),
];
