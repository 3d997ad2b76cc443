//! Mail and messaging at scale.
use super::row::{near, row};
use super::validate;
use crate::detector::Detector;

pub(super) static ROWS: &[Detector] = &[
    row(
        "sendgrid-key",
        "SendGrid API key",
        "Twilio",
        &["SG.", "sendgrid"],
        r"\bSG\.[\w-]{20,24}\.[\w-]{39,50}",
    )
    .entropy(4.0)
    .tried(
        &[concat!(
            "SG.",
            "7tXtfWK-SRv6jBjCvcUn1IS.",
            "jVmu-1pMRFbzSfsgOaktI9ew",
            "pd2nZfrC_toD4GYF"
        )],
        &[
            concat!("SG.", "7tXtfWK-SRv6jBjCvcUn1IS.", "jVmu-1pMRFbzS"),
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
        &[concat!("key-", "fe8675cd07cbe63f1ce53ee9", "e7f03547")],
        &[concat!("key-", "fe8675cd07cbe63f1"), concat!("key-", "...")],
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
            "5f23b652d61cfbb519468a94",
            "ec508e0f-a8375866-e817b9",
            "58"
        )],
        &[
            concat!("MAILGUN_API_KEY=", "5f23b652d61cfbb519468a94", "ec508e"),
            concat!("MAILGUN_API_KEY=", "5f23b652d61cfbb5"),
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
            "7d24f5f3c4d11230e5bfc0c7",
            "43f5f853"
        )],
        &[
            concat!("MAILGUN_SECRET_KEY=", "7d24f5f3c4d11230e5b"),
            concat!("MAILGUN_SECRET_KEY=", "7d24f5f3c4"),
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
        &[concat!("e9179dd006aa6994fa7468f3", "86ed7acc-us34")],
        &["e9179dd006aa6994fa7468", "e9179dd006aa"],
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
        &[concat!("MANDRILL_SECRET_KEY=", "hxnuhJmh2T3BKaPv_DvnDB")],
        &[
            concat!("MANDRILL_SECRET_KEY=", "hxnuhJmh2T3BK"),
            concat!("MANDRILL_SECRET_KEY=", "hxnuhJm"),
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
            "27fbecc6-2c91-35fd-489f-",
            "2772e491122e"
        )],
        &[
            concat!("POSTMARK_SECRET_KEY=", "27fbecc6-2c91-35fd-48"),
            concat!("POSTMARK_SECRET_KEY=", "27fbecc6-2c9"),
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
            "8c1e005330b422585d32c61b",
            "30e8d95ecbbc4dc7bb1a1cc7",
            "17a906ce3439090c-fDUUOpU",
            "pCvzozRef"
        )],
        &[
            concat!(
                "xkeysib-",
                "8c1e005330b422585d32c61b",
                "30e8d95ecbbc4dc7bb1a1"
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
        &[concat!("re_", "KL43vSQ_b3YeuF3IuRbeAiN0", "Jg4lGSV")],
        &[concat!("re_", "KL43vSQ_b3YeuF3Iu"), concat!("re_", "...")],
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
            "5483b6e727db32ae977dfe6a",
            "cf3b69d1d67760faa6546740",
            "e11175ed1031"
        )],
        &[
            concat!("mlsn.", "5483b6e727db32ae977dfe6a", "cf3b69d1d6"),
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
            "f01b358a4bd02397e5dad549",
            "a9b88e42"
        )],
        &[
            concat!("MAILJET_SECRET_KEY=", "f01b358a4bd02397e5d"),
            concat!("MAILJET_SECRET_KEY=", "f01b358a4b"),
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
            "69eff94fd31db2cb73fe5616",
            "4e34c5b326d8f149"
        )],
        &[
            concat!("SPARKPOST_SECRET_KEY=", "69eff94fd31db2cb73fe5616"),
            concat!("SPARKPOST_SECRET_KEY=", "69eff94fd31db"),
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
        &[concat!("CUSTOMERIO_SECRET_KEY=", "00d5e9c780c905e32a58")],
        &[
            concat!("CUSTOMERIO_SECRET_KEY=", "00d5e9c780c9"),
            concat!("CUSTOMERIO_SECRET_KEY=", "00d5e9"),
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
            "a3e135d2f4587cfd0cad7f53",
            "a54b85a6"
        )],
        &[
            concat!("ITERABLE_SECRET_KEY=", "a3e135d2f4587cfd0ca"),
            concat!("ITERABLE_SECRET_KEY=", "a3e135d2f4"),
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
            "pk_prod_TQM87FX7X1ECZ10Z",
            "5M0V5VJK3DFE"
        )],
        &[
            concat!("COURIER_AUTH_TOKEN=", "pk_prod_TQM87FX7X1ECZ"),
            concat!("COURIER_AUTH_TOKEN=", "pk_prod_TQM8"),
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
            "b_0dGYQH5nSB2xovUYnM3SES",
            "2vgHf1wiuBli7lN7IMAUeV"
        )],
        &[
            concat!("beamer = ", "b_0dGYQH5nSB2xovUYnM3SES", "2vg"),
            concat!("beamer = ", "b_0dGYQH5nSB2xo"),
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
            "v0_KSghCdFH0eLR9GRi8vu4s",
            "7izyAT6i63gLqG5xN3BSwY2j",
            "2FqQlgLauqat9DJOoVedUDJ7",
            "k"
        )],
        &[
            concat!("nyk_", "v0_KSghCdFH0eLR9GRi8vu4s", "7izyAT6i63gLqG5xN3"),
            concat!("nyk_", "..."),
        ],
    ),
];
