//! Sign-in, single sign-on and security services.
use super::row::{near, row};
use super::validate;
use crate::detector::Detector;

pub(super) static ROWS: &[Detector] = &[
    row(
        "okta-api-token",
        "Okta API token",
        "Okta",
        &["okta", "SSWS"],
        r"(?i:okta|ssws)[^\x00-\x08]{0,40}?\b(00[\w-]{40})",
    )
    .named()
    .entropy(3.8)
    .tried(
        &[concat!("Authorization: SSWS ", "00G8c2lrMGm_H-DqAhCpdP1a", "z-7rTnE_6RmDhp-ZD6")],
        &[concat!("Authorization: SSWS ", "00G8c2lrMGm_H-DqAhCpdP1a", "z"), concat!("Authorization: SSWS ", "00G8c2lrMGm_H-")],
    ),
    row(
        "auth0-secret",
        "Auth0 client secret",
        "Okta",
        &["auth0"],
        r#"(?i:auth0)[\w.\-"\x27: {]{0,24}?(?i:secret)["\x27]?\s{0,3}[:=]\s{0,3}["\x27]?([\w-]{64})"#,
    )
    .named()
    .entropy(4.0)
    .tried(
        &[concat!("AUTH0_CLIENT_SECRET=", "keZ00F7OL5FwTq-FoDjnUagp", "0mKwMjz9bzwfDSUe1Dn0jWFd", "g2YndI0iYL9AvdXu")],
        &[concat!("AUTH0_CLIENT_SECRET=", "keZ00F7OL5FwTq-FoDjnUagp", "0mKwMjz9bzwfDS"), concat!("AUTH0_CLIENT_SECRET=", "keZ00F7OL5FwTq-FoDjnU")],
    ),
    row(
        "onelogin-secret",
        "OneLogin client secret",
        "OneLogin",
        &["onelogin"],
        near!("onelogin", r"[0-9a-f]{64}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("ONELOGIN_SECRET_KEY=", "cc4874a02f04ae7e9b27af53", "5d044b94629d28a573438e87", "7e0523f6ad9278c8")],
        &[concat!("ONELOGIN_SECRET_KEY=", "cc4874a02f04ae7e9b27af53", "5d044b94629d28"), concat!("ONELOGIN_SECRET_KEY=", "cc4874a02f04ae7e9b27a")],
    ),
    row(
        "jumpcloud-key",
        "JumpCloud API key",
        "JumpCloud",
        &["jumpcloud"],
        near!("jumpcloud", r"(?:jca_[0-9A-Za-z]{36}|[0-9a-z]{40})\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("JUMPCLOUD_SECRET_KEY=", "m8brwyylv0sels2ebud0az30", "ur3kh4q1u9clyxvq")],
        &[concat!("JUMPCLOUD_SECRET_KEY=", "m8brwyylv0sels2ebud0az30"), concat!("JUMPCLOUD_SECRET_KEY=", "m8brwyylv0sel")],
    ),
    row(
        "clerk-secret-key",
        "Clerk webhook or machine secret",
        "Clerk",
        &["clerk"],
        r"\b(?:mt|oat|ak|m2m)_[0-9A-Za-z]{24,60}\b",
    )
    .entropy(3.8)
    .tried(
        &[concat!("CLERK_MACHINE_TOKEN=", "mt_guWrgf3ll4ZtMMSUmyqTS", "1EDuq3D0lg6")],
        &[concat!("CLERK_MACHINE_TOKEN=", "mt_guWrgf3ll4ZtMMSUmy"), concat!("CLERK_MACHINE_TOKEN=", "mt_guWrgf3l")],
    ),
    row(
        "workos-key",
        "WorkOS key",
        "WorkOS",
        &["sk_live_a2V5", "sk_test_a2V5"],
        r"\bsk_(?:live|test)_a2V5[0-9A-Za-z]{40,}={0,2}",
    )
    .entropy(3.5)
    .tried(
        &[concat!("sk_live_a2V5", "KIZLVBLEGWMZvtoN7ODnnnGw", "fB8kmYyF0BCDWHEjEiE==")],
        &[concat!("sk_live_a2V5", "KIZLVBLEGWMZvtoN7ODnnn"), concat!("sk_live_a2V5", "...")],
    ),
    row(
        "authress-key",
        "Authress service client key",
        "Authress",
        &["acc-", "acc_"],
        r"\b(?:sc|ext|scauth|authress)_[0-9A-Za-z]{5,30}\.[0-9A-Za-z]{4,6}\.acc[_-][0-9A-Za-z\-]{10,32}\.[0-9A-Za-z+/_=\-]{30,}",
    )
    .entropy(4.0)
    .tried(
        &[concat!("scauth_8EQ4c.uAIW3m.acc-", "h22p28QyIIo.uyLTm6hVZmy5", "hvOpD6WeTfJqhlVujLuV6Zi3", "Nz7")],
        &[concat!("scauth_8EQ4c.uAIW3m.acc-", "h22p28QyIIo.uyLTm6hVZ"), concat!("scauth_8EQ4c.uAIW3m.acc-", "h")],
    ),
    row(
        "stytch-secret",
        "Stytch secret",
        "Stytch",
        &["secret-live-", "secret-test-"],
        r"\bsecret-(?:live|test)-[\w\-]{30,36}=?",
    )
    .entropy(3.5)
    .tried(
        &[concat!("secret-test-", "tJQOteNJQGoAYf5liLhv3S8E", "19ZLcg5hxiHO")],
        &[concat!("secret-test-", "tJQOteNJQGoAYf5l"), concat!("secret-test-", "...")],
    ),
    row(
        "duo-secret",
        "Duo secret key",
        "Cisco",
        &["duo_"],
        near!("duo", r"[0-9A-Za-z]{40}\b"),
    )
    .named()
    .entropy(3.8)
    .check(validate::opaque)
    .tried(
        &[concat!("DUO_SECRET_KEY=", "DqVf9jTNrGScGzMJY1Vh4mpw", "HSxNJkc47MlQokq0")],
        &[concat!("DUO_SECRET_KEY=", "DqVf9jTNrGScGzMJY1Vh4mpw"), concat!("DUO_SECRET_KEY=", "DqVf9jTNrGScG")],
    ),
    row(
        "meraki-key",
        "Cisco Meraki API key",
        "Cisco",
        &["meraki"],
        near!("meraki", r"[0-9a-f]{40}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("MERAKI_SECRET_KEY=", "885fbc59b4c844ed09622e0d", "f3fc48803be75487")],
        &[concat!("MERAKI_SECRET_KEY=", "885fbc59b4c844ed09622e0d"), concat!("MERAKI_SECRET_KEY=", "885fbc59b4c84")],
    ),
    row(
        "snyk-token",
        "Snyk API token",
        "Snyk",
        &["snyk"],
        near!("snyk", r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("SNYK_SECRET_KEY=", "215dafd8-9a60-9906-1c1c-", "e490dfe7e7d1")],
        &[concat!("SNYK_SECRET_KEY=", "215dafd8-9a60-9906-1c"), concat!("SNYK_SECRET_KEY=", "215dafd8-9a6")],
    ),
    row(
        "snyk-prefixed-token",
        "Snyk API token with prefix",
        "Snyk",
        &["snyk_uat.", "snyk_sat."],
        r"\bsnyk_[us]at\.[0-9a-f]{8}\.[\w\-.]{60,}",
    )
    .entropy(3.8)
    .tried(
        &[concat!("snyk_uat.", "cf318bee.zshyHwSpi_Kf0h_", "u9qiHqDINGHFMc0vzM_7K1XT", "tWM8Ew-JlAJEDmWuIGKzRN")],
        &[concat!("snyk_uat.", "cf318bee.zshyHwSpi_Kf0h_", "u9qiHqDINGHFMc"), concat!("snyk_uat.", "...")],
    ),
    row(
        "sonarqube-token",
        "SonarQube token",
        "Sonar",
        &["squ_", "sqp_", "sqa_", "sqb_"],
        r"\bsq[upab]_[0-9a-f]{40}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!("sqp_", "a736093473f3f2b3a55d534f", "207e35f6b55523c6")],
        &[concat!("sqp_", "a736093473f3f2b3a55d53"), concat!("sqp_", "...")],
    ),
    row(
        "sonar-legacy-token",
        "SonarQube or SonarCloud token",
        "Sonar",
        &["sonar"],
        near!("sonar", r"[0-9a-f]{40}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("SONAR_SECRET_KEY=", "79c88e981bac7481ca7f1490", "2fa0094b90c65210")],
        &[concat!("SONAR_SECRET_KEY=", "79c88e981bac7481ca7f1490"), concat!("SONAR_SECRET_KEY=", "79c88e981bac7")],
    ),
];
