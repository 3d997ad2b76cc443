//! Clouds other than the three largest, and what runs on them.
use super::row::{near, row};
use super::validate;
use crate::detector::Detector;

pub(super) static ROWS: &[Detector] = &[
    row(
        "digitalocean-pat",
        "DigitalOcean personal access token",
        "DigitalOcean",
        &["dop_v1_"],
        r"dop_v1_[0-9a-f]{64}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!(
            "dop_v1_",
            "29883c998e20d5020256c39c",
            "24189e31b8c70511fbc452f1",
            "2f76b2bc7274509d"
        )],
        &[
            concat!("dop_v1_", "29883c998e20d5020256c39c", "24189e31b8c"),
            concat!("dop_v1_", "..."),
        ],
    ),
    row(
        "digitalocean-oauth",
        "DigitalOcean OAuth access token",
        "DigitalOcean",
        &["doo_v1_"],
        r"doo_v1_[0-9a-f]{64}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!(
            "doo_v1_",
            "94ee4829e147e8129cafa2de",
            "191af82ddf810830f4dadf2f",
            "755c8ec097841fda"
        )],
        &[
            concat!("doo_v1_", "94ee4829e147e8129cafa2de", "191af82ddf8"),
            concat!("doo_v1_", "..."),
        ],
    ),
    row(
        "digitalocean-refresh",
        "DigitalOcean OAuth refresh token",
        "DigitalOcean",
        &["dor_v1_"],
        r"dor_v1_[0-9a-f]{64}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!(
            "dor_v1_",
            "3c976003a3476bae22cbdee5",
            "f7d9c235538e88ab135c24f2",
            "8f4d6311551235ee"
        )],
        &[
            concat!("dor_v1_", "3c976003a3476bae22cbdee5", "f7d9c235538"),
            concat!("dor_v1_", "..."),
        ],
    ),
    row(
        "digitalocean-spaces-key",
        "DigitalOcean Spaces access key",
        "DigitalOcean",
        &["DO00"],
        r"\bDO00[0-9A-Z]{16}\b",
    )
    .warn()
    .entropy(3.0)
    .tried(
        &[concat!("DO00", "76ZR10GV69II1RJL")],
        &[concat!("DO00", "76ZR10GV"), concat!("DO00", "...")],
    ),
    row(
        "digitalocean-model-key",
        "DigitalOcean Gradient model access key",
        "DigitalOcean",
        &["sk-do-"],
        r"sk-do-[\w-]{40,80}",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "sk-do-",
            "dLr0XADuHWmRl1GynnI8FoaM",
            "GnQutR0M4eHqWaqqAz9CWaEw"
        )],
        &[
            concat!("sk-do-", "dLr0XADuHWmRl1GynnI8FoaM", "Gn"),
            concat!("sk-do-", "..."),
        ],
    ),
    row(
        "cloudflare-origin-ca-key",
        "Cloudflare Origin CA key",
        "Cloudflare",
        &["v1.0-"],
        r"\bv1\.0-[0-9a-f]{24}-[0-9a-f]{146}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!(
            "v1.0-",
            "a0d860fe5bcbe91d951e34e5",
            "-8f225a3854e33cb0f726a6a",
            "264e68ae7a29558497879493",
            "d50ecec95c932687160291d4",
            "02e7798f0022ca7e85f273b4",
            "373e944ae7bfd27e0a63fd94",
            "867796c6eaede6801364be91",
            "89c"
        )],
        &[
            concat!(
                "v1.0-",
                "a0d860fe5bcbe91d951e34e5",
                "-8f225a3854e33cb0f726a6a",
                "264e68ae7a29558497879493",
                "d50ecec95c932687160291d4",
                "02e7"
            ),
            concat!("v1.0-", "..."),
        ],
    ),
    row(
        "cloudflare-api-token",
        "Cloudflare API token",
        "Cloudflare",
        &["cloudflare", "cf_api", "cf-api", "cf_token"],
        near!("cloudflare|cf", r"[0-9A-Za-z_\-]{40}"),
    )
    .named()
    .entropy(3.5)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "CLOUDFLARE_SECRET_KEY=",
            "en2TNnIVvlBiFa7tKub8ebw_",
            "CjB3U7UiHSpyHVu7"
        )],
        &[
            concat!("CLOUDFLARE_SECRET_KEY=", "en2TNnIVvlBiFa7tKub8ebw_"),
            concat!("CLOUDFLARE_SECRET_KEY=", "en2TNnIVvlBiF"),
        ],
    ),
    row(
        "cloudflare-global-key",
        "Cloudflare global API key",
        "Cloudflare",
        &["cloudflare", "cf_api", "x-auth-key"],
        near!("cloudflare|cf|x-auth", r"[0-9a-f]{37}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "CLOUDFLARE_SECRET_KEY=",
            "3c3f2b83c748ca42a3ac0f13",
            "80c8eaa86d205"
        )],
        &[
            concat!("CLOUDFLARE_SECRET_KEY=", "3c3f2b83c748ca42a3ac0f"),
            concat!("CLOUDFLARE_SECRET_KEY=", "3c3f2b83c748"),
        ],
    ),
    row(
        "cloudflare-prefixed-token",
        "Cloudflare API token with prefix",
        "Cloudflare",
        &["cfut_", "cfat_", "cfk_"],
        r"\bcf(?:ut|at|k)_[0-9A-Za-z]{40}[0-9a-f]{0,8}\b",
    )
    .entropy(3.3)
    .tried(
        &[concat!(
            "cfat_",
            "l72fjhAK2NhO302bttXqDT0T",
            "4zFT9GhuR5nbUhohd6"
        )],
        &[
            concat!("cfat_", "l72fjhAK2NhO302bttXqDT0"),
            concat!("cfat_", "..."),
        ],
    ),
    row(
        "alibaba-access-key-id",
        "Alibaba Cloud access key id",
        "Alibaba",
        &["LTAI"],
        r"\bLTAI[0-9A-Za-z]{12,24}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!("LTAI", "Rvc6iRbBTj84a")],
        &[concat!("LTAI", "Rvc6iR"), concat!("LTAI", "...")],
    ),
    row(
        "alibaba-secret-key",
        "Alibaba Cloud access key secret",
        "Alibaba",
        &["alibaba", "aliyun", "alicloud"],
        near!("alibaba|aliyun|alicloud", r"[0-9A-Za-z]{30}\b"),
    )
    .named()
    .entropy(3.5)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "ALIBABA_SECRET_KEY=",
            "I4JCFSA44LSKM1c9hSfcEPjm",
            "usbW9F"
        )],
        &[
            concat!("ALIBABA_SECRET_KEY=", "I4JCFSA44LSKM1c9hS"),
            concat!("ALIBABA_SECRET_KEY=", "I4JCFSA44L"),
        ],
    ),
    row(
        "alibaba-sts-key-id",
        "Alibaba Cloud temporary access key id",
        "Alibaba",
        &["STS."],
        r"\bSTS\.[0-9A-Za-z]{16,30}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!("STS.", "SApPTELdFFDpCbeUZsEomvVy", "pe")],
        &[concat!("STS.", "SApPTELdFFDpCb"), concat!("STS.", "...")],
    ),
    row(
        "tencent-secret-id",
        "Tencent Cloud secret id",
        "Tencent",
        &["AKID"],
        r"\bAKID[0-9A-Za-z]{32}\b",
    )
    .entropy(3.3)
    .tried(
        &[concat!("AKID", "dSmQcq48nDox7K8OKX5QFbTr", "4b8pwAgY")],
        &[concat!("AKID", "dSmQcq48nDox7K8OK"), concat!("AKID", "...")],
    ),
    row(
        "tencent-secret-key",
        "Tencent Cloud secret key",
        "Tencent",
        &["tencent", "qcloud"],
        near!("tencent|qcloud", r"[0-9A-Za-z]{32}\b"),
    )
    .named()
    .entropy(3.3)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "TENCENT_SECRET_KEY=",
            "1bCFZf1ckMUcPibnYIRxcFN9",
            "rgZfrOm2"
        )],
        &[
            concat!("TENCENT_SECRET_KEY=", "1bCFZf1ckMUcPibnYIR"),
            concat!("TENCENT_SECRET_KEY=", "1bCFZf1ckM"),
        ],
    ),
    row(
        "baidu-cloud-key",
        "Baidu Cloud secret access key",
        "Baidu",
        &["baidu"],
        near!("baidu", r"[0-9a-f]{32}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "BAIDU_SECRET_KEY=",
            "b33478e7d25999db0bdb9f66",
            "8258c8ff"
        )],
        &[
            concat!("BAIDU_SECRET_KEY=", "b33478e7d25999db0bd"),
            concat!("BAIDU_SECRET_KEY=", "b33478e7d2"),
        ],
    ),
    row(
        "huawei-cloud-key",
        "Huawei Cloud secret access key",
        "Huawei",
        &["huawei"],
        near!("huawei", r"[0-9A-Za-z]{40}\b"),
    )
    .named()
    .entropy(3.3)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "HUAWEI_SECRET_KEY=",
            "PWB7UuZcQJkjY4bmfFzaXXtJ",
            "CQucQdtA0jY2XE6A"
        )],
        &[
            concat!("HUAWEI_SECRET_KEY=", "PWB7UuZcQJkjY4bmfFzaXXtJ"),
            concat!("HUAWEI_SECRET_KEY=", "PWB7UuZcQJkjY"),
        ],
    ),
    row(
        "volcengine-key-id",
        "Volcengine access key id",
        "Volcengine",
        &["AKLT"],
        r"\bAKLT[0-9A-Za-z_\-]{43,60}",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "AKLT",
            "LnqujYmS7mYpRfluqxhgaP_U",
            "UlWPi2zFP-0Neu2oUjzHAzYS"
        )],
        &[
            concat!("AKLT", "LnqujYmS7mYpRfluqxhgaP_U", "UlW"),
            concat!("AKLT", "..."),
        ],
    ),
    row(
        "ibm-cloud-key",
        "IBM Cloud API key",
        "IBM",
        &["ibm", "bluemix"],
        near!("ibm|bluemix", r"[0-9A-Za-z_\-]{44}"),
    )
    .named()
    .entropy(3.5)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "IBM_SECRET_KEY=",
            "BT_K_jWTMlQh1_UXagJBzDQ5",
            "agdVLcBUDhY19bglC8Ho"
        )],
        &[
            concat!("IBM_SECRET_KEY=", "BT_K_jWTMlQh1_UXagJBzDQ5", "ag"),
            concat!("IBM_SECRET_KEY=", "BT_K_jWTMlQh1_"),
        ],
    ),
    row(
        "oracle-cloud-key",
        "Oracle Cloud auth token or customer secret",
        "Oracle",
        &["oracle", "oci_"],
        near!("oracle|oci", "[0-9A-Za-z+/=]{44}"),
    )
    .named()
    .entropy(3.8)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "ORACLE_SECRET_KEY=",
            "xryKe=h3K3fc/sZjTluHuj76",
            "3lptDc8HIAsQ5/4ofH8u"
        )],
        &[
            concat!("ORACLE_SECRET_KEY=", "xryKe=h3K3fc/sZjTluHuj76", "3l"),
            concat!("ORACLE_SECRET_KEY=", "xryKe=h3K3fc/s"),
        ],
    ),
    row(
        "yandex-iam-token",
        "Yandex Cloud IAM token",
        "Yandex",
        &["t1.9eu"],
        r"\bt1\.9eu[0-9A-Za-z_\-]{20,}\.[0-9A-Za-z_\-]{86}={0,2}",
    )
    .entropy(4.0)
    .tried(
        &[concat!(
            "YANDEX_IAM_TOKEN=t1.9eu",
            "bRDuUJL4PR1InDsr27L_QQMS",
            "n2C6t.hnMjXDJWmS_PgM8azp",
            "rLihHyW7iCYrgW7RjM2NTyY1",
            "wIZHpoQ2MwrOfsLrlKkHWI9b",
            "ERWDxuUuRcU8ybUlFrJn="
        )],
        &[
            concat!(
                "YANDEX_IAM_TOKEN=t1.9eu",
                "bRDuUJL4PR1InDsr27L_QQMS",
                "n2C6t.hnMjXDJWmS_PgM8azp",
                "rLihHyW7iCYrgW7RjM2"
            ),
            concat!("YANDEX_IAM_TOKEN=t1.9eu", "..."),
        ],
    ),
    row(
        "yandex-api-key",
        "Yandex Cloud API key",
        "Yandex",
        &["AQVN"],
        r"\bAQVN[\w-]{35,38}",
    )
    .entropy(3.5)
    .tried(
        &[concat!("AQVN", "uGtvHo-QVSf9VziJU8be4mrM", "4_bWKOWz0Kz")],
        &[
            concat!("AQVN", "uGtvHo-QVSf9VziJU8b"),
            concat!("AQVN", "..."),
        ],
    ),
];
