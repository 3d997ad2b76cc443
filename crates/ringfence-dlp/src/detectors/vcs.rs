//! Other code hosts and code search.
use super::row::{near, row};
use super::validate;
use crate::detector::Detector;

pub(super) static ROWS: &[Detector] = &[
    row(
        "bitbucket-app-password",
        "Bitbucket app password",
        "Atlassian",
        &["ATBB"],
        r"ATBB[0-9A-Za-z]{24}[0-9A-F]{8}\b",
    )
    .entropy(3.3)
    .tried(
        &[concat!("ATBB", "RNdhE0XNpviYjVoiRSTikKZe", "96F0A423")],
        &[concat!("ATBB", "RNdhE0XNpviYjVoiR"), concat!("ATBB", "...")],
    ),
    row(
        "bitbucket-repository-token",
        "Bitbucket repository, project or workspace access token",
        "Atlassian",
        &["ATCTT3"],
        r"ATCTT3xFfG[0-9A-Za-z=_\-]{60,}=[0-9A-F]{8}",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "ATCTT3",
            "xFfGrODH5nQU3WA71RZ21S-I",
            "V_rPRhHDvy6WzwDwu_BXgrHG",
            "8skYP_zJE0IxG=0G6i5Xt_h2",
            "9v=04D09E47"
        )],
        &[
            concat!(
                "ATCTT3",
                "xFfGrODH5nQU3WA71RZ21S-I",
                "V_rPRhHDvy6WzwDwu_BXgrH"
            ),
            concat!("ATCTT3", "..."),
        ],
    ),
    row(
        "atlassian-api-token",
        "Atlassian API token",
        "Atlassian",
        &["ATATT3"],
        r"ATATT3[0-9A-Za-z_\-=]{60,}",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "ATATT3",
            "3sd7UXkOYns43PusCYlnM1UR",
            "DJ7S66x-pkB1-QMTbOA_bQJ=",
            "7LKEfICB8vKd_uV8yH"
        )],
        &[
            concat!("ATATT3", "3sd7UXkOYns43PusCYlnM1UR", "DJ7S66x-pkB1-"),
            concat!("ATATT3", "..."),
        ],
    ),
    row(
        "atlassian-admin-key",
        "Atlassian organisation admin API key",
        "Atlassian",
        &["ATCTT"],
        r"ATCTT[0-9A-Za-z_\-=]{60,}",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "ATCTT",
            "_nVUJ5JVSra53NmpsHmJQWBJ",
            "cv=0qS85IEuALjup5e_LNTy2",
            "nrAHUFm51m_vrY1Z"
        )],
        &[
            concat!("ATCTT", "_nVUJ5JVSra53NmpsHmJQWBJ", "cv=0qS85IEuA"),
            concat!("ATCTT", "..."),
        ],
    ),
    row(
        "atlassian-legacy-token",
        "Atlassian, Jira or Confluence API token",
        "Atlassian",
        &["atlassian", "jira", "confluence"],
        near!("atlassian|jira|confluence", r"[0-9A-Za-z]{24}\b"),
    )
    .named()
    .entropy(3.3)
    .check(validate::opaque)
    .tried(
        &[concat!("ATLASSIAN_SECRET_KEY=", "edqYYsOIFuPHSqFj5HaWlbdD")],
        &[
            concat!("ATLASSIAN_SECRET_KEY=", "edqYYsOIFuPHSq"),
            concat!("ATLASSIAN_SECRET_KEY=", "edqYYsOI"),
        ],
    ),
    row(
        "bitbucket-client-secret",
        "Bitbucket OAuth consumer secret",
        "Atlassian",
        &["bitbucket"],
        near!("bitbucket", r"[0-9A-Za-z_\-]{32,64}"),
    )
    .named()
    .entropy(3.3)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "BITBUCKET_SECRET_KEY=",
            "DSxJDCeTkl7UatsOAqCXAXKf",
            "aHQPnu9wGIuS"
        )],
        &[
            concat!("BITBUCKET_SECRET_KEY=", "DSxJDCeTkl7UatsOAqCXA"),
            concat!("BITBUCKET_SECRET_KEY=", "DSxJDCeTkl7U"),
        ],
    ),
    row(
        "sourcegraph-token",
        "Sourcegraph access token",
        "Sourcegraph",
        &["sgp_"],
        r"sgp_(?:(?:local|[0-9a-fA-F]{16})_)?[0-9a-fA-F]{40}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!(
            "sgp_",
            "local_416d14ee5cbD1fa639",
            "0B6EAFdD81E2f7BF05Fa11"
        )],
        &[
            concat!("sgp_", "local_416d14ee5cbD1fa639", "0B"),
            concat!("sgp_", "..."),
        ],
    ),
    row(
        "sourcegraph-user-gateway",
        "Sourcegraph Cody gateway token",
        "Sourcegraph",
        &["sgd_", "slk_"],
        r"(?:sgd|slk)_[0-9a-f]{64}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!(
            "sgd_",
            "3e048f7d14d85e584432c9d8",
            "95d714931f7ec6e9cb4d553b",
            "d39b8a7a0b6b174b"
        )],
        &[
            concat!("sgd_", "3e048f7d14d85e584432c9d8", "95d714931f7e"),
            concat!("sgd_", "..."),
        ],
    ),
    row(
        "gitea-token",
        "Gitea or Forgejo access token",
        "Gitea",
        &["gitea", "forgejo", "codeberg"],
        near!("gitea|forgejo|codeberg", r"[0-9a-f]{40}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "GITEA_SECRET_KEY=",
            "2d30e1396e54a22bf8fe7dc6",
            "ab35568a7bf24e65"
        )],
        &[
            concat!("GITEA_SECRET_KEY=", "2d30e1396e54a22bf8fe7dc6"),
            concat!("GITEA_SECRET_KEY=", "2d30e1396e54a"),
        ],
    ),
    row(
        "gitter-token",
        "Gitter access token",
        "Gitter",
        &["gitter"],
        near!("gitter", r"[0-9A-Za-z_\-]{40}"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "GITTER_SECRET_KEY=",
            "Tx9CuPYBbvqmrIJdU6iZM5ol",
            "RKi_oHrE7dszuBWG"
        )],
        &[
            concat!("GITTER_SECRET_KEY=", "Tx9CuPYBbvqmrIJdU6iZM5ol"),
            concat!("GITTER_SECRET_KEY=", "Tx9CuPYBbvqmr"),
        ],
    ),
    row(
        "launchpad-token",
        "Launchpad OAuth token secret",
        "Canonical",
        &["launchpad"],
        near!("launchpad", r"[0-9A-Za-z]{80}\b"),
    )
    .named()
    .entropy(3.5)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "LAUNCHPAD_SECRET_KEY=",
            "aU4TjBzFYhOuHl2Dfjbsa4GX",
            "21JVGc8kB4qi6hHtKFK3CiF7",
            "687PS2UkhOEFpqQLGXXpopZu",
            "H3MbToHI"
        )],
        &[
            concat!(
                "LAUNCHPAD_SECRET_KEY=",
                "aU4TjBzFYhOuHl2Dfjbsa4GX",
                "21JVGc8kB4qi6hHtKFK3CiF7"
            ),
            concat!("LAUNCHPAD_SECRET_KEY=", "aU4TjBzFYhOuHl2Dfjbsa4GX", "21"),
        ],
    ),
];
