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
            "VoBraXDKsLajzfe4_ob0l343",
            "oui0djvttjdehegmrulrdw6l",
            "fecu9iebm"
        )],
        &[
            concat!("CCIPAT_", "VoBraXDKsLajzfe4_ob0l343", "oui0djv"),
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
            "tSZxV0RpEIggi5C1UrNQKUlS",
            "0DhI_8188cklfjvwpiaj9gnw",
            "9xt88tfhkq1qj2s47nmlc"
        )],
        &[
            concat!("CCIPRJ_", "tSZxV0RpEIggi5C1UrNQKUlS", "0DhI_8188cklfj"),
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
            "706a798d49afe21ffc30b480",
            "561ff66554513acc"
        )],
        &[
            concat!("CIRCLECI_SECRET_KEY=", "706a798d49afe21ffc30b480"),
            concat!("CIRCLECI_SECRET_KEY=", "706a798d49afe"),
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
        &[concat!("bkct_", "fYJmX9Te8k4Rt2208Ywqs3Uj", "nggsYSt8Uuwm")],
        &[
            concat!("bkct_", "fYJmX9Te8k4Rt2208Yw"),
            concat!("bkct_", "..."),
        ],
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
            "l9b12qn5d0hu7445j19eum8u",
            "w6a4h66kgskq8t8rsc0a2p2"
        )],
        &[
            concat!("BUILDKITE_SECRET_KEY=", "l9b12qn5d0hu7445j19eum8u", "w6a4"),
            concat!("BUILDKITE_SECRET_KEY=", "l9b12qn5d0hu744"),
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
        &[concat!("TRAVIS_SECRET_KEY=", "4HCZui2kU_PLD8TvaloCdv")],
        &[
            concat!("TRAVIS_SECRET_KEY=", "4HCZui2kU_PLD"),
            concat!("TRAVIS_SECRET_KEY=", "4HCZui2"),
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
            "TIG0I8klroW8gAUNEKs9rTNs",
            "D14yu03S"
        )],
        &[
            concat!("DRONE_SECRET_KEY=", "TIG0I8klroW8gAUNEKs"),
            concat!("DRONE_SECRET_KEY=", "TIG0I8klro"),
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
            "Ys9hyfZnmROY0gqjq_vP-e.4",
            "0a49f6f59cb6187e633193c.",
            "8hk1wf7OgjD7pBd5rvmP"
        )],
        &[
            concat!("pat.", "Ys9hyfZnmROY0gqjq_vP-e.4", "0a49f6f59cb6187"),
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
            "119ec538e60b91ec294961ab",
            "2c2364b35f"
        )],
        &[
            concat!("JENKINS_SECRET_KEY=", "119ec538e60b91ec2949"),
            concat!("JENKINS_SECRET_KEY=", "119ec538e60"),
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
            "jn1u34u6z1hsaqdjiqqds2o4",
            "2"
        )],
        &[
            concat!("APPVEYOR_SECRET_KEY=", "jn1u34u6z1hsaqd"),
            concat!("APPVEYOR_SECRET_KEY=", "jn1u34u6"),
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
            "f37b849d-4354-edcc-57ec-",
            "110bfe1144f4"
        )],
        &[
            concat!("CODESHIP_SECRET_KEY=", "f37b849d-4354-edcc-57"),
            concat!("CODESHIP_SECRET_KEY=", "f37b849d-435"),
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
            "Jc6hRaIoYfYQMypUh1_CG7Ca",
            "rL"
        )],
        &[
            concat!("SEMAPHORE_SECRET_KEY=", "Jc6hRaIoYfYQMyp"),
            concat!("SEMAPHORE_SECRET_KEY=", "Jc6hRaIo"),
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
            "vvY-31_ggu0KfTPPK0X0PUva",
            "3iPBxhIZZYhMUVy_T94JtVMs",
            "XBP-FFNdC2H0wONDEv--opyv",
            "71XFA8i7ieMaLH"
        )],
        &[
            concat!(
                "BITRISE_SECRET_KEY=",
                "vvY-31_ggu0KfTPPK0X0PUva",
                "3iPBxhIZZYhMUVy_T94JtVMs",
                "XBP"
            ),
            concat!("BITRISE_SECRET_KEY=", "vvY-31_ggu0KfTPPK0X0PUva", "3iPB"),
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
            "abz1RW0Wu-J3Ac5SBLH0QKQ2",
            "uQi8MzriuYLswAo3D4z"
        )],
        &[
            concat!("CODEMAGIC_SECRET_KEY=", "abz1RW0Wu-J3Ac5SBLH0QKQ2", "u"),
            concat!("CODEMAGIC_SECRET_KEY=", "abz1RW0Wu-J3Ac"),
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
            "fe916f7b9r2j9enzctnjp09y",
            "y2ffra7j"
        )],
        &[
            concat!("CODECOV_SECRET_KEY=", "fe916f7b9r2j9enzctn"),
            concat!("CODECOV_SECRET_KEY=", "fe916f7b9r"),
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
            "JaFljWeJURNHLji5JlTqSk7H",
            "g6WcXKafCRL"
        )],
        &[
            concat!("COVERALLS_SECRET_KEY=", "JaFljWeJURNHLji5JlTqS"),
            concat!("COVERALLS_SECRET_KEY=", "JaFljWeJURN"),
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
        &[concat!("CODACY_SECRET_KEY=", "JxnfKIwljUk9YmxU3hxszf")],
        &[
            concat!("CODACY_SECRET_KEY=", "JxnfKIwljUk9Y"),
            concat!("CODACY_SECRET_KEY=", "JxnfKIw"),
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
            "511a452ce594081201313857",
            "ac8579eb8fda0b1406b010b2",
            "0c5b2a548ed5aa0e"
        )],
        &[
            concat!(
                "CODECLIMATE_SECRET_KEY=",
                "511a452ce594081201313857",
                "ac8579eb8fda0b"
            ),
            concat!("CODECLIMATE_SECRET_KEY=", "511a452ce594081201313"),
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
            "e130cf86-7eb8-06a9-7f64-",
            "90d34e05d062"
        )],
        &[
            concat!("CYPRESS_SECRET_KEY=", "e130cf86-7eb8-06a9-7f"),
            concat!("CYPRESS_SECRET_KEY=", "e130cf86-7eb"),
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
            "e9335977623a6a45379a5fd4",
            "9c7c78e63c7deb717a31320e",
            "217a433a50f68ee"
        )],
        &[
            concat!(
                "PERCY_SECRET_KEY=",
                "e9335977623a6a45379a5fd4",
                "9c7c78e63c7de"
            ),
            concat!("PERCY_SECRET_KEY=", "e9335977623a6a45379a5"),
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
        &[concat!("BROWSERSTACK_SECRET_KEY=", "CbH1WYH1ynyt8pR4glVj")],
        &[
            concat!("BROWSERSTACK_SECRET_KEY=", "CbH1WYH1ynyt"),
            concat!("BROWSERSTACK_SECRET_KEY=", "CbH1WY"),
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
            "a7aeb57c-54dc-7eb2-0d67-",
            "b5a369db3136"
        )],
        &[
            concat!("SAUCE_SECRET_KEY=", "a7aeb57c-54dc-7eb2-0d"),
            concat!("SAUCE_SECRET_KEY=", "a7aeb57c-54d"),
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
            "amu4paL4gz4U9Ugcbs21kCDS",
            "i1lFzyTgZnsQceyIjEk7l27y",
            "BN"
        )],
        &[
            concat!(
                "LAMBDATEST_SECRET_KEY=",
                "amu4paL4gz4U9Ugcbs21kCDS",
                "i1lFzy"
            ),
            concat!("LAMBDATEST_SECRET_KEY=", "amu4paL4gz4U9Ugc"),
        ],
    ),
];
