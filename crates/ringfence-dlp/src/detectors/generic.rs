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
        &[concat!("password = \"", "GsL4gKBKiP4GD6Wa\"")],
        &[concat!("password = \"", "GsL4g"), concat!("password = \"", "abc")],
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
        &[concat!("DB_PASSWORD=", "zCSkGXmGG5j9WxEUeB")],
        &[concat!("DB_PASSWORD=", "zCSkGX"), concat!("DB_PASSWORD=", "EXAMPLE")],
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
        &[concat!("  db_password: ", "oFrBbg9sYcgDFXs1rt")],
        &[concat!("  db_password: ", "oFrBbg"), concat!("  db_password: ", "EXAMPLE")],
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
        &[concat!("card_number: ", "4252393057503456")],
        &[concat!("card_number: ", "4252393077503456"), concat!("card_number: ", "425239305")],
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
        &[concat!("IBAN: ", "DE29813275917221065712")],
        &[concat!("IBAN: ", "DE29813275977221065712"), concat!("IBAN: ", "DE29813275917")],
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
        &[concat!("$2b$", "12$O6zEtQGA19DTejlD2dBL3", "F6DblXs155oSM6nVRVbBBxDZ", "6YOwNlr8")],
        &[concat!("$2b$", "12$O6zEtQGA19DTejlD2dBL3", "F6DblXs1"), concat!("$2b$", "...")],
    ),
];
