//! Payments and banking. Continued.
use super::row::{near, row};
use super::validate;
use crate::detector::Detector;

pub(super) static ROWS: &[Detector] = &[
    row(
        "gocardless-token",
        "GoCardless access token",
        "GoCardless",
        &["gocardless"],
        r#"(?i:gocardless)[\w.\- ]{0,24}["\x27]?\s{0,3}[:=]\s{0,3}["\x27]?((?:live|sandbox)_[\w=\-]{40})"#,
    )
    .named()
    .entropy(3.3)
    .tried(
        &[concat!("gocardless_token = \"", "live_cwKeovaXHmpgdLLrg4f", "c1BydJvVbvZbrMHHNSYFv\"")],
        &[concat!("gocardless_token = \"", "live_cwKeovaXHmpgdLLrg4f", "c1B"), concat!("gocardless_token = \"", "live_cwKeovaXHm")],
    ),
    row(
        "checkout-com-key",
        "Checkout.com secret key",
        "Checkout.com",
        &["checkout"],
        r#"(?i:checkout)[\w.\- ]{0,24}["\x27]?\s{0,3}[:=]\s{0,3}["\x27]?(sk_(?:test_|sbox_)?[0-9a-z*#$=@%+\-]{28,36})"#,
    )
    .named()
    .entropy(3.0)
    .tried(
        &[concat!("CHECKOUT_SECRET_KEY=", "sk_62a73a5e-49a0-499e-ab", "6e-7db3321bff8c")],
        &[concat!("CHECKOUT_SECRET_KEY=", "sk_62a73a5e-49a0-499e-a"), concat!("CHECKOUT_SECRET_KEY=", "sk_62a73a5e-4")],
    ),
    row(
        "lob-key",
        "Lob API key",
        "Lob",
        &["lob_"],
        near!("lob", r"(?:live|test)_(?:pub_)?[0-9a-f]{31,35}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("LOB_SECRET_KEY=", "live_pub_69a59c411634184", "31ae70c609ae0c8bde4")],
        &[concat!("LOB_SECRET_KEY=", "live_pub_69a59c411634184", "3"), concat!("LOB_SECRET_KEY=", "live_pub_69a59")],
    ),
    row(
        "easypost-key",
        "EasyPost API key",
        "EasyPost",
        &["EZAK", "EZTK"],
        r"\bEZ[AT]K[0-9A-Za-z]{54}\b",
    )
    .entropy(3.8)
    .tried(
        &[concat!("EZTK", "1nrsKKRGP0K8a2YpHRy6heo3", "afmlA6FD8FL9pH8MKzFDHqk5", "ASpyQU")],
        &[concat!("EZTK", "1nrsKKRGP0K8a2YpHRy6heo3", "afmlA6"), concat!("EZTK", "...")],
    ),
    row(
        "shippo-token",
        "Shippo API token",
        "Shippo",
        &["shippo_live_", "shippo_test_"],
        r"\bshippo_(?:live|test)_[0-9a-fA-F]{40}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!("shippo_test_", "69CfAF4ceFe0C313ea3f932a", "a24Ba10DAecE6Ca5")],
        &[concat!("shippo_test_", "69CfAF4ceFe0C313ea3"), concat!("shippo_test_", "...")],
    ),
    row(
        "duffel-token",
        "Duffel API token",
        "Duffel",
        &["duffel_live_", "duffel_test_"],
        r"\bduffel_(?:live|test)_[\w-]{43}",
    )
    .entropy(3.5)
    .tried(
        &[concat!("duffel_test_", "shTvIz4cE_x14R85WDcOXr4b", "oPX3OO2wM4dw_SLwQXh")],
        &[concat!("duffel_test_", "shTvIz4cE_x14R85WDcOX"), concat!("duffel_test_", "...")],
    ),
    row(
        "paddle-key",
        "Paddle API key",
        "Paddle",
        &["pdl_live_", "pdl_sdbx_"],
        r"\bpdl_(?:live|sdbx)_apikey_[0-9a-z]{26}_[0-9A-Za-z]{22}_[0-9A-Za-z]{3}\b",
    )
    .entropy(3.8)
    .tried(
        &[concat!("pdl_live_", "apikey_8p9irjdnnr0jtpav5", "e2ft9o5p9_oDBpuUOjfBfGvU", "NAqRXvPM_7i2")],
        &[concat!("pdl_live_", "apikey_8p9irjdnnr0jtpav5", "e2ft9o5p"), concat!("pdl_live_", "...")],
    ),
    row(
        "polar-token",
        "Polar access token",
        "Polar",
        &["polar_oat_", "polar_pat_", "polar_cst_"],
        r"\bpolar_(?:oat|pat|cst)_[\w]{32,64}\b",
    )
    .entropy(3.5)
    .tried(
        &[concat!("polar_pat_", "sE1SqNic3mm7uyjD0zJvH0Hm", "hsPGwel08jg14zVf")],
        &[concat!("polar_pat_", "sE1SqNic3mm7uyjD0zJv"), concat!("polar_pat_", "...")],
    ),
    row(
        "xendit-key",
        "Xendit secret key",
        "Xendit",
        &["xnd_production_", "xnd_development_"],
        r"\bxnd_(?:production|development)_[0-9A-Za-z]{40,90}\b",
    )
    .entropy(3.8)
    .tried(
        &[concat!("xnd_development_", "IT6PjcKHF8G8ezMK49LdXibU", "0mm8vhf1f9vpwz8otea")],
        &[concat!("xnd_development_", "IT6PjcKHF8G8ezMK49L"), concat!("xnd_development_", "...")],
    ),
    row(
        "midtrans-key",
        "Midtrans server key",
        "Midtrans",
        &["Mid-server-"],
        r"\b(?:SB-)?Mid-server-[\w-]{20,32}",
    )
    .entropy(3.3)
    .tried(
        &[concat!("Mid-server-", "qXhz6k7iLZKwUS2IQE5UQbFM")],
        &[concat!("Mid-server-", "qXhz6k7iLZ"), concat!("Mid-server-", "...")],
    ),
    row(
        "omise-key",
        "Omise secret key",
        "Omise",
        &["skey_"],
        r"\bskey_(?:test_)?[0-9a-z]{19,24}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!("skey_", "bnemybou0cybnnpuyc6g")],
        &[concat!("skey_", "bnemybou0c"), concat!("skey_", "...")],
    ),
    row(
        "pagarme-key",
        "Pagar.me key",
        "Pagar.me",
        &["ak_live_", "ak_test_"],
        r"\bak_(?:live|test)_[0-9A-Za-z]{30}\b",
    )
    .entropy(3.3)
    .tried(
        &[concat!("ak_test_", "METM6wsJmDfHY8JGS6ijrNgc", "EAEux5")],
        &[concat!("ak_test_", "METM6wsJmDfHY8"), concat!("ak_test_", "...")],
    ),
    row(
        "mercadopago-token",
        "Mercado Pago access token",
        "Mercado Pago",
        &["APP_USR-"],
        r"\bAPP_USR-(?:\d{12,18}-\d{6}-[0-9a-f]{32}(?:__[0-9A-Z_]{5})?-\d{6,12}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!("APP_USR-", "19321263625944-705010-a8", "0e87c7c448000efbddfa42d0", "67bbfb__A7F5Z-05481743")],
        &[concat!("APP_USR-", "19321263625944-705010-a8", "0e87c7c448000e"), concat!("APP_USR-", "...")],
    ),
    row(
        "cashfree-key",
        "Cashfree secret key",
        "Cashfree",
        &["cfsk_ma_"],
        r"\bcfsk_ma_(?:prod|test)_[0-9a-f]{32}_[0-9a-f]{8}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!("cfsk_ma_", "prod_41a3483c07f7d176554", "fa218756e8b49_4692ca0d")],
        &[concat!("cfsk_ma_", "prod_41a3483c07f7d176554"), concat!("cfsk_ma_", "...")],
    ),
    row(
        "finicity-secret",
        "Finicity key or secret",
        "Mastercard",
        &["finicity"],
        near!("finicity", r"[0-9A-Za-z]{20,32}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("FINICITY_SECRET_KEY=", "uP1gnlENZNdjHxtyHQQN4wC")],
        &[concat!("FINICITY_SECRET_KEY=", "uP1gnlENZNdjH"), concat!("FINICITY_SECRET_KEY=", "uP1gnlE")],
    ),
    row(
        "wise-token",
        "Wise (TransferWise) API token",
        "Wise",
        &["transferwise", "wise_"],
        near!("transferwise|wise", r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("TRANSFERWISE_SECRET_KEY=", "bdd060b7-ae3b-70e7-5df4-", "73c91c831473")],
        &[concat!("TRANSFERWISE_SECRET_KEY=", "bdd060b7-ae3b-70e7-5d"), concat!("TRANSFERWISE_SECRET_KEY=", "bdd060b7-ae3")],
    ),
    row(
        "coinbase-key",
        "Coinbase API key or secret",
        "Coinbase",
        &["coinbase"],
        near!("coinbase", r"[0-9A-Za-z_\-]{32,64}"),
    )
    .named()
    .entropy(3.5)
    .check(validate::opaque)
    .tried(
        &[concat!("COINBASE_SECRET_KEY=", "FCCfo3OtNN6dpCC_kCchNTRi", "oDCvYFLgF")],
        &[concat!("COINBASE_SECRET_KEY=", "FCCfo3OtNN6dpCC_kCc"), concat!("COINBASE_SECRET_KEY=", "FCCfo3OtNN6")],
    ),
    row(
        "scale-key",
        "Scale AI API key",
        "Scale AI",
        &["live_auth_", "scale_"],
        r#"(?:\blive_auth_|(?i:scale)[\w.\- ]{0,24}["\x27]?\s{0,3}[:=]\s{0,3}["\x27]?(?:live|test)_)([0-9a-f]{32})\b"#,
    )
    .named()
    .entropy(3.0)
    .tried(
        &[concat!("live_auth_", "8c4ae435f1d2e1b4b12dabaf", "ea855f01")],
        &[concat!("live_auth_", "8c4ae435f1d2e1b4b12"), concat!("live_auth_", "8c4ae435f1")],
    ),
];
