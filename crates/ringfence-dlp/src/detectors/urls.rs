//! Passwords in connection strings, URLs, headers and configuration files.
use super::row::row;
use super::validate;
use crate::detector::Detector;

pub(super) static ROWS: &[Detector] = &[
    row(
        "url-password",
        "Password in a URL",
        "several",
        &["://"],
        r#"(?i)\b[a-z][a-z0-9+.\-]{1,20}://[^\s:/@?#"\x27<>]{0,80}:([^\s/@"\x27<>?#]{3,}@?[^\s/@"\x27<>?#]{0,64})@[\w.\-\[%$]"#,
    )
    .named()
    .check(validate::url_password)
    .tried(
        &[concat!("postgresql://app:", "17FNMyWZ1jHd7ynWMUW2@db.", "internal:5432/main")],
        &[concat!("postgresql://app:", "17FNMyWZ1jHd"), concat!("postgresql://app:", "17FNMy")],
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
        &[concat!("jdbc:postgresql://db.example.com:5432/app?user=admin&password=", "2HVnG6jNF2gxC1Y1")],
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
        &[concat!("Server=db,1433;Database=app;User ID=sa;Password=", "SdjwLxzSr8dYl5;")],
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
        &[concat!("Authorization: Basic ", "ZGVwbG95OlFtVFJPclNFUzhD", "Nmpm")],
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
        &[concat!("Authorization: Bearer ", "fcfe573119cf46592cd566d1", "bfda39d773266833")],
        &[concat!("Authorization: Bearer ", "fcfe573119cf4"), concat!("Authorization: Bearer ", "EXAMPLE")],
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
        &[concat!("Authorization: Token ", "45f6bc2ddb60bb092733cf40", "db541483b561d61d")],
        &[concat!("Authorization: Token ", "45f6bc2ddb60b"), concat!("Authorization: Token ", "EXAMPLE")],
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
        &[concat!("X-Api-Key: ", "f9b8ba7b42e4be24c263cb8c", "ede138ff")],
        &[concat!("X-Api-Key: ", "f9b8ba7b42e4be24c26"), concat!("X-Api-Key: ", "f9b8ba7b42")],
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
        &[concat!("curl -u elastic:", "3qQivzZO96qUQZ9c")],
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
        &[concat!("machine api.example.com login bot password ", "eHLD3ZhZYRUcluFcAn")],
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
        &[concat!("Authorization: Bearer eyJ", "hbGciOiJIUzI1NiIsInR5cCI", "6IkpXVCJ9.eyJzdWIiOiIyMz", "kzNTgyNTY2IiwiaWF0IjoxNz", "AwMDAwMDAwfQ.Vlo_ctQZ9su", "ILGNG4_aZ7RLIa_TFtFzu6zF", "JrUdD0f8")],
        &[concat!("Authorization: Bearer eyJ", "hbGciOiJIUzI1NiIsInR5cCI", "6IkpXVCJ9.eyJzdWIiOiIyMz", "kzNTgyNTY2IiwiaWF0IjoxNz", "AwM"), concat!("Authorization: Bearer eyJ", "...")],
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
        &[concat!("token=eyJ", "hbGciOiJkaXIiLCJlbmMiOiJ", "BMjU2R0NNIn0..yl4OeEGUtC", "X5AOws.aNmbMcuA7viT_GT6l", "D0LVCW84DW4cz-X5n8wNuA2X", "l-Y1s9QSzssIw2et3Y6.cbgB", "G_wiluQ_WdCHYvTJ7o")],
        &[concat!("token=eyJ", "hbGciOiJkaXIiLCJlbmMiOiJ", "BMjU2R0NNIn0..yl4OeEGUtC", "X5AOws.aNmbMcuA7viT_GT6l", "D0LVCW84D"), concat!("token=eyJ", "...")],
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
        &[concat!("Cookie: theme=dark; sessionid=", "fChTa6L0JAehXMSw1V8tCBZ4", "s3aKHuoR")],
        &[concat!("Cookie: theme=dark; sessionid=", "fChTa6L0JAehXMSw1V8"), concat!("Cookie: theme=dark; sessionid=", "fChTa6L0JA")],
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
        &[concat!("SECRET_KEY = \"django-insecure-", "__^8a*0+h9s=ydbyz*88sc2k", "w=xedxi#$3yjfe4aurrq!*_8", "x5\"")],
        &[concat!("SECRET_KEY = \"django-insecure-", "__^8a*0+h9s=ydby"), concat!("SECRET_KEY = \"django-insecure-", "EXAMPLE")],
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
        &[concat!("secret_key_base: ", "824b01fe421870c23cc62ba2", "13b3993a8970ca1e865b68f0", "7388c3da960a5ab91e2c17d0", "5fc95681d83df84a1e540947", "afd18ca95c3601d5cee14a26", "4fb80d96")],
        &[concat!("secret_key_base: ", "824b01fe421870c23cc62ba2", "13b3993a8970ca1e865b68f0", "7388c3da960a5ab91e2c17d0", "5fc9"), concat!("secret_key_base: ", "824b01fe421870c23cc62ba2", "13b3993a8970ca1e86")],
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
        &[concat!("APP_KEY=base64:", "YRatt6Ac1rb7CuvYodS8sgJ9", "SPpbclMIVAGmzM+1Ayy=")],
        &[concat!("APP_KEY=base64:", "YRatt6Ac1rb7CuvYodS8sgJ"), concat!("APP_KEY=base64:", "...")],
    ),
    row(
        "wordpress-salt",
        "WordPress key or salt",
        "WordPress",
        &["AUTH_KEY", "AUTH_SALT", "LOGGED_IN_KEY", "LOGGED_IN_SALT", "NONCE_KEY", "NONCE_SALT"],
        r#"(?:AUTH|SECURE_AUTH|LOGGED_IN|NONCE)_(?:KEY|SALT)["\x27]\s{0,3},\s{0,12}["\x27]([!-~]{20,64})"#,
    )
    .named()
    .entropy(3.8)
    .tried(
        &[concat!("define('AUTH_KEY', '", "K@HEJ.r9m=lPc9y9uGz::5z!", "11%%*1PaqEA66a%+ChIl2B0^", "P^$n33nx&PM6mEGK');")],
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
        &[concat!("JWT_SECRET=", "gINi22ck2fHrxyLemA4k6rn2", "PD6WLLLkO7vkMyYl")],
        &[concat!("JWT_SECRET=", "gINi22ck2fHrx"), concat!("JWT_SECRET=", "EXAMPLE")],
    ),
    row(
        "filezilla-password",
        "FileZilla stored password",
        "FileZilla",
        &["<Pass"],
        r#"<Pass(?: encoding="base64")?>([^\s<>]{6,})"#,
    )
    .named()
    .entropy(2.5)
    .check(validate::password)
    .tried(
        &[concat!("<Pass encoding=\"base64\">", "dXdnQUltNkVLaUhLMFQ=</Pa", "ss>")],
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
        &[concat!("sshpass -p ", "HOhBxsveu0WtkJ ssh host")],
        &[concat!("sshpass -p ", "HOhB"), concat!("sshpass -p ", "abc")],
    ),
];
