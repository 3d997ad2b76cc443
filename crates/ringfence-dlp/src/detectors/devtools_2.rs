//! Tools of developers, documents and work. Continued.
use super::row::{near, row};
use super::validate;
use crate::detector::Detector;

pub(super) static ROWS: &[Detector] = &[
    row(
        "postman-collection-key",
        "Postman collection access key",
        "Postman",
        &["PMAT-"],
        r"\bPMAT-[0-9A-Z]{26}\b",
    )
    .entropy(3.3)
    .tried(
        &[concat!("PMAT-", "22P90E11Q5BIIGG5QTFLVGCZ", "BG")],
        &[concat!("PMAT-", "22P90E11Q5BII"), concat!("PMAT-", "...")],
    ),
    row(
        "readme-key",
        "ReadMe API key",
        "ReadMe",
        &["rdme_"],
        r"\brdme_[0-9a-z]{70}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "rdme_",
            "4bfi1l531mrdjvzpl66e9cxs",
            "g2yg655lyoijctxt9isccj9h",
            "8510plv6x570ihbbronla2"
        )],
        &[
            concat!("rdme_", "4bfi1l531mrdjvzpl66e9cxs", "g2yg655lyoijctxt"),
            concat!("rdme_", "..."),
        ],
    ),
    row(
        "mapbox-secret-token",
        "Mapbox secret or temporary token",
        "Mapbox",
        &["sk.eyJ", "tk.eyJ"],
        r"\b[st]k\.eyJ[\w-]{20,}\.[\w-]{20,30}",
    )
    .entropy(4.0)
    .tried(
        &[concat!(
            "sk.eyJ",
            "OCOqPAY7MzUNOg_DbjN05.6c",
            "0hpepIiZ4QnLEfiuRNyoCTrJ",
            "F3l"
        )],
        &[
            concat!("sk.eyJ", "OCOqPAY7MzUNOg_DbjN05.6c", "0hpe"),
            concat!("sk.eyJ", "..."),
        ],
    ),
    row(
        "mapbox-public-token",
        "Mapbox public token",
        "Mapbox",
        &["pk.eyJ"],
        r"\bpk\.eyJ[\w-]{20,}\.[\w-]{20,30}",
    )
    .warn()
    .entropy(4.0)
    .tried(
        &[concat!(
            "pk.eyJ",
            "q1ePO7FzXcwHqy_-YG-t9n.y",
            "C50W3UhTEBZya-MS2Y7o5l6D",
            "u9k"
        )],
        &[
            concat!("pk.eyJ", "q1ePO7FzXcwHqy_-YG-t9n.y", "C50W"),
            concat!("pk.eyJ", "..."),
        ],
    ),
    row(
        "frameio-token",
        "Frame.io token",
        "Adobe",
        &["fio-u-"],
        r"\bfio-u-[\w=\-]{64}",
    )
    .entropy(3.8)
    .tried(
        &[concat!(
            "fio-u-",
            "WnHZtoA6Poiy_ylrMBPKZ2fu",
            "JRfsZibklJDWtM1kg87abdCd",
            "WV0pPb3X2kTMsx-_"
        )],
        &[
            concat!("fio-u-", "WnHZtoA6Poiy_ylrMBPKZ2fu", "JRfsZibklJDW"),
            concat!("fio-u-", "..."),
        ],
    ),
    row(
        "adobe-client-secret",
        "Adobe client secret",
        "Adobe",
        &["p8e-"],
        r"\bp8e-[0-9A-Za-z_\-]{32}",
    )
    .entropy(3.5)
    .tried(
        &[concat!("p8e-", "mOILN_7OFkuvgnBsxKTC7EqE", "sO8EZDfJ")],
        &[concat!("p8e-", "mOILN_7OFkuvgnBsx"), concat!("p8e-", "...")],
    ),
    row(
        "adafruit-io-key",
        "Adafruit IO key",
        "Adafruit",
        &["aio_"],
        r"\baio_[0-9A-Za-z]{28}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!("aio_", "ql16BYokRxNDxc9UwUcC3GDw", "pALw")],
        &[concat!("aio_", "ql16BYokRxNDxc9"), concat!("aio_", "...")],
    ),
    row(
        "apify-token",
        "Apify API token",
        "Apify",
        &["apify_api_"],
        r"\bapify_api_[0-9A-Za-z]{36}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "apify_api_",
            "ZKuPPV8UL3ThuxD8Ap7BpsVq",
            "vY1v268ANBDF"
        )],
        &[
            concat!("apify_api_", "ZKuPPV8UL3ThuxD8A"),
            concat!("apify_api_", "..."),
        ],
    ),
    row(
        "cloudinary-url",
        "Cloudinary URL with secret",
        "Cloudinary",
        &["cloudinary://"],
        r"cloudinary://\d{6,20}:([\w-]{20,40})@",
    )
    .named()
    .entropy(3.3)
    .tried(
        &[concat!(
            "cloudinary://527858935726445:",
            "KTVc7E4m5cv-UQ9ioL1FohFJ",
            "wK5@demo"
        )],
        &[
            concat!("cloudinary://527858935726445:", "KTVc7E4m5cv-UQ9i"),
            concat!("cloudinary://527858935726445:", "KTVc7E4m5"),
        ],
    ),
    row(
        "cloudinary-secret",
        "Cloudinary API secret",
        "Cloudinary",
        &["cloudinary"],
        near!("cloudinary", r"[0-9A-Za-z_\-]{27}\b"),
    )
    .named()
    .entropy(3.3)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "CLOUDINARY_SECRET_KEY=",
            "ZDgV97onLy8n4OEJZTbtk8Ns",
            "cr3"
        )],
        &[
            concat!("CLOUDINARY_SECRET_KEY=", "ZDgV97onLy8n4OEJ"),
            concat!("CLOUDINARY_SECRET_KEY=", "ZDgV97onL"),
        ],
    ),
    row(
        "imagekit-key",
        "ImageKit private key",
        "ImageKit",
        &["imagekit"],
        r"\bprivate_[0-9A-Za-z+/]{20,40}={0,2}",
    )
    .entropy(3.3)
    .tried(
        &[concat!(
            "IMAGEKIT_PRIVATE_KEY=",
            "private_iNRsO12k2DCtktOr",
            "zAY6Dlihu1E="
        )],
        &[
            concat!("IMAGEKIT_PRIVATE_KEY=", "private_iNRsO12k2DCtk"),
            concat!("IMAGEKIT_PRIVATE_KEY=", "private_iNRs"),
        ],
    ),
    row(
        "uploadcare-key",
        "Uploadcare secret key",
        "Uploadcare",
        &["uploadcare"],
        near!("uploadcare", r"[0-9a-f]{20}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("UPLOADCARE_SECRET_KEY=", "19e93c38d18a11e74e92")],
        &[
            concat!("UPLOADCARE_SECRET_KEY=", "19e93c38d18a"),
            concat!("UPLOADCARE_SECRET_KEY=", "19e93c"),
        ],
    ),
    row(
        "mux-secret",
        "Mux token secret",
        "Mux",
        &["mux_"],
        near!("mux", "[0-9A-Za-z+/]{75}"),
    )
    .named()
    .entropy(4.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "MUX_SECRET_KEY=",
            "SUBofA5ekyQDjpowEuVkZ0L7",
            "dWt7BSfcc+FIA+CozkMvQ+iy",
            "vjC29KNonK4vT5ImH/ZS0F+i",
            "2nQ"
        )],
        &[
            concat!(
                "MUX_SECRET_KEY=",
                "SUBofA5ekyQDjpowEuVkZ0L7",
                "dWt7BSfcc+FIA+CozkMvQ"
            ),
            concat!("MUX_SECRET_KEY=", "SUBofA5ekyQDjpowEuVkZ0L7", "d"),
        ],
    ),
    row(
        "ipinfo-token",
        "IPinfo token",
        "IPinfo",
        &["ipinfo"],
        near!("ipinfo", r"[0-9a-f]{14}\b"),
    )
    .named()
    .entropy(2.6)
    .check(validate::opaque)
    .tried(
        &[concat!("IPINFO_SECRET_KEY=", "b9aff31acd4a3a")],
        &[
            concat!("IPINFO_SECRET_KEY=", "b9aff31a"),
            concat!("IPINFO_SECRET_KEY=", "b9af"),
        ],
    ),
    row(
        "openweather-key",
        "OpenWeather API key",
        "OpenWeather",
        &["openweather", "owm_", "pyowm"],
        near!("openweather(?:map)?|owm", r"[0-9a-z]{32}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "OPENWEATHER_SECRET_KEY=",
            "4yet63xlcs6e2qjhfu1dny1d",
            "ootrmtm2"
        )],
        &[
            concat!("OPENWEATHER_SECRET_KEY=", "4yet63xlcs6e2qjhfu1"),
            concat!("OPENWEATHER_SECRET_KEY=", "4yet63xlcs"),
        ],
    ),
    row(
        "maxmind-key",
        "MaxMind licence key",
        "MaxMind",
        &["maxmind"],
        near!("maxmind", r"[0-9A-Za-z]{16}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("MAXMIND_SECRET_KEY=", "AfwH71PSSVtQjBfp")],
        &[
            concat!("MAXMIND_SECRET_KEY=", "AfwH71PSS"),
            concat!("MAXMIND_SECRET_KEY=", "AfwH7"),
        ],
    ),
    row(
        "maxmind-prefixed-key",
        "MaxMind licence key with suffix",
        "MaxMind",
        &["_mmk"],
        r"\b[0-9A-Za-z]{6}_[0-9A-Za-z]{29}_mmk\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!("Sal3Dx_LTHJHPSnYtA7ORGs1", "3YkhOwfBtQWo_mmk")],
        &["Sal3Dx_LTHJHPSnYtA7ORGs1", "Sal3Dx_LTHJHP"],
    ),
    row(
        "zendesk-token",
        "Zendesk API token",
        "Zendesk",
        &["zendesk"],
        near!("zendesk", r"[0-9A-Za-z]{40}\b"),
    )
    .named()
    .entropy(3.5)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "ZENDESK_SECRET_KEY=",
            "PxeJNFjEhNVgIBiiF6g2Pc1j",
            "gCynASyTipC8vvWW"
        )],
        &[
            concat!("ZENDESK_SECRET_KEY=", "PxeJNFjEhNVgIBiiF6g2Pc1j"),
            concat!("ZENDESK_SECRET_KEY=", "PxeJNFjEhNVgI"),
        ],
    ),
    row(
        "freshdesk-key",
        "Freshdesk or Freshservice key",
        "Freshworks",
        &["freshdesk", "freshservice", "freshbooks"],
        near!(
            "freshdesk|freshservice|freshbooks",
            r"[0-9A-Za-z]{20}\b|[0-9a-f]{64}\b"
        ),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("FRESHDESK_SECRET_KEY=", "ijiW7eDwCpNRMcV7RmIQ")],
        &[
            concat!("FRESHDESK_SECRET_KEY=", "ijiW7eDwCpNR"),
            concat!("FRESHDESK_SECRET_KEY=", "ijiW7e"),
        ],
    ),
    row(
        "intercom-token",
        "Intercom access token",
        "Intercom",
        &["dG9rO"],
        r"\bdG9rO[0-9A-Za-z+/]{50,60}={0,2}",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "dG9rO",
            "P7oyGFlPtzTxRJVU0kLlYI22",
            "kjRwc/xMI76Jxs8AodHFfbD3",
            "6ihLU=="
        )],
        &[
            concat!("dG9rO", "P7oyGFlPtzTxRJVU0kLlYI22", "kjRwc/x"),
            concat!("dG9rO", "..."),
        ],
    ),
];
