//! Shops, customers and content.
use super::row::{near, row};
use super::validate;
use crate::detector::Detector;

pub(super) static ROWS: &[Detector] = &[
    row(
        "shopify-access-token",
        "Shopify public app access token",
        "Shopify",
        &["shpat_"],
        r"\bshpat_[0-9a-fA-F]{32}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!("shpat_", "F4E914D301Db2F3df23B4ee7", "400ad5C6")],
        &[
            concat!("shpat_", "F4E914D301Db2F3d"),
            concat!("shpat_", "..."),
        ],
    ),
    row(
        "shopify-custom-app-token",
        "Shopify custom app access token",
        "Shopify",
        &["shpca_"],
        r"\bshpca_[0-9a-fA-F]{32}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!("shpca_", "AaA10b7fd8e4ED8De11F7Fad", "3266aDB7")],
        &[
            concat!("shpca_", "AaA10b7fd8e4ED8D"),
            concat!("shpca_", "..."),
        ],
    ),
    row(
        "shopify-private-app-token",
        "Shopify private app password",
        "Shopify",
        &["shppa_"],
        r"\bshppa_[0-9a-fA-F]{32}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!("shppa_", "09Bd4F381f46Bd1FBFE96a55", "61E5bE63")],
        &[
            concat!("shppa_", "09Bd4F381f46Bd1F"),
            concat!("shppa_", "..."),
        ],
    ),
    row(
        "shopify-shared-secret",
        "Shopify app shared secret",
        "Shopify",
        &["shpss_"],
        r"\bshpss_[0-9a-fA-F]{32}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!("shpss_", "00a0f5CA6aaCEE2dc50Ca121", "cf9069fe")],
        &[
            concat!("shpss_", "00a0f5CA6aaCEE2d"),
            concat!("shpss_", "..."),
        ],
    ),
    row(
        "shopify-refresh-token",
        "Shopify refresh token",
        "Shopify",
        &["shprt_"],
        r"\bshprt_[0-9a-fA-F]{32}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!("shprt_", "967878FCbdfad6A3a776f49F", "7D5bFceB")],
        &[
            concat!("shprt_", "967878FCbdfad6A3"),
            concat!("shprt_", "..."),
        ],
    ),
    row(
        "shopify-partner-token",
        "Shopify Partner or CLI token",
        "Shopify",
        &["atkn_", "prtapi_"],
        r"\b(?:atkn_[0-9a-f]{48,64}|prtapi_[0-9a-f]{32})\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!("prtapi_", "d79260fbdafe069a40446aa7", "9fc95948")],
        &[
            concat!("prtapi_", "d79260fbdafe069a"),
            concat!("prtapi_", "..."),
        ],
    ),
    row(
        "hubspot-private-app",
        "HubSpot private app token",
        "HubSpot",
        &["pat-na", "pat-eu", "pat-ap"],
        r"\bpat-(?:na|eu|ap)\d-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!(
            "pat-ap",
            "5-e44e78ad-d91e-3bba-270",
            "6-798d49afe21f"
        )],
        &[
            concat!("pat-ap", "5-e44e78ad-d91e-3bba"),
            concat!("pat-ap", "..."),
        ],
    ),
    row(
        "hubspot-key",
        "HubSpot API key",
        "HubSpot",
        &["hubspot", "hapikey"],
        near!(
            "hubspot|hapi",
            r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"
        ),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "HUBSPOT_SECRET_KEY=",
            "c30b4805-1ff6-5545-3acc-",
            "94e42d11041f"
        )],
        &[
            concat!("HUBSPOT_SECRET_KEY=", "c30b4805-1ff6-5545-3a"),
            concat!("HUBSPOT_SECRET_KEY=", "c30b4805-1ff"),
        ],
    ),
    row(
        "klaviyo-key",
        "Klaviyo private key",
        "Klaviyo",
        &["klaviyo"],
        r#"(?i:klaviyo)[\w.\- ]{0,24}["\x27]?\s{0,3}[:=]\s{0,3}["\x27]?(pk_[0-9A-Za-z]{32,36})\b"#,
    )
    .named()
    .entropy(3.3)
    .tried(
        &[concat!(
            "KLAVIYO_API_KEY=",
            "pk_jnggsYSt8UuwmTLg9B12z",
            "yQwNz5ivD0mtH"
        )],
        &[
            concat!("KLAVIYO_API_KEY=", "pk_jnggsYSt8UuwmTLg9B1"),
            concat!("KLAVIYO_API_KEY=", "pk_jnggsYSt8"),
        ],
    ),
    row(
        "ebay-production-key",
        "eBay application secret",
        "eBay",
        &["PRD-", "SBX-"],
        r"\b(?:PRD|SBX)-[0-9a-f]{12}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}\b",
    )
    .entropy(2.8)
    .tried(
        &[concat!("SBX-", "2229047fb4f3-2833-8ead-e", "4de-051c")],
        &[concat!("SBX-", "2229047fb4f3-2833"), concat!("SBX-", "...")],
    ),
    row(
        "ebay-client-id",
        "eBay application client id",
        "eBay",
        &["-PRD-", "-SBX-"],
        r"\b[\w]{2,20}-[\w]{2,20}-(?:PRD|SBX)-[0-9a-f]{8,9}-[0-9a-f]{8}\b",
    )
    .warn()
    .entropy(2.8)
    .tried(
        &[concat!("Z2-6H-SBX-0b7f65327-9bc3", "9ede")],
        &["Z2-6H-SBX-0b7f65", "Z2-6H-SBX"],
    ),
    row(
        "etsy-key",
        "Etsy API key",
        "Etsy",
        &["etsy"],
        near!("etsy", r"[0-9a-z]{24}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("ETSY_SECRET_KEY=", "g0i8w8aunek9tnd1403s4uhr")],
        &[
            concat!("ETSY_SECRET_KEY=", "g0i8w8aunek9tn"),
            concat!("ETSY_SECRET_KEY=", "g0i8w8au"),
        ],
    ),
    row(
        "contentful-pat",
        "Contentful personal access token",
        "Contentful",
        &["CFPAT-"],
        r"\bCFPAT-[\w-]{43,64}",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "CFPAT-",
            "9hyfZnmROY0gqjq_vP-eGG2g",
            "Gd-PzMcmiP5YSvQCF4aEnGH3",
            "FmRFMBpYlbunKD"
        )],
        &[
            concat!("CFPAT-", "9hyfZnmROY0gqjq_vP-eGG2g", "Gd-PzMcmiP"),
            concat!("CFPAT-", "..."),
        ],
    ),
    row(
        "contentful-token",
        "Contentful delivery token",
        "Contentful",
        &["contentful"],
        near!("contentful", r"[\w-]{43}"),
    )
    .named()
    .entropy(3.5)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "CONTENTFUL_SECRET_KEY=",
            "uR2lc5wnAaIcR6hlAn9EPHlD",
            "K-PLcl3z69yC3YuLrQd"
        )],
        &[
            concat!("CONTENTFUL_SECRET_KEY=", "uR2lc5wnAaIcR6hlAn9EPHlD", "K"),
            concat!("CONTENTFUL_SECRET_KEY=", "uR2lc5wnAaIcR6"),
        ],
    ),
    row(
        "sanity-token",
        "Sanity API token",
        "Sanity",
        &["sanity"],
        r#"(?i:sanity)[\w.\- ]{0,24}["\x27]?\s{0,3}[:=]\s{0,3}["\x27]?(sk[0-9A-Za-z]{78,})\b"#,
    )
    .named()
    .entropy(3.8)
    .tried(
        &[concat!(
            "SANITY_API_TOKEN=",
            "skkiawIQQDSd2O429byVf6ju",
            "xfFZyNkGa8IrR39zY7Bmxt83",
            "ZiSQvkOiOFpdAEYcTPS32Zl1",
            "NUYS3hl38vi8jV9O9ZJb3LDI",
            "9PuZHKspHDBUPFLqZt0uV6X8",
            "36IoQAiHSuvSHgVf1q0kVjck",
            "pqLvyLS0AwbKuwfzoqECCoAW",
            "X0G0CFSdIX1wMC"
        )],
        &[
            concat!(
                "SANITY_API_TOKEN=",
                "skkiawIQQDSd2O429byVf6ju",
                "xfFZyNkGa8IrR39zY7Bmxt83",
                "ZiSQvkOiOFpd"
            ),
            concat!("SANITY_API_TOKEN=", "EXAMPLE"),
        ],
    ),
    row(
        "woocommerce-key",
        "WooCommerce consumer key or secret",
        "WooCommerce",
        &[
            "woocommerce",
            "consumer_key",
            "consumer_secret",
            "wc_",
            "consumerkey",
            "consumersecret",
        ],
        r"\bc[ks]_[0-9a-f]{40}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!(
            "WC_CONSUMER_KEY=",
            "ck_a4888a577ff7214d75d82",
            "6f33593040e6533effc"
        )],
        &[
            concat!("WC_CONSUMER_KEY=", "ck_a4888a577ff7214d75d82", "6"),
            concat!("WC_CONSUMER_KEY=", "ck_a4888a577ff"),
        ],
    ),
    row(
        "mergify-key",
        "Mergify application key",
        "Mergify",
        &["mergify_application_key_"],
        r"\bmergify_application_key_[\w-]{64,80}",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "mergify_application_key_",
            "yv71XFA8i7ieMaLHOabz1RW0",
            "Wu-J3Ac5SBLH0QKQ2uQi8Mzr",
            "iuYLswAo3D4zU0VSJ2CVENIs",
            "4cJS"
        )],
        &[
            concat!(
                "mergify_application_key_",
                "yv71XFA8i7ieMaLHOabz1RW0",
                "Wu-J3Ac5SBLH"
            ),
            concat!("mergify_application_key_", "..."),
        ],
    ),
    row(
        "airtable-pat",
        "Airtable personal access token",
        "Airtable",
        &["pat"],
        r"\bpat[0-9A-Za-z]{14}\.[0-9a-f]{64}\b",
    )
    .entropy(3.3)
    .tried(
        &[concat!(
            "pat",
            "pwrvulcZCTNJPe.4177d539d",
            "979fdb8a29ee383a6da59a9f",
            "4f1e511a452ce59408120131",
            "3857ac8"
        )],
        &[
            concat!("pat", "pwrvulcZCTNJPe.4177d539d", "979fdb8a29ee383a6da59a"),
            concat!("pat", "..."),
        ],
    ),
    row(
        "airtable-key",
        "Airtable legacy API key",
        "Airtable",
        &["airtable"],
        near!("airtable", r"key[0-9A-Za-z]{14}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("AIRTABLE_SECRET_KEY=", "keyjEITwMuGUQKw0N")],
        &[
            concat!("AIRTABLE_SECRET_KEY=", "keyjEITwMu"),
            concat!("AIRTABLE_SECRET_KEY=", "keyjE"),
        ],
    ),
    row(
        "airtable-oauth",
        "Airtable OAuth token",
        "Airtable",
        &[".v1."],
        r"\b[\w-]{16}\.v1\.[\w-]{10,60}\.[0-9a-f]{64}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!(
            "I3Pi240jA1oNlBhM.v1.XusN",
            "ge1xjw.30cf8627eb8406a92",
            "7f64c90d34e05d0622ee9335",
            "977623a6a45379a5fd49c7c"
        )],
        &[
            concat!(
                "I3Pi240jA1oNlBhM.v1.XusN",
                "ge1xjw.30cf8627eb8406a92",
                "7f64c90d3"
            ),
            concat!("I3Pi240jA1oNlBhM.v1.XusN", "ge1xjw."),
        ],
    ),
    row(
        "salesforce-access-token",
        "Salesforce access token",
        "Salesforce",
        &["00D"],
        r"\b00D[0-9A-Za-z]{12}(?:[0-9A-Za-z]{3})?![0-9A-Za-z._]{80,}",
    )
    .entropy(3.8)
    .tried(
        &[concat!(
            "00D",
            "yHSD7PEZRSNu!ShD7FB2vB6V",
            "fJDFhK3zPXvuSPY2Z3Gs9_ah",
            "VhvjKSmSLIqnfSwlAm1sOUqj",
            "MhCQatjF5DOUG8h99zJy5"
        )],
        &[
            concat!(
                "00D",
                "yHSD7PEZRSNu!ShD7FB2vB6V",
                "fJDFhK3zPXvuSPY2Z3Gs9_ah",
                "VhvjKS"
            ),
            concat!("00D", "..."),
        ],
    ),
    row(
        "salesforce-refresh-token",
        "Salesforce refresh token",
        "Salesforce",
        &["5Aep861"],
        r"\b5Aep861[\w.]{70,100}",
    )
    .entropy(3.8)
    .tried(
        &[concat!(
            "5Aep861",
            "ORv2VxqbSF4EMlbmBwr_uIBg",
            "8Gc8rCmAKiRXBKkY217jNkHn",
            "JAHQhKV11C5p_TS_W.QmnL"
        )],
        &[
            concat!("5Aep861", "ORv2VxqbSF4EMlbmBwr_uIBg", "8Gc8rCmAKiRXBKk"),
            concat!("5Aep861", "..."),
        ],
    ),
    row(
        "salesforce-consumer-key",
        "Salesforce connected app consumer key",
        "Salesforce",
        &["3MVG9"],
        r"\b3MVG9[0-9A-Za-z._]{80,95}",
    )
    .warn()
    .entropy(3.8)
    .tried(
        &[concat!(
            "3MVG9",
            "4qSNVhduL8EOAAj2518m0VZE",
            "CSHHMy2GYwi2xbTHQKRpn60E",
            "BElSpnE15aIyRVirCZrlnwKV",
            "3JGRJjTjun_oCwzz"
        )],
        &[
            concat!(
                "3MVG9",
                "4qSNVhduL8EOAAj2518m0VZE",
                "CSHHMy2GYwi2xbTHQKRpn60E",
                "BE"
            ),
            concat!("3MVG9", "..."),
        ],
    ),
    row(
        "salesforce-secret",
        "Salesforce client secret or security token",
        "Salesforce",
        &["salesforce", "sfdc"],
        near!("salesforce|sfdc", r"[0-9A-Z]{64}\b|[0-9A-Za-z]{24}\b"),
    )
    .named()
    .entropy(3.3)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "SALESFORCE_SECRET_KEY=",
            "vAEbAT9YBd4YZT0g2IhNOJCI"
        )],
        &[
            concat!("SALESFORCE_SECRET_KEY=", "vAEbAT9YBd4YZT"),
            concat!("SALESFORCE_SECRET_KEY=", "vAEbAT9Y"),
        ],
    ),
];
