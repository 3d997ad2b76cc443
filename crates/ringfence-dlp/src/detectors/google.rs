//! Google Cloud, Firebase and Google APIs.
use super::row::{near, row};
use super::validate;
use crate::detector::Detector;

pub(super) static ROWS: &[Detector] = &[
    row(
        "google-api-key",
        "Google API key",
        "Google",
        &["AIza"],
        r"\bAIza[\w-]{35}",
    )
    .entropy(3.3)
    .tried(
        &[concat!("AIza", "6R8tLlhyQFdNPkTZEj14yQ6c", "WGTvwR27hL3")],
        &[concat!("AIza", "6R8tLlhyQFdNPkTZEj1"), concat!("AIza", "...")],
    ),
    row(
        "google-oauth-client-secret",
        "Google OAuth client secret",
        "Google",
        &["GOCSPX-"],
        r"GOCSPX-[\w-]{28}",
    )
    .entropy(3.0)
    .tried(
        &[concat!("GOCSPX-", "m-uHEODRucdljQIWqR766EHD", "XFFO")],
        &[concat!("GOCSPX-", "m-uHEODRucdljQ"), concat!("GOCSPX-", "...")],
    ),
    row(
        "google-oauth-access-token",
        "Google OAuth access token",
        "Google",
        &["ya29."],
        r"\bya29\.[\w\-./]{30,}",
    )
    .entropy(3.5)
    .tried(
        &[concat!("ya29.", "l_Q.c6ZBpMzxREf5gfP9zckx", "aeotY9T0LEH")],
        &[concat!("ya29.", "l_Q.c6ZBpMzxREf5gfP"), concat!("ya29.", "...")],
    ),
    row(
        "google-oauth-refresh-token",
        "Google OAuth refresh token",
        "Google",
        &["1//0"],
        r"(?:^|[^0-9A-Za-z/])(1//0[\w-]{40,})",
    )
    .named()
    .entropy(3.8)
    .tried(
        &[concat!("refresh_token: \" 1//0", "JqOpte2Bk1XjIL4MpGVPrDhT", "rWA_Nfy4VxOvrdj4JdA6Mb\"")],
        &[concat!("refresh_token: \" 1//0", "JqOpte2Bk1XjIL4MpGVPrDhT", "rW"), concat!("refresh_token: \" 1//0", "...")],
    ),
    row(
        "google-service-account-key",
        "Google service account private key id beside its key",
        "Google",
        &["private_key_id"],
        r#""private_key_id"\s{0,4}:\s{0,4}"([0-9a-f]{40})""#,
    )
    .named()
    .entropy(3.0)
    .tried(
        &[concat!("{\"type\": \"service_account\", \"private_key_id\": \"", "545e1427f549fa1a3de99711", "c957f51afbc358d6\"}")],
        &[concat!("{\"type\": \"service_account\", \"private_key_id\": \"", "545e1427f549fa1a3de99711"), concat!("{\"type\": \"service_account\", \"private_key_id\": \"", "545e1427f549f")],
    ),
    row(
        "google-client-secret-legacy",
        "Google OAuth client secret without prefix",
        "Google",
        &["client_secret", "client-secret", "clientsecret"],
        r#"(?i)client[_\-]?secret["\x27\]]{0,2}\s{0,3}[:=]\s{0,3}["\x27]([0-9A-Za-z_\-]{24})["\x27]"#,
    )
    .named()
    .entropy(3.5)
    .check(validate::opaque)
    .tried(
        &[concat!("\"client_secret\":\"", "Ki5Of9AqXSJuIUgKQZ22ju_E", "\"")],
        &[concat!("\"client_secret\":\"", "Ki5Of9AqXSJuIU"), concat!("\"client_secret\":\"", "Ki5Of9Aq")],
    ),
    row(
        "gcp-hmac-key-id",
        "Google Cloud Storage HMAC access id",
        "Google",
        &["GOOG"],
        r"\bGOOG(?:1E)?[A-Z0-9]{20,57}\b",
    )
    .entropy(3.3)
    .tried(
        &[concat!("GOOG", "1EKHQAL51Y1RS58WW9EW08MX", "76UUCD8")],
        &[concat!("GOOG", "1EKHQAL51Y1RS58WW"), concat!("GOOG", "...")],
    ),
    row(
        "firebase-fcm-server-key",
        "Firebase Cloud Messaging server key",
        "Google",
        &[":APA91b"],
        r"\bAAAA[\w-]{7}:(APA91b[\w-]{130,})",
    )
    .named()
    .entropy(3.5)
    .tried(
        &[concat!("AAAA3hwHMZe:", "APA91bSGP4HikRIoDkESmJPb", "IQfoTugz2A8hf4t4TBpBxStR", "Lv3S4IUY1HFNCwyHX9xFEGlc", "18O9jhQnhcv7Nq9rWIFpKnwX", "ZDUL_fVrOQIha7E2WdS_SA8N", "6m2A-dJowF37DwHmq9_D-0")],
        &[concat!("AAAA3hwHMZe:", "APA91bSGP4HikRIoDkESmJPb", "IQfoTugz2A8hf4t4TBpBxStR", "Lv3S4IUY1HFNCwyHX9xFEGlc", "18O9jhQnhcv7N"), concat!("AAAA3hwHMZe:", "APA91bSGP4HikRIoDkESmJPb", "IQfoTugz2A8hf4t4TBpBxSt")],
    ),
    row(
        "google-recaptcha-secret",
        "Google reCAPTCHA key",
        "Google",
        &["recaptcha"],
        r"\b6L[\w-]{6}AAAAA[\w-]{27}",
    )
    .warn()
    .entropy(3.0)
    .tried(
        &[concat!("RECAPTCHA_SECRET=", "6LaIiVilAAAAApXX2Ty4Wbtg", "bWTNSZ4dH9R_j5FS")],
        &[concat!("RECAPTCHA_SECRET=", "6LaIiVilAAAAApXX2Ty4Wbtg"), concat!("RECAPTCHA_SECRET=", "6LaIiVilAAAAA")],
    ),
    row(
        "google-maps-signature",
        "Google Maps URL signing secret",
        "Google",
        &["google_maps", "googlemaps", "maps_"],
        near!(r"google[_\- ]?maps|maps", r"[\w-]{27}="),
    )
    .named()
    .entropy(3.5)
    .check(validate::opaque)
    .tried(
        &[concat!("GOOGLE_MAPS_SECRET_KEY=", "3gFWWHcF9iFLIbmpUlq0_apg", "FTz=")],
        &[concat!("GOOGLE_MAPS_SECRET_KEY=", "3gFWWHcF9iFLIbmp"), concat!("GOOGLE_MAPS_SECRET_KEY=", "3gFWWHcF9")],
    ),
];
