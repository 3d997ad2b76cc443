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
    row(
        "yandex-oauth",
        "Yandex OAuth token",
        "Yandex",
        &["y0_AgA", "y0__"],
        r"\by0_(?:AgA|_)[\w-]{48,80}",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "y0__",
            "9dIJ4jylg9_BgqoiBzNS3Mos",
            "ZNmEtuPU34engAVzJzVMpkjX",
            "BiRytlemR"
        )],
        &[
            concat!("y0__", "9dIJ4jylg9_BgqoiBzNS3Mos", "ZNmEtuPU"),
            concat!("y0__", "..."),
        ],
    ),
    row(
        "yandex-dictionary-key",
        "Yandex translate or dictionary key",
        "Yandex",
        &["dict.1.1.", "trnsl.1.1.", "pdct.1.1.", "predictor.1.1."],
        r"\b(?:trnsl|dict|pdct|predictor)\.1\.1\.\d{8}T\d{6}Z\.[0-9a-f]{16}\.[0-9a-f]{40}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!(
            "trnsl.1.1.",
            "70792739T556410Z.a358776",
            "ba2281b3c.28c75b07a66575",
            "8986cd94ef5d9636af221c53",
            "f7"
        )],
        &[
            concat!("trnsl.1.1.", "70792739T556410Z.a358776", "ba2281b3c.28c75b"),
            concat!("trnsl.1.1.", "..."),
        ],
    ),
    row(
        "hetzner-token",
        "Hetzner Cloud API token",
        "Hetzner",
        &["hetzner", "hcloud"],
        near!("hetzner|hcloud", r"[0-9A-Za-z]{64}\b"),
    )
    .named()
    .entropy(3.8)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "HETZNER_SECRET_KEY=",
            "wj5QQjzowoHgP0vfgsC1RvcC",
            "n3klN3D3iqy4GuPIUUqvMmSe",
            "aCCZtFRjazW2K7bz"
        )],
        &[
            concat!(
                "HETZNER_SECRET_KEY=",
                "wj5QQjzowoHgP0vfgsC1RvcC",
                "n3klN3D3iqy4Gu"
            ),
            concat!("HETZNER_SECRET_KEY=", "wj5QQjzowoHgP0vfgsC1R"),
        ],
    ),
    row(
        "linode-token",
        "Linode personal access token",
        "Akamai",
        &["linode"],
        near!("linode", r"[0-9a-f]{64}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "LINODE_SECRET_KEY=",
            "f74902b508fee52fc3916cf0",
            "ecdb93f3009e981889ebe65f",
            "5e80cd7e0e1a1ecb"
        )],
        &[
            concat!(
                "LINODE_SECRET_KEY=",
                "f74902b508fee52fc3916cf0",
                "ecdb93f3009e98"
            ),
            concat!("LINODE_SECRET_KEY=", "f74902b508fee52fc3916"),
        ],
    ),
    row(
        "vultr-key",
        "Vultr API key",
        "Vultr",
        &["vultr"],
        near!("vultr", r"[0-9A-Z]{36}\b"),
    )
    .named()
    .entropy(3.3)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "VULTR_SECRET_KEY=",
            "J3XZFTP9W77CRZLFTZJAB89T",
            "QZXKB0O2BUGQ"
        )],
        &[
            concat!("VULTR_SECRET_KEY=", "J3XZFTP9W77CRZLFTZJAB"),
            concat!("VULTR_SECRET_KEY=", "J3XZFTP9W77C"),
        ],
    ),
    row(
        "ovh-key",
        "OVH application or consumer secret",
        "OVHcloud",
        &["ovh"],
        near!("ovh", r"[0-9A-Za-z]{32}\b"),
    )
    .named()
    .entropy(3.3)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "OVH_SECRET_KEY=",
            "XvIOfxTeCGYJLa0ii3X8ML6V",
            "1BSXn10X"
        )],
        &[
            concat!("OVH_SECRET_KEY=", "XvIOfxTeCGYJLa0ii3X"),
            concat!("OVH_SECRET_KEY=", "XvIOfxTeCG"),
        ],
    ),
    row(
        "scaleway-access-key",
        "Scaleway access key",
        "Scaleway",
        &["SCW"],
        r"\bSCW[0-9A-Z]{17}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!("SCW", "8L9XKG7C1VLJM53M4")],
        &[concat!("SCW", "8L9XKG7C1"), concat!("SCW", "...")],
    ),
    row(
        "scaleway-secret-key",
        "Scaleway secret key",
        "Scaleway",
        &["scaleway", "scw_"],
        near!(
            "scaleway|scw",
            r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"
        ),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "SCALEWAY_SECRET_KEY=",
            "25989ac9-7bc0-dc03-f600-",
            "9354f72ec716"
        )],
        &[
            concat!("SCALEWAY_SECRET_KEY=", "25989ac9-7bc0-dc03-f6"),
            concat!("SCALEWAY_SECRET_KEY=", "25989ac9-7bc"),
        ],
    ),
    row(
        "scalingo-token",
        "Scalingo API token",
        "Scalingo",
        &["tk-us-"],
        r"\btk-us-[\w-]{48}",
    )
    .entropy(3.0)
    .tried(
        &[concat!(
            "tk-us-",
            "PhaKjYtK6xtZLI2qLZ4Ac8Vu",
            "r6fCkcnndGPtLV3jSyJoI8le"
        )],
        &[
            concat!("tk-us-", "PhaKjYtK6xtZLI2qLZ4Ac8Vu", "r6"),
            concat!("tk-us-", "..."),
        ],
    ),
    row(
        "exoscale-key",
        "Exoscale API key",
        "Exoscale",
        &["EXO"],
        r"\bEXO[0-9a-f]{24}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!("EXO", "453ea244d9868470f10a0b4c")],
        &[concat!("EXO", "453ea244d9868"), concat!("EXO", "...")],
    ),
    row(
        "exoscale-secret",
        "Exoscale API secret",
        "Exoscale",
        &["exoscale"],
        near!("exoscale", r"[0-9A-Za-z_\-]{43}"),
    )
    .named()
    .entropy(3.5)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "EXOSCALE_SECRET_KEY=",
            "HauOaryYvNoT1CiJJULjIUBe",
            "DysVhpvwn8U3WfNrPzR"
        )],
        &[
            concat!("EXOSCALE_SECRET_KEY=", "HauOaryYvNoT1CiJJULjIUBe", "D"),
            concat!("EXOSCALE_SECRET_KEY=", "HauOaryYvNoT1C"),
        ],
    ),
    row(
        "upcloud-token",
        "UpCloud API token",
        "UpCloud",
        &["ucat_"],
        r"\bucat_[0-9A-Z]{26}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!("ucat_", "IV61U5JS5WITE5TK59XYY1Y3", "TM")],
        &[concat!("ucat_", "IV61U5JS5WITE"), concat!("ucat_", "...")],
    ),
    row(
        "civo-key",
        "Civo API key",
        "Civo",
        &["civo"],
        near!("civo", r"[0-9A-Za-z]{50}\b"),
    )
    .named()
    .entropy(3.5)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "CIVO_SECRET_KEY=",
            "wlhGTSnyq1HNEhDQWLXoaF1V",
            "kFQaSZR65fTNi8dGsz1I0zAY",
            "to"
        )],
        &[
            concat!("CIVO_SECRET_KEY=", "wlhGTSnyq1HNEhDQWLXoaF1V", "kFQaSZ"),
            concat!("CIVO_SECRET_KEY=", "wlhGTSnyq1HNEhDQ"),
        ],
    ),
    row(
        "backblaze-key",
        "Backblaze B2 application key",
        "Backblaze",
        &["backblaze", "b2_app"],
        near!("backblaze|b2", "K00[0-9A-Za-z/+]{28}"),
    )
    .named()
    .entropy(3.3)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "BACKBLAZE_SECRET_KEY=",
            "K00y66zaK9klXJJ70teoELu0",
            "FYqVoTc"
        )],
        &[
            concat!("BACKBLAZE_SECRET_KEY=", "K00y66zaK9klXJJ70t"),
            concat!("BACKBLAZE_SECRET_KEY=", "K00y66zaK9"),
        ],
    ),
    row(
        "wasabi-key",
        "Wasabi secret key",
        "Wasabi",
        &["wasabi"],
        near!("wasabi", "[0-9A-Za-z/+]{40}"),
    )
    .named()
    .entropy(3.7)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "WASABI_SECRET_KEY=",
            "efNQWIJ31UNtq7xDRst8ZGDj",
            "xjRD/GQb6Zy9CZ4e"
        )],
        &[
            concat!("WASABI_SECRET_KEY=", "efNQWIJ31UNtq7xDRst8ZGDj"),
            concat!("WASABI_SECRET_KEY=", "efNQWIJ31UNtq"),
        ],
    ),
    row(
        "minio-key",
        "MinIO secret key",
        "MinIO",
        &["minio"],
        near!("minio", "[0-9A-Za-z/+]{32,40}"),
    )
    .named()
    .entropy(3.5)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "MINIO_SECRET_KEY=",
            "yArF76ZFFFXrHgPZKlPrZibN",
            "D4nD+bmJxs71d"
        )],
        &[
            concat!("MINIO_SECRET_KEY=", "yArF76ZFFFXrHgPZKlPrZi"),
            concat!("MINIO_SECRET_KEY=", "yArF76ZFFFXr"),
        ],
    ),
    row(
        "runpod-key",
        "RunPod API key",
        "RunPod",
        &["rpa_"],
        r"\brpa_[0-9A-Z]{40,50}[0-9a-z]{0,8}\b",
    )
    .entropy(3.3)
    .tried(
        &[concat!(
            "rpa_",
            "M4K3GUO5ZT6WR3B762DLHI8H",
            "LE4KHE64977B0U96"
        )],
        &[
            concat!("rpa_", "M4K3GUO5ZT6WR3B762DLHI"),
            concat!("rpa_", "..."),
        ],
    ),
    row(
        "lambda-cloud-key",
        "Lambda Cloud API key",
        "Lambda",
        &["secret_"],
        r"\bsecret_[\w-]{2,40}_[0-9a-f]{32}\.[0-9A-Za-z]{32}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "secret_",
            "TXmH_6b5c6f17d09696df579",
            "5392ad75f55ae.DUqzqwPVyr",
            "moZ2qko8ZMt9lp1SuXQaPB"
        )],
        &[
            concat!("secret_", "TXmH_6b5c6f17d09696df579", "5392ad75f55ae.D"),
            concat!("secret_", "..."),
        ],
    ),
    row(
        "vast-ai-key",
        "Vast.ai API key",
        "Vast.ai",
        &["vast_", "vast.ai", "vastai"],
        near!("vast(?:[._]?ai)?", r"[0-9a-f]{64}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "VAST_SECRET_KEY=",
            "83d169eb8b5c8e5a5a37cd63",
            "12599c83926c0699454b5e5f",
            "bd278a932ba79763"
        )],
        &[
            concat!(
                "VAST_SECRET_KEY=",
                "83d169eb8b5c8e5a5a37cd63",
                "12599c83926c06"
            ),
            concat!("VAST_SECRET_KEY=", "83d169eb8b5c8e5a5a37c"),
        ],
    ),
    row(
        "modal-token",
        "Modal token",
        "Modal",
        &["ak-", "as-"],
        r"\ba[ks]-[0-9A-Za-z]{22}\b",
    )
    .warn()
    .entropy(3.5)
    .tried(
        &[concat!("as-", "FzjplWjiZXU3y9YBANGcX0")],
        &[concat!("as-", "FzjplWjiZXU3"), concat!("as-", "...")],
    ),
];
