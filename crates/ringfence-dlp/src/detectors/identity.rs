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
        &[concat!("Authorization: SSWS ", "00jOseevWNuL1G3GjifhJg1M", "qaNWtwUTSHpntsJad4")],
        &[concat!("Authorization: SSWS ", "00jOseevWNuL1G3GjifhJg1M", "q"), concat!("Authorization: SSWS ", "00jOseevWNuL1G")],
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
        &[concat!("AUTH0_CLIENT_SECRET=", "WXo1LAZCSJO9gueWRFP3wW2J", "aHCAHcNpmVOfIjXGSu0IECJ3", "SHQOQpbRmeMbgjr7")],
        &[concat!("AUTH0_CLIENT_SECRET=", "WXo1LAZCSJO9gueWRFP3wW2J", "aHCAHcNpmVOfIj"), concat!("AUTH0_CLIENT_SECRET=", "WXo1LAZCSJO9gueWRFP3w")],
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
        &[concat!("ONELOGIN_SECRET_KEY=", "fc71e7f404ce1d1071531513", "e764602da3de9e28fe2629e1", "0095a30ea10f8d8a")],
        &[concat!("ONELOGIN_SECRET_KEY=", "fc71e7f404ce1d1071531513", "e764602da3de9e"), concat!("ONELOGIN_SECRET_KEY=", "fc71e7f404ce1d1071531")],
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
        &[concat!("JUMPCLOUD_SECRET_KEY=", "l8z7orcwd5531crpqsvjl5ed", "8awhb2zy6xnczsgl")],
        &[concat!("JUMPCLOUD_SECRET_KEY=", "l8z7orcwd5531crpqsvjl5ed"), concat!("JUMPCLOUD_SECRET_KEY=", "l8z7orcwd5531")],
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
        &[concat!("CLERK_MACHINE_TOKEN=", "mt_JuknzLJaVDPx1JUxofZns", "gmqG0KD3lqd")],
        &[concat!("CLERK_MACHINE_TOKEN=", "mt_JuknzLJaVDPx1JUxof"), concat!("CLERK_MACHINE_TOKEN=", "mt_JuknzLJa")],
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
        &[concat!("sk_test_a2V5", "iHD2n7YbkeiXfBTORn2lm6gs", "MkDPtgJINWNWGZoXwiB7I==")],
        &[concat!("sk_test_a2V5", "iHD2n7YbkeiXfBTORn2lm6g"), concat!("sk_test_a2V5", "...")],
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
        &[concat!("authress_93xpVc.i1LkN.ac", "c-uw7xtILMGwS.RHK5T=HH61", "RCcb2pmitdkHZJ9Jx7jg")],
        &[concat!("authress_93xpVc.i1LkN.ac", "c-uw7xtILMGwS.RH"), "authress_93xpVc.i1LkN."],
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
        &[concat!("secret-live-", "WN9e_i--lbde61iw8oWs-F1w", "Ci6NvoiW2=")],
        &[concat!("secret-live-", "WN9e_i--lbde61i"), concat!("secret-live-", "...")],
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
        &[concat!("DUO_SECRET_KEY=", "kjoj0vqKX297xBXZT6djmZnz", "20QCrDDmGAkCrZeG")],
        &[concat!("DUO_SECRET_KEY=", "kjoj0vqKX297xBXZT6djmZnz"), concat!("DUO_SECRET_KEY=", "kjoj0vqKX297x")],
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
        &[concat!("MERAKI_SECRET_KEY=", "13f77ce5f6367643cf382f69", "b320efc8ab8f646b")],
        &[concat!("MERAKI_SECRET_KEY=", "13f77ce5f6367643cf382f69"), concat!("MERAKI_SECRET_KEY=", "13f77ce5f6367")],
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
        &[concat!("SNYK_SECRET_KEY=", "22a5a2a8-985d-615e-aba4-", "fd2bc8bb4590")],
        &[concat!("SNYK_SECRET_KEY=", "22a5a2a8-985d-615e-ab"), concat!("SNYK_SECRET_KEY=", "22a5a2a8-985")],
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
        &[concat!("snyk_sat.", "2d2cc2ab.M52C0MdWTvwPBbY", "7uNnvnD_bVSo93w4P6dTDkzL", "VNoDoZWgdye-A.P-ToWp5mdj", "Ts")],
        &[concat!("snyk_sat.", "2d2cc2ab.M52C0MdWTvwPBbY", "7uNnvnD_bVSo93w4"), concat!("snyk_sat.", "...")],
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
        &[concat!("sqa_", "3a2c341f88962084220bc993", "5dac595a87ebaec1")],
        &[concat!("sqa_", "3a2c341f88962084220bc9"), concat!("sqa_", "...")],
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
        &[concat!("SONAR_SECRET_KEY=", "7c293c899de9f5fbb1a92e87", "0ba0be20fba30a4b")],
        &[concat!("SONAR_SECRET_KEY=", "7c293c899de9f5fbb1a92e87"), concat!("SONAR_SECRET_KEY=", "7c293c899de9f")],
    ),
    row(
        "semgrep-token",
        "Semgrep token",
        "Semgrep",
        &["semgrep"],
        near!("semgrep", r"[0-9a-f]{64}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("SEMGREP_SECRET_KEY=", "71fee4c7de15b666f4880a30", "632a25b0e59399bf6408ac4d", "f8f2242b5e9e78e3")],
        &[concat!("SEMGREP_SECRET_KEY=", "71fee4c7de15b666f4880a30", "632a25b0e59399"), concat!("SEMGREP_SECRET_KEY=", "71fee4c7de15b666f4880")],
    ),
    row(
        "aikido-token",
        "Aikido token",
        "Aikido",
        &["AIK_"],
        r"\bAIK_(?:CLIENT|SECRET|CI)_[0-9A-Za-z]{20,80}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!("AIK_", "CLIENT_Z7fGHHxqCfsWk5emc", "rNmEPEq20PnesmPv3x")],
        &[concat!("AIK_", "CLIENT_Z7fGHHxqCfsWk5em"), concat!("AIK_", "...")],
    ),
    row(
        "endor-key",
        "Endor Labs API key",
        "Endor Labs",
        &["endr+"],
        r"\bendr\+[0-9A-Za-z\-]{16,40}",
    )
    .entropy(3.0)
    .tried(
        &[concat!("endr+", "EMWo5ol0V72sZgL2vpiLAc7N", "UobuUV")],
        &[concat!("endr+", "..."), concat!("endr+", " EMWo5ol0V72sZgL2vpiLAc7", "NUobuUV")],
    ),
    row(
        "virustotal-key",
        "VirusTotal API key",
        "Google",
        &["virustotal", "vt_api"],
        near!("virustotal|vt", r"[0-9a-f]{64}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("VIRUSTOTAL_SECRET_KEY=", "a24bac3808f2cd5d4ab009cd", "7258bb9de269ee9ac948be92", "dd3d370486bd3aed")],
        &[concat!("VIRUSTOTAL_SECRET_KEY=", "a24bac3808f2cd5d4ab009cd", "7258bb9de269ee"), concat!("VIRUSTOTAL_SECRET_KEY=", "a24bac3808f2cd5d4ab00")],
    ),
    row(
        "shodan-key",
        "Shodan API key",
        "Shodan",
        &["shodan"],
        near!("shodan", r"[0-9A-Za-z]{32}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("SHODAN_SECRET_KEY=", "tHDI950kSYa6ZYVzlPeyP3oi", "vBLbKBQ7")],
        &[concat!("SHODAN_SECRET_KEY=", "tHDI950kSYa6ZYVzlPe"), concat!("SHODAN_SECRET_KEY=", "tHDI950kSY")],
    ),
    row(
        "securitytrails-key",
        "SecurityTrails API key",
        "Recorded Future",
        &["securitytrails"],
        near!("securitytrails", r"[0-9A-Za-z]{32}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("SECURITYTRAILS_SECRET_KEY=", "jishNyV2j4PP0xpj5mnTSU3M", "sKeBcvp5")],
        &[concat!("SECURITYTRAILS_SECRET_KEY=", "jishNyV2j4PP0xpj5mn"), concat!("SECURITYTRAILS_SECRET_KEY=", "jishNyV2j4")],
    ),
    row(
        "urlscan-key",
        "urlscan.io API key",
        "urlscan",
        &["urlscan"],
        near!("urlscan", r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("URLSCAN_SECRET_KEY=", "83ae7577-81c4-83f1-df9e-", "31edb4058d0b")],
        &[concat!("URLSCAN_SECRET_KEY=", "83ae7577-81c4-83f1-df"), concat!("URLSCAN_SECRET_KEY=", "83ae7577-81c")],
    ),
    row(
        "detectify-key",
        "Detectify API key",
        "Detectify",
        &["detectify"],
        near!("detectify", r"[0-9a-z]{32}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("DETECTIFY_SECRET_KEY=", "4m4wwzwpd205tdif14o7pf5y", "z5hxzdi9")],
        &[concat!("DETECTIFY_SECRET_KEY=", "4m4wwzwpd205tdif14o"), concat!("DETECTIFY_SECRET_KEY=", "4m4wwzwpd2")],
    ),
    row(
        "nightfall-key",
        "Nightfall API key",
        "Nightfall",
        &["NF-"],
        r"\bNF-[0-9A-Za-z]{32}\b",
    )
    .entropy(3.8)
    .tried(
        &[concat!("NF-", "5i6pem2IvFsG2bQNHnQMPFNJ", "nSLl6DMc")],
        &[concat!("NF-", "5i6pem2IvFsG2bQNHn"), concat!("NF-", "...")],
    ),
    row(
        "stackhawk-key",
        "StackHawk API key",
        "StackHawk",
        &["hawk."],
        r"\bhawk\.[\w-]{20}\.[\w-]{20}",
    )
    .entropy(3.5)
    .tried(
        &[concat!("hawk.", "vizaAsmZv8Ve1INF-05A.sF9", "GFpvTW5z9X5Stw7bG")],
        &[concat!("hawk.", "vizaAsmZv8Ve1INF-05A.s"), concat!("hawk.", "...")],
    ),
    row(
        "dependency-track-key",
        "Dependency-Track API key",
        "OWASP",
        &["odt_"],
        r"\bodt_(?:[0-9A-Za-z]{8}_)?[0-9A-Za-z]{32,40}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!("odt_", "0Y3qlWsj_T3AVS2PnR6RrvYB", "ZgQPLF7sigGA7txnQ2")],
        &[concat!("odt_", "0Y3qlWsj_T3AVS2PnR6RrvY"), concat!("odt_", "...")],
    ),
    row(
        "ory-token",
        "Ory personal access token",
        "Ory",
        &["ory_pat_", "ory_at_", "ory_rt_", "ory_apikey_", "ory_st_"],
        r"\bory_(?:pat|at|rt|apikey|st)_[\w.\-]{32,}",
    )
    .entropy(3.5)
    .tried(
        &[concat!("ory_apikey_", ".6ssY1dGGfwK4nOp8-P7E._y", "XnRR2-aqtxHhQic")],
        &[concat!("ory_apikey_", ".6ssY1dGGfwK4nOp8-P"), concat!("ory_apikey_", "...")],
    ),
    row(
        "intra42-secret",
        "42 Intra client secret",
        "42",
        &["s-s4t2"],
        r"\bs-s4t2(?:ud|af)-[0-9a-f]{64}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!("s-s4t2", "af-6ad44181c63359ba42fa8", "188f1b09920086724b951ce0", "4078bb1962d5996d138")],
        &[concat!("s-s4t2", "af-6ad44181c63359ba42fa8", "188f1b0992008"), concat!("s-s4t2", "...")],
    ),
];
