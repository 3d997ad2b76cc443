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
];
