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
        &[concat!("sk_live_", "TuSvYRm4sA76ns8")],
        &[concat!("sk_live_", "TuSvY"), concat!("sk_live_", "...")],
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
        &[concat!("rk_prod_", "goYhhuIVabJKSs")],
        &[concat!("rk_prod_", "goYhh"), concat!("rk_prod_", "...")],
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
        &[concat!("whsec_", "EOye9uqIDguuhvy8o5mowaCe", "k9XQbD9E==")],
        &[concat!("whsec_", "EOye9uqIDguuhvy8o5"), concat!("whsec_", "...")],
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
        &[concat!("pk_live_", "JdFp0RKsUyfjnicWWkfUWj9L", "sv")],
        &[concat!("pk_live_", "JdFp0RKsUyfj"), concat!("pk_live_", "...")],
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
        &[concat!("EAAA", "l4HphX0k94L_PZZ8rffQkkYJ", "dqqSVQipOKO1ND7whPj1oG8R", "R21V3BFqAMSc")],
        &[concat!("EAAA", "l4HphX0k94L_PZZ8rffQkkYJ", "dqqSVQipOK"), concat!("EAAA", "...")],
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
        &[concat!("sq0atp-", "YwkLg8cCnRMBe16J3qXENa")],
        &[concat!("sq0atp-", "YwkLg8cCnR"), concat!("sq0atp-", "...")],
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
        &[concat!("sq0csp-", "Kf_mxtFGg0OjdhNI4W7y2qu8", "_I6o6dw_tWYhDJPyE93")],
        &[concat!("sq0csp-", "Kf_mxtFGg0OjdhNI4W7y2qu"), concat!("sq0csp-", "...")],
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
        &[concat!("sq0idp-", "eorIlFPwOxTc7Lv9LpHPfD")],
        &[concat!("sq0idp-", "eorIlFPwOx"), concat!("sq0idp-", "...")],
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
        &[concat!("access_token$", "production$xl25b76l1b91m", "8ky$9258985e51192435f28a", "fcc2879c48bf")],
        &[concat!("access_token$", "production$xl25b76l1b91m", "8ky$92"), concat!("access_token$", "...")],
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
        &[concat!("BRAINTREE_SECRET_KEY=", "878b55079ed03f1b8e08ba2e", "09e993ee")],
        &[concat!("BRAINTREE_SECRET_KEY=", "878b55079ed03f1b8e0"), concat!("BRAINTREE_SECRET_KEY=", "878b55079e")],
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
        &[concat!("PAYPAL_SECRET_KEY=", "Eqf93qs1kATL3F8vyWxMHodv", "C2ISAFePZ79lUj6ElgXZ6l6A", "If4et-Mn")],
        &[concat!("PAYPAL_SECRET_KEY=", "Eqf93qs1kATL3F8vyWxMHodv", "C2ISAFePZ"), concat!("PAYPAL_SECRET_KEY=", "Eqf93qs1kATL3F8vyW")],
    ),
    row(
        "adyen-key",
        "Adyen API key",
        "Adyen",
        &["AQE"],
        r"\bAQE[a-z][0-9A-Za-z+/=\-]{20,}-[0-9A-Za-z+/=]{40,60}-[\w\-+/=.~%&#;:@!$^*?|]{12,24}",
    )
    .entropy(4.0)
    .tried(
        &[concat!("AQE", "qeqMLUgXYfwbrSt1Ng6Kj-KY", "J=dxakinwfsPtS1o=VvdMrZ8", "2gW1r09+7aI+5lS-9fjni4xo", "ouae")],
        &[concat!("AQE", "qeqMLUgXYfwbrSt1Ng6Kj-KY", "J=dxakinwfsPtS1o=Vvd"), concat!("AQE", "...")],
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
        &[concat!("access-production-", "5a0dccaf-593f-a41b-87c3-", "dfa55ccd4e11")],
        &[concat!("access-production-", "5a0dccaf-593f-"), concat!("access-production-", "...")],
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
        &[concat!("PLAID_SECRET_KEY=", "9pq9wjjturxuv1it70x8bxou", "2vhc35")],
        &[concat!("PLAID_SECRET_KEY=", "9pq9wjjturxuv1it70"), concat!("PLAID_SECRET_KEY=", "9pq9wjjtur")],
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
        &[concat!("rzp_live_", "s8VDOFqzPrH8xx")],
        &[concat!("rzp_live_", "s8VD"), concat!("rzp_live_", "...")],
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
        &[concat!("RAZORPAY_SECRET_KEY=", "oENTayYtIicatk91zcJwsTak")],
        &[concat!("RAZORPAY_SECRET_KEY=", "oENTayYtIicatk"), concat!("RAZORPAY_SECRET_KEY=", "oENTayYt")],
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
        &[concat!("FLWSECK", "_TEST-F9BBC77e8g1H9-X")],
        &[concat!("FLWSECK", "_TEST-F9B"), concat!("FLWSECK", "...")],
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
        &[concat!("MOLLIE_API_KEY=", "live_OsKJXYpLcLryeaBm6eh", "NJrfZCSyJEp")],
        &[concat!("MOLLIE_API_KEY=", "live_OsKJXYpLcLryeaBm"), concat!("MOLLIE_API_KEY=", "live_OsKJXY")],
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
