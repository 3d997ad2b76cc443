//! Keys that are money: wallets, seeds, exchanges.
use super::row::{near, row};
use super::validate;
use crate::detector::Detector;

pub(super) static ROWS: &[Detector] = &[
    row(
        "bitcoin-wif",
        "Bitcoin private key (WIF)",
        "Bitcoin",
        &["wif", "priv", "secret", "bitcoin", "btc", "wallet"],
        r"\b(?:5[HJK][1-9A-HJ-NP-Za-km-z]{49}|[KLc][1-9A-HJ-NP-Za-km-z]{51})\b",
    )
    .check(validate::base58check)
    .tried(
        &[concat!("wif: ", "Kzeut52RZfqedzAmYwSoPsis", "FjiPJMVXE9E1rMqeCXrkLWHu", "uMkf")],
        &[concat!("wif: ", "Kzeut52RZfqedzAmYwSoPsis", "Fj7PJMVXE9E1rMqeCXrkLWHu", "uMkf"), concat!("wif: ", "Kzeut52RZfqedzAmYwSoPsis", "FjiPJMV")],
    ),
    row(
        "bip32-private",
        "Extended private key (BIP 32)",
        "Bitcoin",
        &["xprv", "tprv", "yprv", "zprv"],
        r"\b[xtyz]prv[1-9A-HJ-NP-Za-km-z]{107,108}\b",
    )
    .check(validate::base58check)
    .tried(
        &[concat!("xprv", "9s6fB2K1v6BSy3a9ra2sGka7", "7CkLRSKf7xA1a6SFwpa75g3E", "QKBrjC2T8GcnsL2boRgLLDzy", "urAALyvtFbcS5vcptzVQE27E", "813Mjd5SXNA")],
        &[concat!("xprv", "9s6fB2K1v6BSy3a9ra2sGka7", "7CkLRSKf7xA1a6SFwpa75g3E", "QKB7jC2T8GcnsL2boRgLLDzy", "urAALyvtFbcS5vcptzVQE27E", "813Mjd5SXNA"), concat!("xprv", "9s6fB2K1v6BSy3a9ra2sGka7", "7CkLRSKf7xA1a6SFwpa75g3E", "QKBrjC2T8GcnsL")],
    ),
    row(
        "ethereum-private-key",
        "Ethereum private key next to its name",
        "Ethereum",
        &["private_key", "privatekey", "private-key", "private key", "wallet", "deployer", "mnemonic", "eth_"],
        r#"(?i)(?:private[_\- ]?key|wallet|deployer|eth)[\w.\- ]{0,24}["\x27]?\s{0,3}[:=]\s{0,3}["\x27\[]{0,2}(0x[0-9a-fA-F]{64}|[0-9a-fA-F]{64})\b"#,
    )
    .named()
    .entropy(3.0)
    .check(validate::secp256k1_scalar)
    .tried(
        &[concat!("PRIVATE_KEY=", "0xa24bac3808f2cd5d4ab009", "cd7258bb9de269ee9ac948be", "92dd3d370486bd3aed")],
        &[concat!("PRIVATE_KEY=", "0xa24bac3808f2cd5d4ab009", "cd7258bb9de269e"), concat!("PRIVATE_KEY=", "0xa24bac3808f2cd5d4ab0")],
    ),
    row(
        "nostr-secret-key",
        "Nostr secret key",
        "Nostr",
        &["nsec1"],
        r"\bnsec1[02-9ac-hj-np-z]{58}\b",
    )
    .check(validate::bech32)
    .tried(
        &[concat!("nsec1", "p69x3yj09gr72v87eryp6hdt", "5evaxwelhh7pgfwteqzz3m8z", "7ywq77perr")],
        &[concat!("nsec1", "p69x3yj09gr72v87eryp6hdt", "5e7axwelhh7pgfwteqzz3m8z", "7ywq77perr"), concat!("nsec1", "p69x3yj09gr72v87eryp6hdt", "5evaxwel")],
    ),
    row(
        "infura-url",
        "Infura or Alchemy project key in a URL",
        "Consensys",
        &["infura.io/v3/", "alchemy.com/v2/", "alchemyapi.io/v2/"],
        r"(?:infura\.io/(?:ws/)?v3|alchemy(?:api)?\.(?:com|io)/(?:nft/)?v[23])/([0-9A-Za-z_\-]{32})",
    )
    .named()
    .entropy(3.0)
    .tried(
        &[concat!("https://mainnet.infura.io/v3/", "ba52b83ae7577581c4783f1c", "df9e631e")],
        &[concat!("https://mainnet.infura.io/v3/", "ba52b83ae7577581c47"), concat!("https://mainnet.infura.io/v3/", "ba52b83ae7")],
    ),
    row(
        "alchemy-key",
        "Alchemy API key",
        "Alchemy",
        &["alchemy"],
        near!("alchemy", r"(?:alch_|alcht_)?[0-9A-Za-z_\-]{30,32}\b"),
    )
    .named()
    .entropy(3.3)
    .check(validate::opaque)
    .tried(
        &[concat!("ALCHEMY_SECRET_KEY=", "alcht_0MXs0j09j9pQ50BwQb", "V28nFpUBAYQa")],
        &[concat!("ALCHEMY_SECRET_KEY=", "alcht_0MXs0j09j9pQ50B"), concat!("ALCHEMY_SECRET_KEY=", "alcht_0MXs0j")],
    ),
    row(
        "infura-key",
        "Infura key",
        "Consensys",
        &["infura"],
        near!("infura", r"[0-9a-f]{32}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("INFURA_SECRET_KEY=", "82319781db8dbc7b9ea36bfe", "bf92dc8e")],
        &[concat!("INFURA_SECRET_KEY=", "82319781db8dbc7b9ea"), concat!("INFURA_SECRET_KEY=", "82319781db")],
    ),
    row(
        "etherscan-key",
        "Etherscan or BscScan API key",
        "Etherscan",
        &["etherscan", "bscscan", "polygonscan", "arbiscan"],
        near!("etherscan|bscscan|polygonscan|arbiscan", r"[0-9A-Z]{34}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("ETHERSCAN_SECRET_KEY=", "FZK09B7V02W5SR7487PSEG2U", "W4G2ERT3I8")],
        &[concat!("ETHERSCAN_SECRET_KEY=", "FZK09B7V02W5SR7487PS"), concat!("ETHERSCAN_SECRET_KEY=", "FZK09B7V02W")],
    ),
    row(
        "binance-key",
        "Binance API key or secret",
        "Binance",
        &["binance"],
        near!("binance", r"[0-9A-Za-z]{64}\b"),
    )
    .named()
    .entropy(3.8)
    .check(validate::opaque)
    .tried(
        &[concat!("BINANCE_SECRET_KEY=", "F0Y3qlWsj7T3AVS2PnR6RrvY", "BZgQPLF7sigGA7txnQ2UTV3o", "RfRzzHW0Jtixc88X")],
        &[concat!("BINANCE_SECRET_KEY=", "F0Y3qlWsj7T3AVS2PnR6RrvY", "BZgQPLF7sigGA7"), concat!("BINANCE_SECRET_KEY=", "F0Y3qlWsj7T3AVS2PnR6R")],
    ),
    row(
        "kraken-key",
        "Kraken API key or secret",
        "Kraken",
        &["kraken"],
        near!("kraken", "[0-9A-Za-z+/]{55,88}={0,2}"),
    )
    .named()
    .entropy(4.0)
    .check(validate::opaque)
    .tried(
        &[concat!("KRAKEN_SECRET_KEY=", "wK4nOp8P7E/+yXnRR2aqtxHh", "QicqSOgtII4Y4nPCELbleH9z", "hY7ZZ+4k0abA33ZRT")],
        &[concat!("KRAKEN_SECRET_KEY=", "wK4nOp8P7E/+yXnRR2aqtxHh", "QicqSOgtII4Y4nP"), concat!("KRAKEN_SECRET_KEY=", "wK4nOp8P7E/+yXnRR2aqt")],
    ),
    row(
        "kucoin-key",
        "KuCoin API key or secret",
        "KuCoin",
        &["kucoin"],
        near!("kucoin", r"[0-9a-f]{24}\b|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"),
    )
    .named()
    .entropy(3.0)
    .check(validate::opaque)
    .tried(
        &[concat!("KUCOIN_SECRET_KEY=", "951ce04078bb1962d5996d13")],
        &[concat!("KUCOIN_SECRET_KEY=", "951ce04078bb19"), concat!("KUCOIN_SECRET_KEY=", "951ce040")],
    ),
    row(
        "bittrex-key",
        "Bittrex or Bitfinex key",
        "exchanges",
        &["bittrex", "bitfinex", "bitmex", "bitstamp", "bybit", "okx_", "huobi"],
        near!("bittrex|bitfinex|bitmex|bitstamp|bybit|okx|huobi", r"[0-9A-Za-z_\-]{32,64}\b"),
    )
    .named()
    .entropy(3.5)
    .check(validate::opaque)
    .tried(
        &[concat!("BITTREX_SECRET_KEY=", "q7tXtfWK-SRv6jBjCvcUn1IS", "8jVmu-1pMRFbzSfs")],
        &[concat!("BITTREX_SECRET_KEY=", "q7tXtfWK-SRv6jBjCvcUn1IS"), concat!("BITTREX_SECRET_KEY=", "q7tXtfWK-SRv6")],
    ),
];
