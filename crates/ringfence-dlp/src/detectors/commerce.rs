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
        &[concat!("shpat_", "5C951C4b6aDDd5915CcAeeaf", "5c149B67")],
        &[
            concat!("shpat_", "5C951C4b6aDDd591"),
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
        &[concat!("shpca_", "e13ffc879f7FeA74af3e0FEb", "e642Db00")],
        &[
            concat!("shpca_", "e13ffc879f7FeA74"),
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
        &[concat!("shppa_", "2Fc763bc0cA770932Bc0aE95", "2bE8208A")],
        &[
            concat!("shppa_", "2Fc763bc0cA77093"),
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
        &[concat!("shpss_", "7aDd8Ed73CE52D0B3894EbCC", "cb8caBe0")],
        &[
            concat!("shpss_", "7aDd8Ed73CE52D0B"),
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
        &[concat!("shprt_", "7Ec76A389e3c10DbC87A8b15", "55F94AFF")],
        &[
            concat!("shprt_", "7Ec76A389e3c10Db"),
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
        &[concat!("prtapi_", "cca754ab940e001ea1d4aa32", "d29a57be")],
        &[
            concat!("prtapi_", "cca754ab940e001e"),
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
            "pat-eu",
            "9-699e1fc7-a754-8362-d9d",
            "7-22209497f524"
        )],
        &[
            concat!("pat-eu", "9-699e1fc7-a754-8362"),
            concat!("pat-eu", "..."),
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
            "41e1ecd3-64cc-1014-d26e-",
            "6a78673d5f2f"
        )],
        &[
            concat!("HUBSPOT_SECRET_KEY=", "41e1ecd3-64cc-1014-d2"),
            concat!("HUBSPOT_SECRET_KEY=", "41e1ecd3-64c"),
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
            "pk_0DIkhC0ntDgdompFZwkYr",
            "ZwhRx91XK87nd"
        )],
        &[
            concat!("KLAVIYO_API_KEY=", "pk_0DIkhC0ntDgdompFZwk"),
            concat!("KLAVIYO_API_KEY=", "pk_0DIkhC0nt"),
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
        &[concat!("PRD-", "763c04a04fdd-40b4-63fa-a", "166-6c24")],
        &[concat!("PRD-", "763c04a04fdd-40b4"), concat!("PRD-", "...")],
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
        &[concat!("aY0z-ie-PRD-7ff1da0ae-b5", "e7f12a")],
        &["aY0z-ie-PRD-7ff1da", "aY0z-ie-PR"],
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
        &[concat!("ETSY_SECRET_KEY=", "lq0xe4nqxtcu95wwf8bgknch")],
        &[
            concat!("ETSY_SECRET_KEY=", "lq0xe4nqxtcu95"),
            concat!("ETSY_SECRET_KEY=", "lq0xe4nq"),
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
            "pAXMyklHj5rsJMgIhwbCQ--G",
            "FWxyiND5A3Ntxhqsid9dshaG",
            "Qdx4jSa"
        )],
        &[
            concat!("CFPAT-", "pAXMyklHj5rsJMgIhwbCQ--G", "FWxyiN"),
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
            "inU_KAzNYB0LTTV8QAq8yCOf",
            "hkm7tfPbcIgKccV_GIu"
        )],
        &[
            concat!("CONTENTFUL_SECRET_KEY=", "inU_KAzNYB0LTTV8QAq8yCOf", "h"),
            concat!("CONTENTFUL_SECRET_KEY=", "inU_KAzNYB0LTT"),
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
            "skJbhEz4E1CxHsmwBg9UVP7L",
            "F0xTqnoQh0GEaBo83JE4GUiT",
            "QjyPAXyOLRhvRGZqgWubICZ1",
            "DF0NOLTBVoKfct0mMwxuAViw",
            "i40VKXu60gWMLK31oXBeoccD",
            "ZAP6oLjkeWTiC4t1gcei65Yc",
            "uKTOcSHNLPN9r40BP4F6W8MC",
            "CEJTbElwQ7Mx7K"
        )],
        &[
            concat!(
                "SANITY_API_TOKEN=",
                "skJbhEz4E1CxHsmwBg9UVP7L",
                "F0xTqnoQh0GEaBo83JE4GUiT",
                "QjyPAXyOLRhv"
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
            "ck_5f0db130cd10d8b1a0308",
            "fac1cdd9627c796e752"
        )],
        &[
            concat!("WC_CONSUMER_KEY=", "ck_5f0db130cd10d8b1a0308", "f"),
            concat!("WC_CONSUMER_KEY=", "ck_5f0db130cd1"),
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
            "0vn-u5PCrVMJ1MZzOgxpPWOI",
            "kGDJKAXd_566jh2Xu_WKs_F4",
            "zBiVXlPpzAQbFxYJaFcn1"
        )],
        &[
            concat!(
                "mergify_application_key_",
                "0vn-u5PCrVMJ1MZzOgxpPWOI",
                "kGDJKAX"
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
            "bSJMd7zz80WT5n.024fe6579",
            "3245cb6dc2a619018d3e9cdc",
            "a6fcf4e9f9769d9d335104b2",
            "08c20b4"
        )],
        &[
            concat!("pat", "bSJMd7zz80WT5n.024fe6579", "3245cb6dc2a619018d3e9c"),
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
        &[concat!("AIRTABLE_SECRET_KEY=", "keySg19idJcdl88zU")],
        &[
            concat!("AIRTABLE_SECRET_KEY=", "keySg19idJ"),
            concat!("AIRTABLE_SECRET_KEY=", "keySg"),
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
            "KTY8e8TLJke_DUCv.v1.1cft",
            "SJIFEfj.25242a3fd5e5fb1f",
            "3e5ee37af1fe9ab661145af8",
            "3c4ed44fddac07d465d36d7d"
        )],
        &[
            concat!(
                "KTY8e8TLJke_DUCv.v1.1cft",
                "SJIFEfj.25242a3fd5e5fb1f",
                "3e5ee37af"
            ),
            concat!("KTY8e8TLJke_DUCv.v1.1cft", "SJIFEfj."),
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
            "z0mmPm99r3TI!iL8yTfoE0pS",
            "zKnavB_wQ9IV8aIAHf_FcTa1",
            "RSkH1i6gx4mpgXX52CNUw8QK",
            "mn0JHEdyW438DN9a2xnkGk3J",
            "m"
        )],
        &[
            concat!(
                "00D",
                "z0mmPm99r3TI!iL8yTfoE0pS",
                "zKnavB_wQ9IV8aIAHf_FcTa1",
                "RSkH1i6gx"
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
            "MWAu_9mZiVdmiHm8fzk7f4mE",
            "yXWK.L.g2RGNZX7VwgcYHZJv",
            "GjfH42gaJmasndqo9ssngV"
        )],
        &[
            concat!("5Aep861", "MWAu_9mZiVdmiHm8fzk7f4mE", "yXWK.L.g2RGNZX7"),
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
            "Ejk63dpvqNyS1QbqvhRy1N.E",
            "c2.gQDtX9H.iH77aIdHFMKqU",
            "7JaVkZEnQAH755rebInfudlY",
            "pqlefc8okcMrZ"
        )],
        &[
            concat!(
                "3MVG9",
                "Ejk63dpvqNyS1QbqvhRy1N.E",
                "c2.gQDtX9H.iH77aIdHFMKqU",
                "7"
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
            "XRArGpLg0nO6qtS6h6JCjDNl"
        )],
        &[
            concat!("SALESFORCE_SECRET_KEY=", "XRArGpLg0nO6qt"),
            concat!("SALESFORCE_SECRET_KEY=", "XRArGpLg"),
        ],
    ),
];
