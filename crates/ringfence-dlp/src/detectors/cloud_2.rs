//! Clouds other than the three largest, and what runs on them. Continued.
use super::row::{near, row};
use super::validate;
use crate::detector::Detector;

pub(super) static ROWS: &[Detector] = &[
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
