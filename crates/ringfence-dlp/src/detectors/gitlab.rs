//! GitLab: every prefix that GitLab gives to its tokens.
use super::row::row;
use crate::detector::Detector;

pub(super) static ROWS: &[Detector] = &[
    row(
        "gitlab-pat",
        "GitLab personal access token",
        "GitLab",
        &["glpat-"],
        r"glpat-[\w-]{20,27}",
    )
    .entropy(3.0)
    .tried(
        &[concat!("glpat-", "cNH16fdzQvfIqv01M4lentSV", "0L")],
        &[concat!("glpat-", "cNH16fdzQvfIq"), concat!("glpat-", "...")],
    ),
    row(
        "gitlab-deploy-token",
        "GitLab deploy token",
        "GitLab",
        &["gldt-"],
        r"gldt-[\w-]{20,64}",
    )
    .entropy(3.0)
    .tried(
        &[concat!("gldt-", "p3V5yT1ABXxcT9_Jv8ELb-_l", "SJxYtYY")],
        &[
            concat!("gldt-", "p3V5yT1ABXxcT9_J"),
            concat!("gldt-", "..."),
        ],
    ),
    row(
        "gitlab-runner-authentication",
        "GitLab runner authentication token",
        "GitLab",
        &["glrt-"],
        r"glrt-(?:t\d_)?[\w-]{20,27}",
    )
    .entropy(3.0)
    .tried(
        &[concat!("glrt-", "t8_xcBV_U_-6Qc2cqwhUS0g")],
        &[concat!("glrt-", "t8_xcBV_U_-"), concat!("glrt-", "...")],
    ),
    row(
        "gitlab-ci-build",
        "GitLab CI/CD job token",
        "GitLab",
        &["glcbt-"],
        r"glcbt-[0-9a-zA-Z]{1,5}_[\w-]{20,64}",
    )
    .entropy(3.0)
    .tried(
        &[concat!("glcbt-", "8FH_AC7bR5nG3OrdWppsL3dF", "4Pyg")],
        &[
            concat!("glcbt-", "8FH_AC7bR5nG3O"),
            concat!("glcbt-", "..."),
        ],
    ),
    row(
        "gitlab-pipeline-trigger",
        "GitLab pipeline trigger token",
        "GitLab",
        &["glptt-"],
        r"glptt-[\w-]{20,64}",
    )
    .entropy(3.0)
    .tried(
        &[concat!(
            "glptt-",
            "EJ2FVdSqMR4_j6pbC2xlcfUd",
            "1oVpi1mEgFnGXyM"
        )],
        &[
            concat!("glptt-", "..."),
            concat!("glptt-", " EJ2FVdSqMR4_j6pbC2xlcfU", "d1oVpi1mEgFnGXyM"),
        ],
    ),
    row(
        "gitlab-feed",
        "GitLab feed token",
        "GitLab",
        &["glft-"],
        r"glft-[\w-]{20,64}",
    )
    .entropy(3.0)
    .tried(
        &[concat!("glft-", "FIY7akhZjwzZFc_bAAwQP3IQ")],
        &[concat!("glft-", "FIY7akhZjwzZ"), concat!("glft-", "...")],
    ),
    row(
        "gitlab-incoming-mail",
        "GitLab incoming mail token",
        "GitLab",
        &["glimt-"],
        r"glimt-[\w-]{20,64}",
    )
    .entropy(3.0)
    .tried(
        &[concat!(
            "glimt-",
            "nkerzgdqrh7R4M4FufNqXVkx",
            "GTCn7YmldoFWjjpF"
        )],
        &[
            concat!("glimt-", "..."),
            concat!("glimt-", " nkerzgdqrh7R4M4FufNqXVk", "xGTCn7YmldoFWjjpF"),
        ],
    ),
    row(
        "gitlab-agent",
        "GitLab Kubernetes agent token",
        "GitLab",
        &["glagent-"],
        r"glagent-[\w-]{50,}",
    )
    .entropy(3.0)
    .tried(
        &[concat!(
            "glagent-",
            "gpjRMZQ8F7RNSGrxj-Yi6a1f",
            "zHmMG-U_-XT23R7mKdj3lp9t",
            "Fmd8l6BTMXh"
        )],
        &[
            concat!("glagent-", "gpjRMZQ8F7RNSGrxj-Yi6a1f", "zHmMG-U_"),
            concat!("glagent-", "..."),
        ],
    ),
    row(
        "gitlab-scim",
        "GitLab SCIM OAuth token",
        "GitLab",
        &["glsoat-"],
        r"glsoat-[\w-]{20,64}",
    )
    .entropy(3.0)
    .tried(
        &[concat!("glsoat-", "MK2X8xdihYpW5s5FmGmeqqsg", "qAr")],
        &[
            concat!("glsoat-", "MK2X8xdihYpW5"),
            concat!("glsoat-", "..."),
        ],
    ),
    row(
        "gitlab-feature-flags",
        "GitLab feature flags client token",
        "GitLab",
        &["glffct-"],
        r"glffct-[\w-]{20,64}",
    )
    .entropy(3.0)
    .tried(
        &[concat!("glffct-", "7JTdZabfigaz_go0ArLUetCY", "eDG-1")],
        &[
            concat!("glffct-", "7JTdZabfigaz_g"),
            concat!("glffct-", "..."),
        ],
    ),
    row(
        "gitlab-oauth-secret",
        "GitLab OAuth application secret",
        "GitLab",
        &["gloas-"],
        r"gloas-[\w-]{20,64}",
    )
    .entropy(3.0)
    .tried(
        &[concat!("gloas-", "V0seLG9puH2-FP8F7yWoFlrw", "_lH0oAHbe")],
        &[
            concat!("gloas-", "V0seLG9puH2-FP8F7"),
            concat!("gloas-", "..."),
        ],
    ),
    row(
        "gitlab-workspace",
        "GitLab workspace token",
        "GitLab",
        &["glwt-"],
        r"glwt-[\w-]{20,64}",
    )
    .entropy(3.0)
    .tried(
        &[concat!("glwt-", "vzuR2B18zei_gJ-E9cu4CLb")],
        &[concat!("glwt-", "vzuR2B18zei"), concat!("glwt-", "...")],
    ),
    row(
        "gitlab-routable",
        "GitLab routable token",
        "GitLab",
        &["glpat-", "glrt-", "gldt-"],
        r"gl(?:pat|rt|dt)-(?:t\d_)?[\w-]{27,}\.[0-9a-z]{2}(?:\.)?[0-9a-z]{7,9}",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "glpat-",
            "lMqhY-BVAvIfHgUsWuApC017",
            "pcuX.6ayegptb3jn"
        )],
        &[
            concat!("glpat-", "lMqhY-BVAvIfHgUsWuApC"),
            concat!("glpat-", "..."),
        ],
    ),
    row(
        "gitlab-runner-registration",
        "GitLab runner registration token",
        "GitLab",
        &["GR1348941"],
        r"GR1348941[\w-]{20,22}",
    )
    .entropy(3.0)
    .tried(
        &[concat!("GR1348941", "YoL02Al98DzfzLBcrXd2D")],
        &[
            concat!("GR1348941", "YoL02Al98"),
            concat!("GR1348941", "..."),
        ],
    ),
    row(
        "gitlab-session",
        "GitLab session cookie",
        "GitLab",
        &["_gitlab_session"],
        r"_gitlab_session=([0-9a-z]{32})\b",
    )
    .named()
    .entropy(3.0)
    .tried(
        &[concat!(
            "_gitlab_session=",
            "9803e154463474c8adb958af",
            "607e7758"
        )],
        &[
            concat!("_gitlab_session=", "9803e154463474c8adb"),
            concat!("_gitlab_session=", "9803e15446"),
        ],
    ),
];
