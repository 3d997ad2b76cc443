//! GitHub: tokens with a CRC-32 in their last six characters, and what surrounds them.
use super::row::{near, row};
use super::validate;
use crate::detector::Detector;

pub(super) static ROWS: &[Detector] = &[
    row(
        "github-pat",
        "GitHub personal access token (classic)",
        "GitHub",
        &["ghp_"],
        "ghp_[0-9A-Za-z]{36}",
    )
    .check(validate::crc32_base62)
    .tried(
        &[concat!("ghp_", "yXBHMoc5L40zBANMAAcNPMMc", "v7FQw42kWkIk")],
        &[
            concat!("ghp_", "yXBHMoc5L40zBANM7AcNPMMc", "v7FQw42kWkIk"),
            concat!("ghp_", "yXBHMoc5L40zBANMAAcN"),
        ],
    ),
    row(
        "github-oauth",
        "GitHub OAuth access token",
        "GitHub",
        &["gho_"],
        "gho_[0-9A-Za-z]{36}",
    )
    .check(validate::crc32_base62)
    .tried(
        &[concat!("gho_", "U5K95EhDN0wMXmtvfR1DCtdB", "8Gdjrd30SfW5")],
        &[
            concat!("gho_", "U5K95EhDN0wMXmtv7R1DCtdB", "8Gdjrd30SfW5"),
            concat!("gho_", "U5K95EhDN0wMXmtvfR1D"),
        ],
    ),
    row(
        "github-user-to-server",
        "GitHub app user-to-server token",
        "GitHub",
        &["ghu_"],
        "ghu_[0-9A-Za-z]{36}",
    )
    .check(validate::crc32_base62)
    .tried(
        &[concat!("ghu_", "NuNORxbguTRGX1EciFuTjXUP", "UT7sgV1Rry0n")],
        &[
            concat!("ghu_", "NuNORxbguTRGX1Ec7FuTjXUP", "UT7sgV1Rry0n"),
            concat!("ghu_", "NuNORxbguTRGX1EciFuT"),
        ],
    ),
    row(
        "github-server-to-server",
        "GitHub app server-to-server token",
        "GitHub",
        &["ghs_"],
        "ghs_[0-9A-Za-z]{36}",
    )
    .check(validate::crc32_base62)
    .tried(
        &[concat!("ghs_", "blNpni4P7TLJs6ByJxCG0aPN", "UpkJK1107GT1")],
        &[
            concat!("ghs_", "blNpni4P7TLJs6By7xCG0aPN", "UpkJK1107GT1"),
            concat!("ghs_", "blNpni4P7TLJs6ByJxCG"),
        ],
    ),
    row(
        "github-refresh",
        "GitHub app refresh token",
        "GitHub",
        &["ghr_"],
        "ghr_[0-9A-Za-z]{76}",
    )
    .check(validate::crc32_base62)
    .tried(
        &[concat!(
            "ghr_",
            "UxhvY8QmdajZ8XnhgYWUEqV6",
            "qmM4OJFlbGf1v2cFAedxukuo",
            "Tucal7UkVcwjphJhtlJ3fG2Y",
            "fdRm"
        )],
        &[
            concat!(
                "ghr_",
                "UxhvY8QmdajZ8XnhgYWUEqV6",
                "qmM4OJFlbGf172cFAedxukuo",
                "Tucal7UkVcwjphJhtlJ3fG2Y",
                "fdRm"
            ),
            concat!("ghr_", "UxhvY8QmdajZ8XnhgYWUEqV6", "qmM4OJFlbGf1v2cFAedx"),
        ],
    ),
    row(
        "github-token-unverified",
        "GitHub token whose checksum does not hold",
        "GitHub",
        &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"],
        "gh[opusr]_[0-9A-Za-z]{36,}",
    )
    .warn()
    .entropy(3.5)
    .tried(
        &[concat!("ghs_", "ym2JiYe3iC3dXD22COpEDAfv", "WoYhAJvIHBiX5")],
        &[
            concat!("ghs_", "ym2JiYe3iC3dXD22COpE"),
            concat!("ghs_", "..."),
        ],
    ),
    row(
        "github-fine-grained-pat",
        "GitHub fine-grained personal access token",
        "GitHub",
        &["github_pat_"],
        "github_pat_[0-9A-Za-z]{22}_[0-9A-Za-z]{59}",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "github_pat_",
            "zZadxUsyHuKDYSXErCogzG_s",
            "u6fdnE0axBpFpIEyKHDcmOsN",
            "3a18WFmvRzWqNgbeHOx4ZpnM",
            "EhuZKGI3c5"
        )],
        &[
            concat!(
                "github_pat_",
                "zZadxUsyHuKDYSXErCogzG_s",
                "u6fdnE0axBpFpIEyKHDc"
            ),
            concat!("github_pat_", "..."),
        ],
    ),
    row(
        "github-jwt-server-token",
        "GitHub app server-to-server token in JWT form",
        "GitHub",
        &["ghs_"],
        r"ghs_[0-9]{1,12}_eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "ghs_",
            "670_eyJxesF9lMFwI2.lUDsa",
            "DfEob6.0Xb-UzOjob-"
        )],
        &[
            concat!("ghs_", "670_eyJxesF9lMFwI2.lUDs"),
            concat!("ghs_", "..."),
        ],
    ),
    row(
        "github-client-secret",
        "GitHub OAuth app client secret or legacy token",
        "GitHub",
        &["github"],
        near!(
            r"github[\w.\- ]{0,12}(?:secret|token|pass|client)[\w.\- ]{0,8}",
            r"[0-9a-f]{40}\b"
        ),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "GITHUB_SECRET_KEY=",
            "be57a99669ea07430ea689c2",
            "e640e43c1a5fab76"
        )],
        &[
            concat!("GITHUB_SECRET_KEY=", "be57a99669ea07430ea689c2"),
            concat!("GITHUB_SECRET_KEY=", "be57a99669ea0"),
        ],
    ),
    row(
        "github-actions-runner",
        "GitHub Actions runner registration token",
        "GitHub",
        &["--token", "runner"],
        r#"(?:--token|registration[_-]?token)[ =:"\x27]{1,4}(A[A-Z2-7]{28})\b"#,
    )
    .named()
    .entropy(3.0)
    .tried(
        &[concat!(
            "./config.sh --token\"::",
            "APYA2JU42L6CDBZQKVCZGQD4",
            "LHFV5"
        )],
        &[
            concat!("./config.sh --token\"::", "APYA2JU42L6CDBZQK"),
            concat!("./config.sh --token\"::", "APYA2JU42"),
        ],
    ),
];
