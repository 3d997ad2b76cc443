//! Payments and banking.
use super::row::{near, row};
use super::validate;
use crate::detector::Detector;

pub(super) static ROWS: &[Detector] = &[
    row(
        "stripe-secret-key",
        "Stripe secret key",
        "Stripe",
        &["sk_live_", "sk_test_", "sk_prod_"],
        r"\bsk_(?:live|test|prod)_[0-9A-Za-z]{14,}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!("sk_test_", "Waykqv1coyMp6O")],
        &[concat!("sk_test_", "Waykq"), concat!("sk_test_", "...")],
    ),
    row(
        "stripe-restricted-key",
        "Stripe restricted key",
        "Stripe",
        &["rk_live_", "rk_test_", "rk_prod_"],
        r"\brk_(?:live|test|prod)_[0-9A-Za-z]{14,}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!("rk_live_", "OeEwq3gLQeERnYhF")],
        &[concat!("rk_live_", "OeEwq3"), concat!("rk_live_", "...")],
    ),
    row(
        "stripe-webhook-secret",
        "Stripe webhook signing secret",
        "Stripe",
        &["whsec_"],
        r"\bwhsec_[0-9A-Za-z+/]{32,64}={0,2}",
    )
    .entropy(3.5)
    .tried(
        &[concat!("whsec_", "2WqCcFIHu0O/RqgAm9ZWPZya", "TkS8y38lHY6rWH3wLm")],
        &[concat!("whsec_", "2WqCcFIHu0O/RqgAm9ZWPZ"), concat!("whsec_", "...")],
    ),
    row(
        "stripe-publishable-live",
        "Stripe publishable key",
        "Stripe",
        &["pk_live_", "pk_test_"],
        r"\bpk_(?:live|test)_[0-9A-Za-z]{20,}\b",
    )
    .warn()
    .entropy(3.0)
    .tried(
        &[concat!("pk_live_", "jpOFsjyPorB6otVZRWENjKEy")],
        &[concat!("pk_live_", "jpOFsjyPorB"), concat!("pk_live_", "...")],
    ),
    row(
        "square-access-token",
        "Square access token",
        "Square",
        &["EAAA", "EAAE", "EAAl"],
        r"\bEAAA[EFl][\w-]{58,60}",
    )
    .entropy(3.8)
    .tried(
        &[concat!("EAAA", "FpU0vzXXNw6gbAfjb7nT1JDl", "P0fRtYTS81Yx-z23UDvAFLHn", "89UJPJnNvPmi")],
        &[concat!("EAAA", "FpU0vzXXNw6gbAfjb7nT1JDl", "P0fRtYTS81"), concat!("EAAA", "...")],
    ),
    row(
        "square-personal-token",
        "Square personal access token",
        "Square",
        &["sq0atp-"],
        r"\bsq0atp-[\w-]{22}",
    )
    .entropy(3.3)
    .tried(
        &[concat!("sq0atp-", "2oMn0K7_u4q9HgyzXFf7nR")],
        &[concat!("sq0atp-", "2oMn0K7_u4"), concat!("sq0atp-", "...")],
    ),
    row(
        "square-oauth-secret",
        "Square OAuth secret",
        "Square",
        &["sq0csp-"],
        r"\bsq0csp-[\w-]{43}",
    )
    .entropy(3.3)
    .tried(
        &[concat!("sq0csp-", "yAbdDPAgKUQ5uhGh2xqUIrmc", "iZgMgCU85DAll9mZMkf")],
        &[concat!("sq0csp-", "yAbdDPAgKUQ5uhGh2xqUIrm"), concat!("sq0csp-", "...")],
    ),
    row(
        "square-client-id",
        "Square application id",
        "Square",
        &["sq0idp-"],
        r"\bsq0idp-[\w-]{22}",
    )
    .warn()
    .entropy(3.3)
    .tried(
        &[concat!("sq0idp-", "dMO7IjyIllX8uK9X6XXoXd")],
        &[concat!("sq0idp-", "dMO7IjyIll"), concat!("sq0idp-", "...")],
    ),
    row(
        "paypal-braintree-token",
        "Braintree access token",
        "PayPal",
        &["access_token$"],
        r"access_token\$(?:production|sandbox)\$[0-9a-z]{16}\$[0-9a-f]{32}\b",
    )
    .entropy(3.3)
    .tried(
        &[concat!("access_token$", "sandbox$l387fexugwjk4n7x", "$4545c7832eb38bc6d156a36", "5dc6b7c1b")],
        &[concat!("access_token$", "sandbox$l387fexugwjk4n7x", "$4545"), concat!("access_token$", "...")],
    ),
    row(
        "braintree-key",
        "Braintree private key",
        "PayPal",
        &["braintree"],
        near!("braintree", r"[0-9a-f]{32}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("BRAINTREE_SECRET_KEY=", "07e0245a7210e26767f97a41", "aac1fad5")],
        &[concat!("BRAINTREE_SECRET_KEY=", "07e0245a7210e26767f"), concat!("BRAINTREE_SECRET_KEY=", "07e0245a72")],
    ),
    row(
        "paypal-secret",
        "PayPal client secret",
        "PayPal",
        &["paypal"],
        near!("paypal", r"E[\w-]{50,95}"),
    )
    .named()
    .entropy(3.8)
    .check(validate::opaque)
    .tried(
        &[concat!("PAYPAL_SECRET_KEY=", "ErqTc6Kf8DpH8GcKPCENNlyE", "ccrcXsgfhbynXWxqJn6cDzxc", "kQW")],
        &[concat!("PAYPAL_SECRET_KEY=", "ErqTc6Kf8DpH8GcKPCENNlyE", "ccrcXs"), concat!("PAYPAL_SECRET_KEY=", "ErqTc6Kf8DpH8GcKP")],
    ),
    row(
        "adyen-key",
        "Adyen API key",
        "Adyen",
        &["AQE"],
        r"\bAQE[a-z][0-9A-Za-z+/=\-]{20,}-[0-9A-Za-z+/=]{40,60}-[!-~]{12,24}",
    )
    .entropy(4.0)
    .tried(
        &[concat!("AQE", "jd55+aLckTQJ/4dvFWkDP-Pe", "ycIJkrhgby7evWzzR8ftLC4H", "1qX66ySLPu/LPflZyjfGccYQ", "65-mpYB)EYLCthZ.X")],
        &[concat!("AQE", "jd55+aLckTQJ/4dvFWkDP-Pe", "ycIJkrhgby7evWzzR8ftLC4H", "1qX6"), concat!("AQE", "...")],
    ),
    row(
        "plaid-access-token",
        "Plaid access token",
        "Plaid",
        &["access-sandbox-", "access-development-", "access-production-"],
        r"\baccess-(?:sandbox|development|production)-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!("access-development-", "fe7151f1-abb9-e357-bfc7-", "bd6aa95922ec")],
        &[concat!("access-development-", "fe7151f1-abb9-"), concat!("access-development-", "...")],
    ),
    row(
        "plaid-secret",
        "Plaid secret",
        "Plaid",
        &["plaid"],
        near!("plaid", r"[0-9a-z]{30}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("PLAID_SECRET_KEY=", "a8shrm5mtezkgok66foz46bs", "i8po4q")],
        &[concat!("PLAID_SECRET_KEY=", "a8shrm5mtezkgok66f"), concat!("PLAID_SECRET_KEY=", "a8shrm5mte")],
    ),
    row(
        "razorpay-key",
        "Razorpay key id",
        "Razorpay",
        &["rzp_live_", "rzp_test_"],
        r"\brzp_(?:live|test)_[0-9A-Za-z]{14}\b",
    )
    .entropy(3.0)
    .tried(
        &[concat!("rzp_test_", "zFiWXfmFpwxPPe")],
        &[concat!("rzp_test_", "zFiW"), concat!("rzp_test_", "...")],
    ),
    row(
        "razorpay-secret",
        "Razorpay key secret",
        "Razorpay",
        &["razorpay", "rzp"],
        near!("razorpay|rzp", r"[0-9A-Za-z]{24}\b"),
    )
    .named()
    .entropy(3.3)
    .check(validate::opaque)
    .tried(
        &[concat!("RAZORPAY_SECRET_KEY=", "6uHv3qT9qau7EhLSvk6q9bFA")],
        &[concat!("RAZORPAY_SECRET_KEY=", "6uHv3qT9qau7Eh"), concat!("RAZORPAY_SECRET_KEY=", "6uHv3qT9")],
    ),
    row(
        "flutterwave-key",
        "Flutterwave secret key",
        "Flutterwave",
        &["FLWSECK"],
        r"\bFLWSECK(?:_TEST)?-[0-9a-hA-H]{12,64}(?:-X)?\b",
    )
    .entropy(2.8)
    .tried(
        &[concat!("FLWSECK", "-3c7e19dA067E6")],
        &[concat!("FLWSECK", "-3c7e"), concat!("FLWSECK", "...")],
    ),
    row(
        "mollie-key",
        "Mollie API key",
        "Mollie",
        &["mollie"],
        r#"(?i:mollie)[\w.\- ]{0,24}["\x27]?\s{0,3}[:=]\s{0,3}["\x27]?((?:live|test)_[0-9A-Za-z]{30})\b"#,
    )
    .named()
    .entropy(3.3)
    .tried(
        &[concat!("MOLLIE_API_KEY=", "live_65heUtaMPMOqGlIr3J9", "mP1KRV916yX")],
        &[concat!("MOLLIE_API_KEY=", "live_65heUtaMPMOqGlIr"), concat!("MOLLIE_API_KEY=", "live_65heUt")],
    ),
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
        &[concat!("gocardless_token = \"", "live_MOjbokaNngHswh6Cc1Q", "WnSgrm6m6sNfhqgag3RSb\"")],
        &[concat!("gocardless_token = \"", "live_MOjbokaNngHswh6Cc1Q", "WnS"), concat!("gocardless_token = \"", "live_MOjbokaNng")],
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
        &[concat!("CHECKOUT_SECRET_KEY=", "sk_4e4647e8-d484-4bde-a8", "cb-ff4c93dae665")],
        &[concat!("CHECKOUT_SECRET_KEY=", "sk_4e4647e8-d484-4bde-a"), concat!("CHECKOUT_SECRET_KEY=", "sk_4e4647e8-d")],
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
        &[concat!("LOB_SECRET_KEY=", "live_d0018f16e6c92311a72", "1d55f7e97ffd748")],
        &[concat!("LOB_SECRET_KEY=", "live_d0018f16e6c92311a7"), concat!("LOB_SECRET_KEY=", "live_d0018f16")],
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
        &[concat!("EZTK", "qyWRXUywROOGBWEuPyA6b2V5", "DrXsSK71zHC1Q6BUMYMkSMcj", "9UyRQS")],
        &[concat!("EZTK", "qyWRXUywROOGBWEuPyA6b2V5", "DrXsSK"), concat!("EZTK", "...")],
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
        &[concat!("shippo_live_", "82D1abC49547EFaBce57081a", "9764D6CdfBE7Ca18")],
        &[concat!("shippo_live_", "82D1abC49547EFaBce5"), concat!("shippo_live_", "...")],
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
        &[concat!("duffel_live_", "X1dTJm1ftuSvQvFq-0RqYuAh", "W9iS-k41FiLqwNV9STl")],
        &[concat!("duffel_live_", "X1dTJm1ftuSvQvFq-0RqY"), concat!("duffel_live_", "...")],
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
        &[concat!("pdl_sdbx_", "apikey_b11szwxf91v0oaf7u", "alb8huq5t_6hRknbhUGovG84", "TlIOZ1vu_XYZ")],
        &[concat!("pdl_sdbx_", "apikey_b11szwxf91v0oaf7u", "alb8huq5"), concat!("pdl_sdbx_", "...")],
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
        &[concat!("polar_oat_", "J6cB9KURTxwllGwiu4kH6FzJ", "QzTkzPgZ1De_QZZ7faBGX")],
        &[concat!("polar_oat_", "J6cB9KURTxwllGwiu4kH6Fz"), concat!("polar_oat_", "...")],
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
        &[concat!("xnd_production_", "BkhrStLv0HsD8BQTSkVZjFOm", "mc8uTi8utauCAiMhUeOZe0")],
        &[concat!("xnd_production_", "BkhrStLv0HsD8BQTSkVZj"), concat!("xnd_production_", "...")],
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
        &[concat!("SB-Mid-server-", "lQZiDuk1eErhEyEVbi9uU0C")],
        &[concat!("SB-Mid-server-", "lQZiDuk1"), concat!("SB-Mid-server-", "...")],
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
        &[concat!("skey_", "tr0xe0k0ao98es28pqm0a")],
        &[concat!("skey_", "tr0xe0k0ao"), concat!("skey_", "...")],
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
        &[concat!("ak_test_", "nHnrAiKdumm8RMldjJ6R5vjE", "BuFpX1")],
        &[concat!("ak_test_", "nHnrAiKdumm8RM"), concat!("ak_test_", "...")],
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
        &[concat!("APP_USR-", "1ed32565-bce8-0e1e-e430-", "74e1869d3cc4")],
        &[concat!("APP_USR-", "1ed32565-bce8-0e1e"), concat!("APP_USR-", "...")],
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
        &[concat!("cfsk_ma_", "test_5adc817c77aaef82bc3", "13565e20326a2_fe7c2216")],
        &[concat!("cfsk_ma_", "test_5adc817c77aaef82bc3"), concat!("cfsk_ma_", "...")],
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
        &[concat!("FINICITY_SECRET_KEY=", "gbVr1SPaFF1DHPMkUvyTlRpl", "QDheOZ")],
        &[concat!("FINICITY_SECRET_KEY=", "gbVr1SPaFF1DHPMkUv"), concat!("FINICITY_SECRET_KEY=", "gbVr1SPaFF")],
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
        &[concat!("TRANSFERWISE_SECRET_KEY=", "9e706155-d76b-08c3-836e-", "eb603b9dc0f3")],
        &[concat!("TRANSFERWISE_SECRET_KEY=", "9e706155-d76b-08c3-83"), concat!("TRANSFERWISE_SECRET_KEY=", "9e706155-d76")],
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
        &[concat!("COINBASE_SECRET_KEY=", "5bleoHo_ZAJFeHSyJOUdxrMU", "fuN2CRIzzBL4ie8Mt1Ubr4DS", "x")],
        &[concat!("COINBASE_SECRET_KEY=", "5bleoHo_ZAJFeHSyJOUdxrMU", "fuN2C"), concat!("COINBASE_SECRET_KEY=", "5bleoHo_ZAJFeHSy")],
    ),
    row(
        "scale-key",
        "Scale AI API key",
        "Scale AI",
        &["live_auth_", "scale_"],
        r#"(?:\blive_auth_|(?i:scale)[\w.\- ]{0,24}["\x27]?\s{0,3}[:=]\s{0,3}["\x27]?(?:live|test)_)[0-9a-f]{32}\b"#,
    )
    .entropy(3.0)
    .tried(
        &[concat!("live_auth_", "74d375d5e86e2eeb4eb0273a", "aa29d05b")],
        &[concat!("live_auth_", "74d375d5e86e2ee"), concat!("live_auth_", "...")],
    ),
];
