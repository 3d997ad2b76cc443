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
            "wta8nNYh0Bn9SxMvsnW3.vSk",
            "b8a8ePdyhbTfwSdT1KEGSt6H",
            "iDoT5PXqsbRHsCLs"
        )],
        &[
            concat!("SG.", "wta8nNYh0Bn9SxMvsnW3.vSk", "b8a8ePdyhbTfw"),
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
        &[concat!("key-", "46046b61b5fa02c75e201b31", "199799fa")],
        &[concat!("key-", "46046b61b5fa02c75"), concat!("key-", "...")],
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
            "1d61aeed12dcd527136df4e6",
            "f3e65f0c-fdecc144-03e17a",
            "f3"
        )],
        &[
            concat!("MAILGUN_API_KEY=", "1d61aeed12dcd527136df4e6", "f3e65f"),
            concat!("MAILGUN_API_KEY=", "1d61aeed12dcd527"),
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
            "cd49bb1850a34314e7ab0f4b",
            "fc9d32dd"
        )],
        &[
            concat!("MAILGUN_SECRET_KEY=", "cd49bb1850a34314e7a"),
            concat!("MAILGUN_SECRET_KEY=", "cd49bb1850"),
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
        &[concat!("1832f8a006744e7d450dea26", "82744f45-us6")],
        &["1832f8a006744e7d450de", "1832f8a00674"],
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
        &[concat!("MANDRILL_SECRET_KEY=", "bcxdYQVknns-a3lGiqB4rI")],
        &[
            concat!("MANDRILL_SECRET_KEY=", "bcxdYQVknns-a"),
            concat!("MANDRILL_SECRET_KEY=", "bcxdYQV"),
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
            "654fd812-dd19-d237-746c-",
            "f835fc7a4f1e"
        )],
        &[
            concat!("POSTMARK_SECRET_KEY=", "654fd812-dd19-d237-74"),
            concat!("POSTMARK_SECRET_KEY=", "654fd812-dd1"),
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
            "xsmtpsib-",
            "89c499880ce18b61ce9e5c0a",
            "0ac9e277f7621887a033793a",
            "d18d4bd530f8d0aa-cgYmYuw",
            "rdT0Ykmu7"
        )],
        &[
            concat!(
                "xsmtpsib-",
                "89c499880ce18b61ce9e5c0a",
                "0ac9e277f7621887a0337"
            ),
            concat!("xsmtpsib-", "..."),
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
        &[concat!("re_", "g5xObZyXX_oOak2qINzEpjGe", "XzHHzqnMe")],
        &[concat!("re_", "g5xObZyXX_oOak2qIN"), concat!("re_", "...")],
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
            "1bebfa398e52ec71017d4216",
            "faea36125ad8ed266a0e0179",
            "a18b4e020ec7cda0772c5"
        )],
        &[
            concat!("mlsn.", "1bebfa398e52ec71017d4216", "faea36125ad8ed2"),
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
            "fe1dd4b32e9dbf9bd7f20d33",
            "ab64165d"
        )],
        &[
            concat!("MAILJET_SECRET_KEY=", "fe1dd4b32e9dbf9bd7f"),
            concat!("MAILJET_SECRET_KEY=", "fe1dd4b32e"),
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
            "788b5ae0fdd28e3298ca6f65",
            "34943fa52ab8e2fe"
        )],
        &[
            concat!("SPARKPOST_SECRET_KEY=", "788b5ae0fdd28e3298ca6f65"),
            concat!("SPARKPOST_SECRET_KEY=", "788b5ae0fdd28"),
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
            "e7e1c5deb36bb5ada21fc9d1",
            "2a"
        )],
        &[
            concat!("CUSTOMERIO_SECRET_KEY=", "e7e1c5deb36bb5a"),
            concat!("CUSTOMERIO_SECRET_KEY=", "e7e1c5de"),
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
            "78d512e97911283bf250d17e",
            "f55f89b8"
        )],
        &[
            concat!("ITERABLE_SECRET_KEY=", "78d512e97911283bf25"),
            concat!("ITERABLE_SECRET_KEY=", "78d512e979"),
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
            "pk_prod_0DFCNXZZMYMEFTRZ",
            "1GB23KWSFRF6"
        )],
        &[
            concat!("COURIER_AUTH_TOKEN=", "pk_prod_0DFCNXZZMYMEF"),
            concat!("COURIER_AUTH_TOKEN=", "pk_prod_0DFC"),
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
            "b_kzvA6h7PNcHT79vnQnctjk",
            "S7bQ5p5CxZc5t8pTtX7YXu"
        )],
        &[
            concat!("beamer = ", "b_kzvA6h7PNcHT79vnQnctjk", "S7b"),
            concat!("beamer = ", "b_kzvA6h7PNcHT7"),
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
            "v0_YgUQTaWLDa48Ac7e4Tp5Z",
            "nrNnncMqYGnHIaD51BSpyqdA",
            "9Lj13yy69exLY7AGuBQ"
        )],
        &[
            concat!("nyk_", "v0_YgUQTaWLDa48Ac7e4Tp5Z", "nrNnncMqYGnHIa"),
            concat!("nyk_", "..."),
        ],
    ),
];
