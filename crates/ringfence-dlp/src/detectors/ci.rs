//! Build services, delivery and infrastructure as code.
use super::row::{near, row};
use super::validate;
use crate::detector::Detector;

pub(super) static ROWS: &[Detector] = &[
    row(
        "circleci-pat",
        "CircleCI personal access token",
        "CircleCI",
        &["CCIPAT_"],
        r"\bCCIPAT_[0-9A-Za-z]{16,32}_[0-9a-z]{40}\b",
    )
    .entropy(3.3)
    .tried(
        &[concat!(
            "CCIPAT_",
            "kFd2SmjSA0PaCwbuG6_xyp7a",
            "esld9vdhgpzjwmp7ttn8ohru",
            "wbsjaivs9ii"
        )],
        &[
            concat!("CCIPAT_", "kFd2SmjSA0PaCwbuG6_xyp7a", "esld9vdh"),
            concat!("CCIPAT_", "..."),
        ],
    ),
    row(
        "circleci-project-token",
        "CircleCI project token",
        "CircleCI",
        &["CCIPRJ_"],
        r"\bCCIPRJ_[0-9A-Za-z]{16,32}_[0-9a-z]{40}\b",
    )
    .entropy(3.3)
    .tried(
        &[concat!(
            "CCIPRJ_",
            "nKTGq7D84g8JHcx89KGEq_0p",
            "jzy33wu15gkmzd4vf2x1f79a",
            "6skkseruqgt7zw"
        )],
        &[
            concat!("CCIPRJ_", "nKTGq7D84g8JHcx89KGEq_0p", "jzy33wu15g"),
            concat!("CCIPRJ_", "..."),
        ],
    ),
    row(
        "circleci-legacy-token",
        "CircleCI token (40 hexadecimal digits)",
        "CircleCI",
        &["circleci", "circle_"],
        near!("circle(?:ci)?", r"[0-9a-f]{40}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "CIRCLECI_SECRET_KEY=",
            "0583e86f7200e724e85f8ea7",
            "59bac241540f5793"
        )],
        &[
            concat!("CIRCLECI_SECRET_KEY=", "0583e86f7200e724e85f8ea7"),
            concat!("CIRCLECI_SECRET_KEY=", "0583e86f7200e"),
        ],
    ),
    row(
        "buildkite-token",
        "Buildkite token",
        "Buildkite",
        &["bkua_", "bkat_", "bkct_", "bkaj_", "bkrt_", "bkpt_"],
        r"\bbk(?:ua|at|ct|aj|rt|pt)_[0-9A-Za-z]{20,64}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!("bkrt_", "0WMFlJmL2v7jvJ2PpsUqfydS")],
        &[concat!("bkrt_", "0WMFlJmL2v7j"), concat!("bkrt_", "...")],
    ),
    row(
        "buildkite-agent-token",
        "Buildkite agent token",
        "Buildkite",
        &["buildkite"],
        near!("buildkite", r"[0-9a-z]{40,50}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "BUILDKITE_SECRET_KEY=",
            "zqha4v7iii9n7gd0han35avm",
            "2ll0qrynvf002k0vaklch3"
        )],
        &[
            concat!("BUILDKITE_SECRET_KEY=", "zqha4v7iii9n7gd0han35avm", "2ll"),
            concat!("BUILDKITE_SECRET_KEY=", "zqha4v7iii9n7gd"),
        ],
    ),
    row(
        "travis-token",
        "Travis CI token",
        "Travis CI",
        &["travis"],
        near!("travis", r"[0-9A-Za-z_\-]{20,22}\b"),
    )
    .named()
    .entropy(3.3)
    .check(validate::opaque)
    .tried(
        &[concat!("TRAVIS_SECRET_KEY=", "RqCNBmkPumYyjdGfd4Shzn")],
        &[
            concat!("TRAVIS_SECRET_KEY=", "RqCNBmkPumYyj"),
            concat!("TRAVIS_SECRET_KEY=", "RqCNBmk"),
        ],
    ),
    row(
        "drone-token",
        "Drone CI token",
        "Harness",
        &["drone"],
        near!("drone", r"[0-9A-Za-z]{32}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "DRONE_SECRET_KEY=",
            "e1UNGzcI5HVeV3g9jKNsLxbW",
            "PF7czV5w"
        )],
        &[
            concat!("DRONE_SECRET_KEY=", "e1UNGzcI5HVeV3g9jKN"),
            concat!("DRONE_SECRET_KEY=", "e1UNGzcI5H"),
        ],
    ),
    row(
        "harness-token",
        "Harness access token",
        "Harness",
        &["pat.", "sat."],
        r"\b[ps]at\.[\w-]{22}\.[0-9a-f]{24}\.[0-9A-Za-z]{20}\b",
    )
    .entropy(3.8)
    .tried(
        &[concat!(
            "pat.",
            "qN3GPTCRmo8DjSai9iuxiP.1",
            "4298b5aeb5661ba63dee8e0.",
            "jd5wj6WVE42uH7xdilNG"
        )],
        &[
            concat!("pat.", "qN3GPTCRmo8DjSai9iuxiP.1", "4298b5aeb5661ba"),
            concat!("pat.", "..."),
        ],
    ),
    row(
        "jenkins-token",
        "Jenkins API token",
        "Jenkins",
        &["jenkins"],
        near!("jenkins", r"(?:11)?[0-9a-f]{32}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "JENKINS_SECRET_KEY=",
            "11dc5b52d5ead74a3d623cf5",
            "9e374aa377"
        )],
        &[
            concat!("JENKINS_SECRET_KEY=", "11dc5b52d5ead74a3d62"),
            concat!("JENKINS_SECRET_KEY=", "11dc5b52d5e"),
        ],
    ),
    row(
        "appveyor-token",
        "AppVeyor API token",
        "AppVeyor",
        &["appveyor"],
        near!("appveyor", r"(?:v2\.)?[0-9a-z]{20,40}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "APPVEYOR_SECRET_KEY=",
            "0yr5z304r6fix25ghiho9de4",
            "o5a6h563r2ijrtal"
        )],
        &[
            concat!("APPVEYOR_SECRET_KEY=", "0yr5z304r6fix"),
            concat!("APPVEYOR_SECRET_KEY=", "EXAMPLE"),
        ],
    ),
    row(
        "codeship-key",
        "CodeShip key",
        "CloudBees",
        &["codeship"],
        near!(
            "codeship",
            r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"
        ),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "CODESHIP_SECRET_KEY=",
            "737f0afe-f555-f7d4-3a72-",
            "89a01b6ab155"
        )],
        &[
            concat!("CODESHIP_SECRET_KEY=", "737f0afe-f555-f7d4-3a"),
            concat!("CODESHIP_SECRET_KEY=", "737f0afe-f55"),
        ],
    ),
    row(
        "semaphore-token",
        "Semaphore API token",
        "Semaphore",
        &["semaphore"],
        near!("semaphore", r"[0-9A-Za-z_\-]{20,32}\b"),
    )
    .named()
    .entropy(3.3)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "SEMAPHORE_SECRET_KEY=",
            "tZpDMvBUvV7MLuYUurbVAx0-",
            "Dd"
        )],
        &[
            concat!("SEMAPHORE_SECRET_KEY=", "tZpDMvBUvV7MLuY"),
            concat!("SEMAPHORE_SECRET_KEY=", "tZpDMvBU"),
        ],
    ),
    row(
        "bitrise-token",
        "Bitrise token",
        "Bitrise",
        &["bitrise"],
        near!("bitrise", r"[\w-]{86}"),
    )
    .named()
    .entropy(4.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "BITRISE_SECRET_KEY=",
            "WWzYCaDEQqxHr15MATdEpLbX",
            "EUC83n5-ff_IBtBcZ6jhZaCh",
            "1fjKJuUbJCrYNWPWEK1-iu1R",
            "VsRPJHQFSwbdeI"
        )],
        &[
            concat!(
                "BITRISE_SECRET_KEY=",
                "WWzYCaDEQqxHr15MATdEpLbX",
                "EUC83n5-ff_IBtBcZ6jhZaCh",
                "1fj"
            ),
            concat!("BITRISE_SECRET_KEY=", "WWzYCaDEQqxHr15MATdEpLbX", "EUC8"),
        ],
    ),
    row(
        "codemagic-token",
        "Codemagic API token",
        "Codemagic",
        &["codemagic"],
        near!("codemagic", r"[\w-]{43}"),
    )
    .named()
    .entropy(3.5)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "CODEMAGIC_SECRET_KEY=",
            "Zv0OZ9C-9Q5hz_ylOH7xwSK4",
            "hyrqTqGewdGPZuazdvJ"
        )],
        &[
            concat!("CODEMAGIC_SECRET_KEY=", "Zv0OZ9C-9Q5hz_ylOH7xwSK4", "h"),
            concat!("CODEMAGIC_SECRET_KEY=", "Zv0OZ9C-9Q5hz_"),
        ],
    ),
    row(
        "codecov-token",
        "Codecov token",
        "Codecov",
        &["codecov"],
        near!(
            "codecov",
            r"[0-9a-z]{32}\b|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"
        ),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "CODECOV_SECRET_KEY=",
            "88b6ca64-ee68-1560-3874-",
            "5fa78c3839fc"
        )],
        &[
            concat!("CODECOV_SECRET_KEY=", "88b6ca64-ee68-1560-38"),
            concat!("CODECOV_SECRET_KEY=", "88b6ca64-ee6"),
        ],
    ),
    row(
        "coveralls-token",
        "Coveralls token",
        "Coveralls",
        &["coveralls"],
        near!("coveralls", r"[0-9A-Za-z]{32,37}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "COVERALLS_SECRET_KEY=",
            "EjhbS3YHl8OvNUqSOLilP8fH",
            "7xKlNBYDt6Wp"
        )],
        &[
            concat!("COVERALLS_SECRET_KEY=", "EjhbS3YHl8OvNUqSOLilP"),
            concat!("COVERALLS_SECRET_KEY=", "EjhbS3YHl8Ov"),
        ],
    ),
    row(
        "codacy-token",
        "Codacy token",
        "Codacy",
        &["codacy"],
        near!("codacy", r"[0-9A-Za-z]{20,32}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "CODACY_SECRET_KEY=",
            "XLOmSlapLGBM0Vr2Nfu8nlmz",
            "B1Snwm"
        )],
        &[
            concat!("CODACY_SECRET_KEY=", "XLOmSlapLGBM0Vr2Nf"),
            concat!("CODACY_SECRET_KEY=", "XLOmSlapLG"),
        ],
    ),
    row(
        "codeclimate-token",
        "Code Climate token",
        "Code Climate",
        &["codeclimate", "cc_test"],
        near!("codeclimate|cc_test|reporter", r"[0-9a-f]{64}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "CODECLIMATE_SECRET_KEY=",
            "05d4b78c81e52f53f36ef773",
            "94484b87f540a0547ea98054",
            "6a067ad6970a5610"
        )],
        &[
            concat!(
                "CODECLIMATE_SECRET_KEY=",
                "05d4b78c81e52f53f36ef773",
                "94484b87f540a0"
            ),
            concat!("CODECLIMATE_SECRET_KEY=", "05d4b78c81e52f53f36ef"),
        ],
    ),
    row(
        "cypress-key",
        "Cypress record key",
        "Cypress",
        &["cypress"],
        near!(
            "cypress",
            r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"
        ),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "CYPRESS_SECRET_KEY=",
            "92e37bf2-0a88-5858-0baf-",
            "ab88be51a2ca"
        )],
        &[
            concat!("CYPRESS_SECRET_KEY=", "92e37bf2-0a88-5858-0b"),
            concat!("CYPRESS_SECRET_KEY=", "92e37bf2-0a8"),
        ],
    ),
    row(
        "percy-token",
        "Percy token",
        "BrowserStack",
        &["percy"],
        near!("percy", r"(?:web_|auto_|app_)?[0-9a-f]{60,64}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "PERCY_SECRET_KEY=",
            "app_7c4df819bdd49bd76ff6",
            "90d29bf894d87495269d7fb7",
            "77a23a8295ada3202153"
        )],
        &[
            concat!(
                "PERCY_SECRET_KEY=",
                "app_7c4df819bdd49bd76ff6",
                "90d29bf894d87495"
            ),
            concat!("PERCY_SECRET_KEY=", "app_7c4df819bdd49bd76f"),
        ],
    ),
    row(
        "browserstack-key",
        "BrowserStack access key",
        "BrowserStack",
        &["browserstack"],
        near!("browserstack", r"[0-9A-Za-z]{20}\b"),
    )
    .named()
    .entropy(3.3)
    .check(validate::opaque)
    .tried(
        &[concat!("BROWSERSTACK_SECRET_KEY=", "J5gh6X08q3wapFhFFTgm")],
        &[
            concat!("BROWSERSTACK_SECRET_KEY=", "J5gh6X08q3wa"),
            concat!("BROWSERSTACK_SECRET_KEY=", "J5gh6X"),
        ],
    ),
    row(
        "saucelabs-key",
        "Sauce Labs access key",
        "Sauce Labs",
        &["sauce_", "saucelabs", "sauce"],
        near!(
            "sauce(?:labs)?",
            r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"
        ),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "SAUCE_SECRET_KEY=",
            "72628eb9-545a-8b2d-e393-",
            "bcfee870e711"
        )],
        &[
            concat!("SAUCE_SECRET_KEY=", "72628eb9-545a-8b2d-e3"),
            concat!("SAUCE_SECRET_KEY=", "72628eb9-545"),
        ],
    ),
    row(
        "lambdatest-key",
        "LambdaTest access key",
        "LambdaTest",
        &["lambdatest", "lt_access"],
        near!("lambdatest|lt", r"(?:LT_)?[0-9A-Za-z]{50}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "LAMBDATEST_SECRET_KEY=",
            "LT_n3Hk81Yia7TctD33LzwTv",
            "HV9giaEUQh9dep3OwB5t6L1n",
            "39s9W"
        )],
        &[
            concat!(
                "LAMBDATEST_SECRET_KEY=",
                "LT_n3Hk81Yia7TctD33LzwTv",
                "HV9giaE"
            ),
            concat!("LAMBDATEST_SECRET_KEY=", "LT_n3Hk81Yia7TctD"),
        ],
    ),
];
