//! Package registries and container registries.
use super::row::{near, row};
use super::validate;
use crate::detector::Detector;

pub(super) static ROWS: &[Detector] = &[
    row(
        "npm-token",
        "npm access token",
        "npm",
        &["npm_"],
        "npm_[0-9A-Za-z]{36}",
    )
    .check(validate::crc32_base62)
    .tried(
        &[concat!("npm_", "Wv2P1COZVVgaCM4VVjXqbLhB", "XqQOVQ1xoUbF")],
        &[concat!("npm_", "Wv2P1COZVVgaCM4V7jXqbLhB", "XqQOVQ1xoUbF"), concat!("npm_", "Wv2P1COZVVgaCM4VVjXq")],
    ),
    row(
        "npm-token-unverified",
        "npm token whose checksum does not hold",
        "npm",
        &["npm_"],
        r"npm_[0-9A-Za-z]{36}\b",
    )
    .warn()
    .entropy(3.5)
    .tried(
        &[concat!("npm_", "M8rYd9BxRREGGrRpZv6bUfoB", "79PoTjy16iTO")],
        &[concat!("npm_", "M8rYd9BxRREGGrRpZv6b"), concat!("npm_", "...")],
    ),
    row(
        "npm-auth-legacy",
        "npm legacy token or password in an npmrc line",
        "npm",
        &["_authToken", ":_password"],
        r#":_(?:authToken|password)["\x27]?[ ]{0,2}[=:][ ]{0,2}["\x27]?([0-9A-Za-z/+_.\-]{20,100}={0,2})"#,
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("//registry.example.com/:_authToken=", "e37f5a3a-460b-40c2-ae13-", "c68c974d986e")],
        &[concat!("//registry.example.com/:_authToken=", "e37f5a3a-460"), concat!("//registry.example.com/:_authToken=", "e37f5a3a-460b-40c2!ae13-", "c68c974d986e")],
    ),
    row(
        "npm-auth-basic",
        "npm basic authentication in an npmrc line",
        "npm",
        &["_auth="],
        r#"_auth[ ]{0,2}=[ ]{0,2}["\x27]?([0-9A-Za-z+/]{16,}={0,2})"#,
    )
    .named()
    .check(validate::basic_credentials)
    .tried(
        &[concat!("//registry.example.com/:_auth=", "ZGVwbG95OlVSVHVpNFdMNk5J", "R0F2")],
        &[concat!("//registry.example.com/:_auth=", "ZGVwbG95O"), concat!("//registry.example.com/:_auth=", "ZGVwbG95OlVSVH!pNFdMNk5J", "R0F2")],
    ),
    row(
        "pypi-token",
        "PyPI upload token",
        "PyPI",
        &["pypi-AgEIcHlwaS5vcmc"],
        r"pypi-AgEIcHlwaS5vcmc[\w-]{50,}",
    )
    .check(validate::pypi_macaroon)
    .tried(
        &[concat!("pypi-AgEIcHlwaS5vcmc", "Cj4hvV-mEAhQRnOBXaZQjZks", "wcewpl3YbxhNhw-w9vvEpehl", "XFD3HqptzTSWDvMhOistRx_f", "SPky8M98vVHuA1jQ-OanC7oq", "2HXlQ5rdGcXFJt8")],
        &[concat!("pypi-AgEIcHlwaS5vcmc", "..."), concat!("pypi-AgEIcHlwaS5vcmc", " Cj4hvV-mEAhQRnOBXaZQjZk", "swcewpl3YbxhNhw-w9vvEpeh", "lXFD3HqptzTSWDvMhOistRx_", "fSPky8M98vVHuA1jQ-OanC7o", "q2HXlQ5rdGcXFJt8")],
    ),
    row(
        "testpypi-token",
        "TestPyPI upload token",
        "PyPI",
        &["pypi-AgENdGVzdC5weXBpLm9yZw"],
        r"pypi-AgENdGVzdC5weXBpLm9yZw[\w-]{50,}",
    )
    .check(validate::pypi_macaroon)
    .tried(
        &[concat!("pypi-AgENdGVzdC5weXBpLm9yZw", "IkUEVHtdEIDbGCs5k_EN93eB", "SriJxW6Z7qD0Jy332_OsGOd2", "QwOOydrYikLNZ7SvTXgQvn07", "NigmIuSSXpSQnIYnMnA28bzU", "pFqtjNRKeqN8y6gh")],
        &[concat!("pypi-AgENdGVzdC5weXBpLm9yZw", "..."), concat!("pypi-AgENdGVzdC5weXBpLm9yZw", " IkUEVHtdEIDbGCs5k_EN93e", "BSriJxW6Z7qD0Jy332_OsGOd", "2QwOOydrYikLNZ7SvTXgQvn0", "7NigmIuSSXpSQnIYnMnA28bz", "UpFqtjNRKeqN8y6gh")],
    ),
    row(
        "crates-io-token",
        "crates.io API token",
        "crates.io",
        &["cio"],
        r"\bcio[0-9A-Za-z]{32}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!("cio", "DMgqRVauI97yBA5UQBuew5vv", "PR6ujqVa")],
        &[concat!("cio", "DMgqRVauI97yBA5UQB"), concat!("cio", "...")],
    ),
    row(
        "rubygems-token",
        "RubyGems API key",
        "RubyGems",
        &["rubygems_"],
        r"rubygems_[0-9a-f]{48}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!("rubygems_", "6a7619d86f65742197c7876e", "0f8aa3cb3938672eaa0c626a")],
        &[concat!("rubygems_", "6a7619d86f65742197c7876e", "0"), concat!("rubygems_", "...")],
    ),
    row(
        "nuget-key",
        "NuGet API key",
        "NuGet",
        &["oy2"],
        r"\boy2[a-z0-9]{43}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!("oy2", "vlp2u8jnhqwrblo7ro2u6w48", "m8ztcpput8cydtxkfz1")],
        &[concat!("oy2", "vlp2u8jnhqwrblo7ro2u6w48"), concat!("oy2", "...")],
    ),
    row(
        "dockerhub-pat",
        "Docker Hub personal access token",
        "Docker",
        &["dckr_pat_"],
        r"dckr_pat_[\w-]{27}",
    )
    .entropy(3.0)
    .tried(
        &[concat!("dckr_pat_", "vc5HhDq__KEKeBuIz7tJZ6Rq", "H6M")],
        &[concat!("dckr_pat_", "vc5HhDq__KEK"), concat!("dckr_pat_", "...")],
    ),
    row(
        "dockerhub-oat",
        "Docker organisation access token",
        "Docker",
        &["dckr_oat_"],
        r"dckr_oat_[\w-]{27,40}",
    )
    .entropy(3.0)
    .tried(
        &[concat!("dckr_oat_", "UuF4FlsnQbQ8Kdnswqgb0m0B", "CqR-f9XCIGCaW")],
        &[concat!("dckr_oat_", "UuF4FlsnQbQ8Kdnswq"), concat!("dckr_oat_", "...")],
    ),
    row(
        "docker-config-auth",
        "Registry credentials in a Docker configuration",
        "Docker",
        &["\"auth\""],
        r#""auth"\s{0,4}:\s{0,4}"([0-9A-Za-z+/]{12,}={0,2})""#,
    )
    .named()
    .check(validate::basic_credentials)
    .tried(
        &[concat!("{\"auths\":{\"registry.example.com\":{\"auth\":\"", "ZGVwbG95OnhWTW9Oa2lGZGxB", "Uzc2Mzc=\"}}}")],
        &[concat!("{\"auths\":{\"registry.example.com\":{\"auth\":\"", "ZGVwbG95OnhWTW9Oa2l"), concat!("{\"auths\":{\"registry.example.com\":{\"auth\":\"", "ZGVwbG95On")],
    ),
    row(
        "clojars-token",
        "Clojars deploy token",
        "Clojars",
        &["CLOJARS_"],
        r"CLOJARS_[0-9a-f]{60}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!("CLOJARS_", "a68c8586203ce1d11937d7fc", "6c8b33eb8a4c276179854087", "702e0da11a6d")],
        &[concat!("CLOJARS_", "a68c8586203ce1d11937d7fc", "6c8b33eb"), concat!("CLOJARS_", "...")],
    ),
    row(
        "jfrog-api-key",
        "JFrog Artifactory API key",
        "JFrog",
        &["AKCp"],
        r"\bAKCp[0-9A-Za-z]{69}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!("AKCp", "uBHRwpuG47HACWrv2D4Sw4u5", "1SaTNv235knbBxs5JTIPDQ1Z", "zzCa9JfoveY58CLWeLRib")],
        &[concat!("AKCp", "uBHRwpuG47HACWrv2D4Sw4u5", "1SaTNv235knbBxs"), concat!("AKCp", "...")],
    ),
    row(
        "jfrog-identity-token",
        "JFrog identity (reference) token",
        "JFrog",
        &["cmVmdGtu"],
        r"\bcmVmdGtu[0-9A-Za-z]{56}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!("cmVmdGtu", "rrV4pxlrCmqu6uhggexMfFKP", "tLaKaTKjYi45TKBC8Uia6JOq", "4uXWWTcm")],
        &[concat!("cmVmdGtu", "rrV4pxlrCmqu6uhggexMfFKP", "tLaKaT"), concat!("cmVmdGtu", "...")],
    ),
    row(
        "jfrog-token-near",
        "JFrog or Artifactory key next to its name",
        "JFrog",
        &["jfrog", "artifactory", "bintray"],
        near!("jfrog|artifactory|bintray", r"[0-9A-Za-z]{40,73}\b"),
    )
    .named()
    .entropy(3.3)
    .check(validate::opaque)
    .tried(
        &[concat!("JFROG_SECRET_KEY=", "cTqoSRbHoZ2yvNiepMZ5TKqK", "Lc8RgKlz5IfMVnq7AuZnn3F")],
        &[concat!("JFROG_SECRET_KEY=", "cTqoSRbHoZ2yvNiepMZ5TKqK", "Lc8R"), concat!("JFROG_SECRET_KEY=", "cTqoSRbHoZ2yvNi")],
    ),
    row(
        "hexpm-key",
        "Hex.pm API key",
        "Hex.pm",
        &["hexpm", "hex_api"],
        near!("hexpm|hex", r"[0-9a-f]{32}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("HEXPM_SECRET_KEY=", "7ba55d66249f0a372ad986fe", "6173a77b")],
        &[concat!("HEXPM_SECRET_KEY=", "7ba55d66249f0a372ad"), concat!("HEXPM_SECRET_KEY=", "7ba55d6624")],
    ),
    row(
        "cloudsmith-key",
        "Cloudsmith API key",
        "Cloudsmith",
        &["cloudsmith"],
        near!("cloudsmith", r"[0-9a-f]{40}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("CLOUDSMITH_SECRET_KEY=", "426dc8712d5d779c934b6b02", "38b6dd3447500d9a")],
        &[concat!("CLOUDSMITH_SECRET_KEY=", "426dc8712d5d779c934b6b02"), concat!("CLOUDSMITH_SECRET_KEY=", "426dc8712d5d7")],
    ),
    row(
        "packagecloud-token",
        "packagecloud token",
        "packagecloud",
        &["packagecloud"],
        near!("packagecloud", r"[0-9a-f]{48}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("PACKAGECLOUD_SECRET_KEY=", "76642f5e4dd87ca581e9db0c", "e84a4127388299db76e7456b")],
        &[concat!("PACKAGECLOUD_SECRET_KEY=", "76642f5e4dd87ca581e9db0c", "e84a"), concat!("PACKAGECLOUD_SECRET_KEY=", "76642f5e4dd87ca5")],
    ),
    row(
        "packagist-token",
        "Packagist API token",
        "Packagist",
        &["packagist"],
        near!("packagist", r"[0-9a-z]{20,64}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("PACKAGIST_SECRET_KEY=", "t6on3ycjhs8oyrdyuu3dcu2b", "gojp5vldj7")],
        &[concat!("PACKAGIST_SECRET_KEY=", "t6on3ycjhs8"), concat!("PACKAGIST_SECRET_KEY=", "t6on3ycjhs8oyrdyu!3dcu2b", "gojp5vldj7")],
    ),
    row(
        "anaconda-token",
        "Anaconda.org token in a channel URL",
        "Anaconda",
        &["conda.anaconda.org/t/"],
        r"anaconda\.org/t/([a-z]{2}-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})",
    )
    .named()
    .entropy(3.0)
    .tried(
        &[concat!("https://conda.anaconda.org/t/", "np-1841bff5-f3a6-fc0c-54", "cc-0e3bd9a327e0/team")],
        &[concat!("https://conda.anaconda.org/t/", "np-1841bff5-f3a6-fc0c-5"), concat!("https://conda.anaconda.org/t/", "np-1841bff5-f")],
    ),
    row(
        "gemfury-token",
        "Gemfury push token",
        "Gemfury",
        &["fury.io"],
        r"https?://([0-9A-Za-z]{20,40})(?::[^@\s/]{0,20})?@(?:push|pypi|npm|gem)\.fury\.io",
    )
    .named()
    .entropy(3.0)
    .tried(
        &[concat!("https://", "eemXukeLPwF6DC7LOeDDcalr", "UUR@push.fury.io")],
        &[concat!("https://", "eemXukeLPwF6DC7L"), concat!("https://", "eemXukeLP")],
    ),
    row(
        "bundler-gems-credentials",
        "Gem server credentials in a URL or Bundler setting",
        "Sidekiq",
        &["contribsys"],
        r#"(?i)(?:contribsys[_\-.]{1,2}com["\x27]?\s{0,3}[:=]\s{0,3}["\x27]?|https?://)([0-9a-f]{8}:[0-9a-f]{8})(?:@(?:gems|enterprise)\.contribsys\.com|\b)"#,
    )
    .named()
    .entropy(1.5)
    .tried(
        &[concat!("https://", "15174f9a:b4744f05@enterp", "rise.contribsys.com")],
        &[concat!("https://", "15174f9a:b"), concat!("https://", "15174")],
    ),
    row(
        "libraries-io-key",
        "Libraries.io API key",
        "Libraries.io",
        &["libraries_io", "librariesio"],
        near!("libraries[._-]?io", r"[0-9a-f]{32}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("LIBRARIES_IO_SECRET_KEY=", "d85983ec8eb1b7a2a34e0c8a", "5621a896")],
        &[concat!("LIBRARIES_IO_SECRET_KEY=", "d85983ec8eb1b7a2a34"), concat!("LIBRARIES_IO_SECRET_KEY=", "d85983ec8e")],
    ),
];
