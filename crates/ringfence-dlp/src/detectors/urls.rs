//! Passwords in connection strings, URLs, headers and configuration files.
use super::row::row;
use super::validate;
use crate::detector::Detector;

pub(super) static ROWS: &[Detector] = &[
    row(
        "url-password",
        "Password in a URL",
        "several",
        &["://", "postgres", "mysql:", "mongodb", "redis:", "amqp"],
        r#"(?i)\b[a-z][a-z0-9+.\-]{1,20}://[^\s:/@?#"\x27<>]{0,80}:([^\s/@"\x27<>?#]{3,}@?[^\s/@"\x27<>?#]{0,64})@[\w.\-\[%$]"#,
    )
    .named()
    .check(validate::url_password)
    .tried(
        &[concat!("postgresql://app:", "8NyHAsvwLCpGtDcAUtT5@db.", "internal:5432/main")],
        &[concat!("postgresql://app:", "8NyHAsvwLCpG"), concat!("postgresql://app:", "8NyHAs")],
    ),
    row(
        "jdbc-password",
        "Password in a JDBC URL",
        "several",
        &["jdbc:"],
        r#"(?i)\bjdbc:[^\s"\x27]{4,}[?&;:]password=([^\s&;"\x27]{3,100})"#,
    )
    .named()
    .check(validate::password)
    .tried(
        &[concat!("jdbc:postgresql://db.example.com:5432/app?user=admin&password=", "zjlvZfzJTJNyh4qc")],
        &[concat!("jdbc:postgresql://db.example.com:5432/app?user=admin&password", "=")],
    ),
    row(
        "connection-string-password",
        "Password in a database connection string",
        "several",
        &["pwd=", "password="],
        r#"(?i)(?:server|data source|host|database|initial catalog|uid|user id|user|driver)\s?=[^\r\n]{1,}?;\s{0,2}(?:password|pwd)\s?=\s?([^\s;"\x27<>{}]{4,100})"#,
    )
    .named()
    .check(validate::password)
    .tried(
        &[concat!("Server=db,1433;Database=app;User ID=sa;Password=", "usahju2rxLNhlM;")],
        &[concat!("Server=db,1433;Database=app;User ID=sa;Password=", "abc"), concat!("Server=db,1433;Database=app;User ID=sa;Password", "=")],
    ),
    row(
        "http-basic",
        "HTTP basic credentials",
        "several",
        &["basic "],
        r#"(?i)\bauthorization["\x27]{0,2}\s{0,3}[:=,]\s{0,3}["\x27]{0,2}basic\s+([0-9A-Za-z+/]{8,}={0,2})"#,
    )
    .named()
    .check(validate::basic_credentials)
    .tried(
        &[concat!("Authorization: Basic ", "ZGVwbG95Ojg5amRQM3M1cmlx", "eTQw")],
        &[concat!("Authorization: Basic ", "EXAMPLE"), concat!("Authorization: Basic ", "abc")],
    ),
    row(
        "http-bearer",
        "HTTP bearer token",
        "several",
        &["bearer "],
        r"(?i)\bbearer\s+([0-9A-Za-z_\-.~+/]{16,}={0,2})",
    )
    .named()
    .entropy(2.8)
    .check(validate::opaque_token)
    .tried(
        &[concat!("Authorization: Bearer ", "8d82e51fb1e7e18053b39b5f", "fcae6780ad48d423")],
        &[concat!("Authorization: Bearer ", "8d82e51fb1e7e"), concat!("Authorization: Bearer ", "EXAMPLE")],
    ),
    row(
        "http-token-header",
        "Token in an authorization header",
        "several",
        &["authorization"],
        r#"(?i)\bauthorization["\x27]{0,2}\s{0,3}[:=,]\s{0,3}["\x27]{0,2}(?:token|apikey|api-key|key|ssws|bot|oauth|genie-?key|klaviyo-api-key)[ =:"\x27]{1,4}([0-9A-Za-z_\-.~+/=]{16,})"#,
    )
    .named()
    .entropy(2.8)
    .check(validate::opaque_token)
    .tried(
        &[concat!("Authorization: Token ", "5e331a82b15e117da469cff6", "93a88d67957d5cd5")],
        &[concat!("Authorization: Token ", "5e331a82b15e1"), concat!("Authorization: Token ", "EXAMPLE")],
    ),
    row(
        "http-authorization-opaque",
        "Credential in an authorization header without a scheme",
        "several",
        &["authorization", "x-api-key", "x-auth-token", "private-token", "job-token", "api-key", "apikey", "x-access-token", "x-token"],
        r#"(?i)\b(?:authorization|x-api-key|x-auth-token|private-token|job-token|api-key|apikey|x-access-token|x-token)["\x27]{0,2}\s{0,2}:\s{0,2}["\x27]{0,2}([0-9A-Za-z_\-.~+/=]{20,})"#,
    )
    .named()
    .entropy(2.8)
    .check(validate::opaque_token)
    .tried(
        &[concat!("X-Api-Key: ", "d29e9ebcfaaf37545b29871a", "f4b64277")],
        &[concat!("X-Api-Key: ", "d29e9ebcfaaf37545b2"), concat!("X-Api-Key: ", "d29e9ebcfa")],
    ),
    row(
        "curl-user",
        "Password on a curl command line",
        "several",
        &["curl"],
        r#"\bcurl\b[^\r\n]{0,}?\s(?:-u|--user)[ =]{0,2}["\x27]?[^\s:"\x27]{1,60}:([^\s"\x27]{4,100})"#,
    )
    .named()
    .check(validate::password)
    .tried(
        &[concat!("curl -u elastic:", "jjDZ7u5p02MY3SLm")],
        &[concat!("curl -u elastic:", "abc"), concat!("curl -u elastic", ":")],
    ),
    row(
        "netrc-password",
        "Password in a netrc file",
        "several",
        &["machine"],
        r"\bmachine\s+[\w.\-]{2,80}\s+login\s+\S{1,80}\s+password\s+(\S{4,})",
    )
    .named()
    .check(validate::password)
    .tried(
        &[concat!("machine api.example.com login bot password ", "SY82ZX3LPWl3ARl3iB")],
        &[concat!("machine api.example.com login bot password ", "abc"), concat!("machine api.example.com login bot password", " ")],
    ),
    row(
        "jwt",
        "JSON Web Token",
        "several",
        &["eyJ", "ewog"],
        r"\b(?:eyJ|ewog|ewo)[\w-]{10,}\.[\w-]{2,}\.[\w-]{0,}",
    )
    .check(validate::jwt)
    .tried(
        &[concat!("Authorization: Bearer eyJ", "hbGciOiJIUzI1NiIsInR5cCI", "6IkpXVCJ9.eyJzdWIiOiIxMj", "Y5OTczMzY4IiwiaWF0IjoxNz", "AwMDAwMDAwfQ.4-U4jHet3CQ", "Bmn_He6KULOkZkxSp9tMRla_", "tz7-dW4P")],
        &[concat!("Authorization: Bearer eyJ", "hbGciOiJIUzI1NiIsInR5cCI", "6IkpXVCJ9.eyJzdWIiOiIxMj", "Y5OTczMzY4IiwiaWF0IjoxNz", "AwM"), concat!("Authorization: Bearer eyJ", "...")],
    ),
    row(
        "jwe",
        "JSON Web Encryption token",
        "several",
        &["eyJ"],
        r"\beyJ[\w-]{10,}\.[\w-]{0,}\.[\w-]{8,100}\.[\w-]{8,}\.[\w-]{16,64}",
    )
    .check(validate::jwt)
    .tried(
        &[concat!("token=eyJ", "hbGciOiJkaXIiLCJlbmMiOiJ", "BMjU2R0NNIn0..W9Zg7rNQ-e", "QC2Ct7.A1XuV6cNilWDXwq4H", "1fvvT3hsQUtocAHKcAO8PUmQ", "9-jTRGKADeKQBd6WY01.5f9T", "bR_UR506198t6bmEBa")],
        &[concat!("token=eyJ", "hbGciOiJkaXIiLCJlbmMiOiJ", "BMjU2R0NNIn0..W9Zg7rNQ-e", "QC2Ct7.A1XuV6cNilWDXwq4H", "1fvvT3hsQ"), concat!("token=eyJ", "...")],
    ),
    row(
        "session-cookie",
        "Session cookie",
        "several",
        &["cookie"],
        r#"(?i)\b(?:set-)?cookie["\x27]{0,2}\s{0,2}:\s{0,2}["\x27]?(?:[^\r\n;]{1,};\s?){0,8}[\w.\-]{0,40}(?:sess(?:ion)?(?:id|_id)?|sid|auth|token|jwt|remember)[\w.\-]{0,20}=([0-9A-Za-z%_\-.~+/|:]{20,})"#,
    )
    .warn()
    .named()
    .entropy(3.0)
    .check(validate::opaque_token)
    .tried(
        &[concat!("Cookie: theme=dark; sessionid=", "v7Kl5Ze3gw9TbeZ7yheKigYg", "tXrwqoRR")],
        &[concat!("Cookie: theme=dark; sessionid=", "v7Kl5Ze3gw9TbeZ7yhe"), concat!("Cookie: theme=dark; sessionid=", "v7Kl5Ze3gw")],
    ),
    row(
        "django-secret-key",
        "Django secret key",
        "Django",
        &["SECRET_KEY"],
        r#"SECRET_KEY["\x27]{0,2}\]?\s{0,3}[=,:]\s{0,3}["\x27](?:django-insecure-)?([0-9a-z!@#$%^&*\-_=+]{44,64})"#,
    )
    .named()
    .entropy(3.8)
    .check(validate::opaque)
    .tried(
        &[concat!("SECRET_KEY = \"django-insecure-", "6_vd^eh7n&^_^6wt1j#@=xx^", "!ewqz*kz7*6dv!mra$o9j$b5", "*1\"")],
        &[concat!("SECRET_KEY = \"django-insecure-", "6_vd^eh7n&^_^6wt"), concat!("SECRET_KEY = \"django-insecure-", "EXAMPLE")],
    ),
    row(
        "rails-secret-key",
        "Rails master key or secret key base",
        "Rails",
        &["secret_key_base", "RAILS_MASTER_KEY", "master_key"],
        r#"(?i)(?:secret_key_base|rails_master_key|master_key)["\x27]?\s{0,3}[:=]\s{0,3}["\x27]?([0-9a-f]{128}|[0-9a-f]{32})\b"#,
    )
    .named()
    .entropy(3.0)
    .tried(
        &[concat!("secret_key_base: ", "9bffff38ca63be5cdeb8c5a7", "3a3d8c15cd925ab4cd14dace", "ef973707485edeb06c06f773", "2bf0c83623ae3f94e7bf3bc4", "20c91253c3345c40211201ea", "9d4df7a2")],
        &[concat!("secret_key_base: ", "9bffff38ca63be5cdeb8c5a7", "3a3d8c15cd925ab4cd14dace", "ef973707485edeb06c06f773", "2bf0"), concat!("secret_key_base: ", "9bffff38ca63be5cdeb8c5a7", "3a3d8c15cd925ab4cd")],
    ),
    row(
        "laravel-app-key",
        "Laravel application key",
        "Laravel",
        &["base64:"],
        r#"(?i)\bAPP_KEY\s{0,2}=\s{0,2}["\x27]?(base64:[0-9A-Za-z+/]{43}=)"#,
    )
    .named()
    .entropy(4.0)
    .tried(
        &[concat!("APP_KEY=base64:", "sVjq3ikRijBFH1j/3YyCbOw/", "PAeVLYAfrHW4Y9nJg7D=")],
        &[concat!("APP_KEY=base64:", "sVjq3ikRijBFH1j/3YyCbOw"), concat!("APP_KEY=base64:", "...")],
    ),
    row(
        "wordpress-salt",
        "WordPress key or salt",
        "WordPress",
        &["AUTH_KEY", "AUTH_SALT", "LOGGED_IN_KEY", "LOGGED_IN_SALT", "NONCE_KEY", "NONCE_SALT"],
        r#"(?:AUTH|SECURE_AUTH|LOGGED_IN|NONCE)_(?:KEY|SALT)["\x27]\s{0,3},\s{0,12}["\x27]([\w\-+/=.~%\\&#;:@!$^*?|]{8,64})"#,
    )
    .named()
    .entropy(3.8)
    .tried(
        &[concat!("define('AUTH_KEY', '", "7j8^2uonBnfP~dxt$Me|?IN.", "e3!~@L.yK|Du_hn8|2H_/zy%", "ghfJ+3##lFvGaGh*');")],
        &[concat!("define('AUTH_KEY', '", "EXAMPLE"), concat!("define('AUTH_KEY', '", "abc")],
    ),
    row(
        "jwt-secret",
        "Secret that signs tokens",
        "several",
        &["jwt"],
        r#"(?i)jwt["\x27]?[\w.\-: \r\n{]{0,12}?(?:secret|key|signing)[\w.\-]{0,12}["\x27]?\s{0,3}[:=]\s{0,3}["\x27]?([0-9A-Za-z+/=_\-!@#$%^&*.]{16,})"#,
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("JWT_SECRET=", "OkGfj0Vb3KtUUz0UkefBjhJx", "amKDOGqaklKtNXAt")],
        &[concat!("JWT_SECRET=", "OkGfj0Vb3KtUU"), concat!("JWT_SECRET=", "EXAMPLE")],
    ),
    row(
        "filezilla-password",
        "FileZilla stored password",
        "FileZilla",
        &["<Pass"],
        r#"<Pass(?: encoding="base64")?>([\w\-+/=.~%&#;:@!$^*?|]{6,})"#,
    )
    .named()
    .entropy(2.5)
    .check(validate::password)
    .tried(
        &[concat!("<Pass encoding=\"base64\">", "VFB2THpqcUVLYXE4bU8=</Pa", "ss>")],
        &[concat!("<Pass encoding=\"base64\">", "abc"), concat!("<Pass encoding=\"base64\"", ">")],
    ),
    row(
        "sshpass",
        "Password on an sshpass or mysql command line",
        "several",
        &["sshpass", "mysql"],
        r#"(?:\bsshpass\s+-p\s?|\bmysql(?:dump|admin)?\b[^\r\n]{0,100}?\s-p|--password[= ])["\x27]?([^\s"\x27|;&-][^\s"\x27|;&]{5,60})"#,
    )
    .named()
    .entropy(2.8)
    .check(validate::password)
    .tried(
        &[concat!("sshpass -p ", "eKfA9Pe3mtHsnC ssh host")],
        &[concat!("sshpass -p ", "eKfA"), concat!("sshpass -p ", "abc")],
    ),
];
