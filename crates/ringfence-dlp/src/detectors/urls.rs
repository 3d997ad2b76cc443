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
        &[concat!("postgresql://app:", "vBfxgH71JAaiNkLAuMs1@db.", "internal:5432/main")],
        &[concat!("postgresql://app:", "vBfxgH71JAai"), concat!("postgresql://app:", "vBfxgH")],
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
        &[concat!("jdbc:postgresql://db.example.com:5432/app?user=admin&password=", "CqQuQ1yX2BJ8V2Tl")],
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
        &[concat!("Server=db,1433;Database=app;User ID=sa;Password=", "SqjhF2gVWwPLGE;")],
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
        &[concat!("Authorization: Basic ", "ZGVwbG95OlBNWlFuS3oyYWZ2", "VHc5")],
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
        &[concat!("Authorization: Bearer ", "266aa472679397e4c1d978bf", "ff029dfc6c50cd98")],
        &[concat!("Authorization: Bearer ", "266aa47267939"), concat!("Authorization: Bearer ", "EXAMPLE")],
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
        &[concat!("Authorization: Token ", "6da585fde1575830388a4580", "cc828d372086a43b")],
        &[concat!("Authorization: Token ", "6da585fde1575"), concat!("Authorization: Token ", "EXAMPLE")],
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
        &[concat!("X-Api-Key: ", "f232d39a8bb1c6602580468e", "bc599037")],
        &[concat!("X-Api-Key: ", "f232d39a8bb1c660258"), concat!("X-Api-Key: ", "f232d39a8b")],
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
        &[concat!("curl -u elastic:", "NMyWZ1jHd7ynWMUW")],
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
        &[concat!("machine api.example.com login bot password ", "22HVnG6jNF2gxC1Y1S")],
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
        &[concat!("Authorization: Bearer eyJ", "hbGciOiJIUzI1NiIsInR5cCI", "6IkpXVCJ9.eyJzdWIiOiI5NT", "cyOTgxNjc2IiwiaWF0IjoxNz", "AwMDAwMDAwfQ.OuSvGPCyn-w", "MTC66anyGQNaBosKPPr7k_tg", "CdsUTC9D")],
        &[concat!("Authorization: Bearer eyJ", "hbGciOiJIUzI1NiIsInR5cCI", "6IkpXVCJ9.eyJzdWIiOiI5NT", "cyOTgxNjc2IiwiaWF0IjoxNz", "AwM"), concat!("Authorization: Bearer eyJ", "...")],
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
        &[concat!("token=eyJ", "hbGciOiJkaXIiLCJlbmMiOiJ", "BMjU2R0NNIn0..wRXCDHK-Ri", "p8qslw.bO0lj1dAVDCm-J2rk", "NJ4JXEkMQ4sO5szcjZjgVlJ8", "vIiw9ImBPDokWmxsu6z.sCYz", "-7rmJDyrJYgQ6syUKn")],
        &[concat!("token=eyJ", "hbGciOiJkaXIiLCJlbmMiOiJ", "BMjU2R0NNIn0..wRXCDHK-Ri", "p8qslw.bO0lj1dAVDCm-J2rk", "NJ4JXEkMQ"), concat!("token=eyJ", "...")],
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
        &[concat!("Cookie: theme=dark; sessionid=", "utwAEbDnMY8KyPQVfNPwVwzX", "gaYJlghR")],
        &[concat!("Cookie: theme=dark; sessionid=", "utwAEbDnMY8KyPQVfNP"), concat!("Cookie: theme=dark; sessionid=", "utwAEbDnMY")],
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
        &[concat!("SECRET_KEY = \"django-insecure-", "^nre%&12*@-jk!ilic5srdnk", "js5-oh1h42d^84h8j0+ptg9a", "%u\"")],
        &[concat!("SECRET_KEY = \"django-insecure-", "^nre%&12*@-jk!il"), concat!("SECRET_KEY = \"django-insecure-", "EXAMPLE")],
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
        &[concat!("secret_key_base: ", "4b16a347d38126e5c959e21e", "b7f471b305738213819ff81c", "2e5e208bf80d267fdd4e0ad0", "839a24febbe6f89348e7416e", "3a095be0f46521a8d0d39c10", "cc91e5bb")],
        &[concat!("secret_key_base: ", "4b16a347d38126e5c959e21e", "b7f471b305738213819ff81c", "2e5e208bf80d267fdd4e0ad0", "839a"), concat!("secret_key_base: ", "4b16a347d38126e5c959e21e", "b7f471b30573821381")],
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
        &[concat!("APP_KEY=base64:", "m96kHwmIB9y1fZZXk+YBGk27", "yxI85WU1m9EmpO9ifBi=")],
        &[concat!("APP_KEY=base64:", "m96kHwmIB9y1fZZXk+YBGk2"), concat!("APP_KEY=base64:", "...")],
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
        &[concat!("define('AUTH_KEY', '", "e@o3nMNn1GKFd6Pf*Hzu4AG.", "dCoJG_6p$0LBb0uO4N@f*i8g", "F%=bx.6MuBIe$I^m');")],
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
        &[concat!("JWT_SECRET=", "ZaQUH8L3SdhB81bJ8iFLqjUQ", "3tHiWgiPWKIbBPn6")],
        &[concat!("JWT_SECRET=", "ZaQUH8L3SdhB8"), concat!("JWT_SECRET=", "EXAMPLE")],
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
        &[concat!("<Pass encoding=\"base64\">", "RDFvMlJCelhQWFRZbFQ=</Pa", "ss>")],
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
        &[concat!("sshpass -p ", "39Lb5C8frVYekM ssh host")],
        &[concat!("sshpass -p ", "39Lb"), concat!("sshpass -p ", "abc")],
    ),
];
