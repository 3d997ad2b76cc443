//! Mail and messaging at scale.
use super::row::{near, row};
use super::validate;
use crate::detector::Detector;

pub(super) static ROWS: &[Detector] = &[
    row(
        "sendgrid-key",
        "SendGrid API key",
        "Twilio",
        &["SG."],
        r"\bSG\.[\w-]{20,24}\.[\w-]{39,50}",
    )
    .entropy(4.0)
    .tried(
        &[concat!(
            "SG.",
            "q7tXtfWK-SRv6jBjCvcUn1.S",
            "8jVmu-1pMRFbzSfsgOaktI9e",
            "wpd2nZfrC_toD4GY"
        )],
        &[
            concat!("SG.", "q7tXtfWK-SRv6jBjCvcUn1.S", "8jVmu-1pMRFbz"),
            concat!("SG.", "..."),
        ],
    ),
    row(
        "mailgun-key",
        "Mailgun private key",
        "Mailgun",
        &["mailgun", "key-"],
        r"\bkey-[0-9a-f]{32}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!("key-", "3fe8675cd07cbe63f1ce53ee", "9e7f0354")],
        &[concat!("key-", "3fe8675cd07cbe63f"), concat!("key-", "...")],
    ),
    row(
        "mailgun-sending-key",
        "Mailgun sending key",
        "Mailgun",
        &["mailgun", "api:"],
        r"\b[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!(
            "MAILGUN_API_KEY=",
            "75f23b652d61cfbb519468a9",
            "4ec508e0-fa837586-6e817b",
            "95"
        )],
        &[
            concat!("MAILGUN_API_KEY=", "75f23b652d61cfbb519468a9", "4ec508"),
            concat!("MAILGUN_API_KEY=", "75f23b652d61cfbb"),
        ],
    ),
    row(
        "mailgun-webhook-key",
        "Mailgun signing key",
        "Mailgun",
        &["mailgun"],
        near!("mailgun", r"(?:[0-9a-f]{32}|[0-9a-f]{72})\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "MAILGUN_SECRET_KEY=",
            "47d24f5f3c4d11230e5bfc0c",
            "743f5f8534e9179dd006aa69",
            "94fa7468f386ed7accb6971a"
        )],
        &[
            concat!(
                "MAILGUN_SECRET_KEY=",
                "47d24f5f3c4d11230e5bfc0c",
                "743f5f8534e9179dd00"
            ),
            concat!("MAILGUN_SECRET_KEY=", "47d24f5f3c4d11230e5bfc0c"),
        ],
    ),
    row(
        "mailchimp-key",
        "Mailchimp API key",
        "Intuit",
        &["-us"],
        r"\b[0-9a-f]{32}-us[0-9]{1,2}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!("cea4ca0702596ef3ec32f27f", "becc6e2c-us90")],
        &["cea4ca0702596ef3ec32f2", "cea4ca070259"],
    ),
    row(
        "mandrill-key",
        "Mandrill API key",
        "Intuit",
        &["mandrill"],
        near!("mandrill", r"(?:md-)?[\w-]{22}\b"),
    )
    .named()
    .entropy(3.3)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "MANDRILL_SECRET_KEY=",
            "md-L-tXGZaydAUUAuIa6499u",
            "5"
        )],
        &[
            concat!("MANDRILL_SECRET_KEY=", "md-L-tXGZaydAUU"),
            concat!("MANDRILL_SECRET_KEY=", "md-L-tXG"),
        ],
    ),
    row(
        "postmark-token",
        "Postmark server token",
        "ActiveCampaign",
        &["postmark", "x-postmark"],
        near!(
            "postmark|x-postmark",
            r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"
        ),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "POSTMARK_SECRET_KEY=",
            "8c1e0053-0b42-585d-2c61-",
            "30e8d95ecbbc"
        )],
        &[
            concat!("POSTMARK_SECRET_KEY=", "8c1e0053-0b42-585d-2c"),
            concat!("POSTMARK_SECRET_KEY=", "8c1e0053-0b4"),
        ],
    ),
    row(
        "brevo-key",
        "Brevo (Sendinblue) key",
        "Brevo",
        &["xkeysib-", "xsmtpsib-"],
        r"\bx(?:key|smtp)sib-[0-9a-f]{64}-[0-9A-Za-z]{16}\b",
    )
    .entropy(3.3)
    .tried(
        &[concat!(
            "xkeysib-",
            "c7bb1a1cc717a906ce343909",
            "0c36ffcf6d2aa21ede1719d5",
            "b0928ef05483b6e7-ExRYzN6",
            "5aKeTIuEt"
        )],
        &[
            concat!(
                "xkeysib-",
                "c7bb1a1cc717a906ce343909",
                "0c36ffcf6d2aa21ede171"
            ),
            concat!("xkeysib-", "..."),
        ],
    ),
    row(
        "resend-key",
        "Resend API key",
        "Resend",
        &["re_"],
        r"\bre_[0-9A-Za-z]{7,9}_[0-9A-Za-z]{20,26}\b",
    )
    .entropy(3.8)
    .tried(
        &[concat!("re_", "qRVezgT_aCKmOuU6NDJQ2vQC", "FgicuFXC0")],
        &[concat!("re_", "qRVezgT_aCKmOuU6ND"), concat!("re_", "...")],
    ),
    row(
        "mailersend-token",
        "MailerSend API token",
        "MailerSend",
        &["mlsn."],
        r"\bmlsn\.[0-9a-f]{60,70}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!(
            "mlsn.",
            "aa6546740e11175ed1031ef0",
            "1b358a4bd02397e5dad549a9",
            "b88e42969eff94fd31d"
        )],
        &[
            concat!("mlsn.", "aa6546740e11175ed1031ef0", "1b358a4bd02397"),
            concat!("mlsn.", "..."),
        ],
    ),
    row(
        "mailjet-key",
        "Mailjet key or secret",
        "Sinch",
        &["mailjet"],
        near!("mailjet", r"[0-9a-f]{32}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "MAILJET_SECRET_KEY=",
            "2cb73fe56164e34c5b326d8f",
            "149000d5"
        )],
        &[
            concat!("MAILJET_SECRET_KEY=", "2cb73fe56164e34c5b3"),
            concat!("MAILJET_SECRET_KEY=", "2cb73fe561"),
        ],
    ),
    row(
        "sparkpost-key",
        "SparkPost API key",
        "Bird",
        &["sparkpost"],
        near!("sparkpost", r"[0-9a-f]{40}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "SPARKPOST_SECRET_KEY=",
            "9c780c905e32a587a3e135d2",
            "f4587cfd0cad7f53"
        )],
        &[
            concat!("SPARKPOST_SECRET_KEY=", "9c780c905e32a587a3e135d2"),
            concat!("SPARKPOST_SECRET_KEY=", "9c780c905e32a"),
        ],
    ),
    row(
        "customerio-key",
        "Customer.io key",
        "Customer.io",
        &["customerio", "customer.io", "customer_io"],
        near!("customer[._]?io", r"[0-9a-f]{20,32}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "CUSTOMERIO_SECRET_KEY=",
            "54b85a6865fe29e9b21abbad",
            "5"
        )],
        &[
            concat!("CUSTOMERIO_SECRET_KEY=", "54b85a6865fe29e"),
            concat!("CUSTOMERIO_SECRET_KEY=", "54b85a68"),
        ],
    ),
    row(
        "iterable-key",
        "Iterable API key",
        "Iterable",
        &["iterable"],
        near!("iterable", r"[0-9a-f]{32}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!(
            "ITERABLE_SECRET_KEY=",
            "8d844c12208d82e51fb1e7e1",
            "8053b39b"
        )],
        &[
            concat!("ITERABLE_SECRET_KEY=", "8d844c12208d82e51fb"),
            concat!("ITERABLE_SECRET_KEY=", "8d844c1220"),
        ],
    ),
    row(
        "courier-key",
        "Courier auth token",
        "Courier",
        &["courier"],
        r"\b(?:dk|pk)_(?:prod|test)_[0-9A-Z]{28}\b",
    )
    .entropy(3.3)
    .tried(
        &[concat!(
            "COURIER_AUTH_TOKEN=",
            "pk_prod_M892Y6PSVAZ5KT5J",
            "EHM7GGDZTF1D"
        )],
        &[
            concat!("COURIER_AUTH_TOKEN=", "pk_prod_M892Y6PSVAZ5K"),
            concat!("COURIER_AUTH_TOKEN=", "pk_prod_M892"),
        ],
    ),
    row(
        "beamer-key",
        "Beamer API key",
        "Beamer",
        &["beamer"],
        r#"(?i:beamer)[\w.\- ]{0,24}["\x27]?\s{0,3}[:=]\s{0,3}["\x27]?(b_[0-9A-Za-z=_\-]{44})"#,
    )
    .named()
    .entropy(3.5)
    .tried(
        &[concat!(
            "beamer = ",
            "b_BSwY2j2FqQlgLauqat9DJO",
            "oVedUDJ7kLxHGeRcCEJkYB"
        )],
        &[
            concat!("beamer = ", "b_BSwY2j2FqQlgLauqat9DJO", "oVe"),
            concat!("beamer = ", "b_BSwY2j2FqQlgL"),
        ],
    ),
    row(
        "nylas-key",
        "Nylas API key",
        "Nylas",
        &["nyk_"],
        r"\bnyk_(?:v0_)?[0-9A-Za-z]{60,70}\b",
    )
    .entropy(3.8)
    .tried(
        &[concat!(
            "nyk_",
            "dYqBnPQcqAQ5XuZJsTjoJadv",
            "TNcPUkWpLLeV6FBn9ArsopwM",
            "5IGrFZr2uLV9NC8pw5"
        )],
        &[
            concat!("nyk_", "dYqBnPQcqAQ5XuZJsTjoJadv", "TNcPUkWpLLeV6F"),
            concat!("nyk_", "..."),
        ],
    ),
];
