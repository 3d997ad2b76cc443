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
        &[concat!("wif: ", "L5dLHhFBJ9pjBEr5KAho6NiV", "EfQwVDJQ3hfcFrruupuMN8UZ", "LNi1")],
        &[concat!("wif: ", "L5dLHhFBJ9pjBEr5KAho6NiV", "Ef7wVDJQ3hfcFrruupuMN8UZ", "LNi1"), concat!("wif: ", "L5dLHhFBJ9pjBEr5KAho6NiV", "EfQwVDJ")],
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
        &[concat!("xprv", "9s7LPFVnPwrHVYB956GUH6Jd", "MgDmLYMjxHrdjHSqyTQbjeGF", "Jons3U9KZabXiFYWAz7bHbdN", "dftnF2navGtk4YjBL46t6sxF", "w2pVx9JqoMo")],
        &[concat!("xprv", "9s7LPFVnPwrHVYB956GUH6Jd", "MgDmLYMjxHrdjHSqyTQbjeGF", "Jon73U9KZabXiFYWAz7bHbdN", "dftnF2navGtk4YjBL46t6sxF", "w2pVx9JqoMo"), concat!("xprv", "9s7LPFVnPwrHVYB956GUH6Jd", "MgDmLYMjxHrdjHSqyTQbjeGF", "Jons3U9KZabXiF")],
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
        &[concat!("PRIVATE_KEY=", "0x2d1e2fdacb6c759ae735c3", "5ae3828604effdbdf692cad9", "50fcc7a1939b27e133")],
        &[concat!("PRIVATE_KEY=", "0x2d1e2fdacb6c759ae735c3", "5ae3828604effdb"), concat!("PRIVATE_KEY=", "0x2d1e2fdacb6c759ae735")],
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
        &[concat!("nsec1", "lfnnzsesqprjdh8g7amz2j6z", "k4sd7a06cgpk0dav85rdqnn0", "2eds0clv3q")],
        &[concat!("nsec1", "lfnnzsesqprjdh8g7amz2j6z", "k47d7a06cgpk0dav85rdqnn0", "2eds0clv3q"), concat!("nsec1", "lfnnzsesqprjdh8g7amz2j6z", "k4sd7a06")],
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
        &[concat!("https://mainnet.infura.io/v3/", "af9b9f9acf46d332d0b951f1", "09cbdf7d")],
        &[concat!("https://mainnet.infura.io/v3/", "af9b9f9acf46d332d0b"), concat!("https://mainnet.infura.io/v3/", "af9b9f9acf")],
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
        &[concat!("ALCHEMY_SECRET_KEY=", "alcht_i52l8fDhsFg--A5hdg", "yS0oDGO3XaquqK")],
        &[concat!("ALCHEMY_SECRET_KEY=", "alcht_i52l8fDhsFg--A5h"), concat!("ALCHEMY_SECRET_KEY=", "alcht_i52l8f")],
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
        &[concat!("INFURA_SECRET_KEY=", "f89791f4fbd9d67564f7fb55", "99ebb552")],
        &[concat!("INFURA_SECRET_KEY=", "f89791f4fbd9d67564f"), concat!("INFURA_SECRET_KEY=", "f89791f4fb")],
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
        &[concat!("ETHERSCAN_SECRET_KEY=", "8G7I00I7FVZDKNVM2QR48QN8", "ZOUO8PTI4R")],
        &[concat!("ETHERSCAN_SECRET_KEY=", "8G7I00I7FVZDKNVM2QR4"), concat!("ETHERSCAN_SECRET_KEY=", "8G7I00I7FVZ")],
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
        &[concat!("BINANCE_SECRET_KEY=", "7nE90Eu4q41REC26GE0padAw", "ly86l1ODHglW9wXouaoeOWCS", "DtcqwS7FIr8uvw52")],
        &[concat!("BINANCE_SECRET_KEY=", "7nE90Eu4q41REC26GE0padAw", "ly86l1ODHglW9w"), concat!("BINANCE_SECRET_KEY=", "7nE90Eu4q41REC26GE0pa")],
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
        &[concat!("KRAKEN_SECRET_KEY=", "3cSh14L9rYrfVz5yYwdCifRQ", "IlzDB/piL1pvtOWQTgEyPuaz", "Bw4YiI9dO40dhg+EbtzlV==")],
        &[concat!("KRAKEN_SECRET_KEY=", "3cSh14L9rYrfVz5yYwdCifRQ", "IlzDB/piL1pvtOWQTg"), concat!("KRAKEN_SECRET_KEY=", "3cSh14L9rYrfVz5yYwdCifR")],
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
        &[concat!("KUCOIN_SECRET_KEY=", "cc615767-bda3-e98a-ca2c-", "1c316bffbaa3")],
        &[concat!("KUCOIN_SECRET_KEY=", "cc615767-bda3-e98a-ca"), concat!("KUCOIN_SECRET_KEY=", "cc615767-bda")],
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
        &[concat!("BITTREX_SECRET_KEY=", "-vPoG7cZni9pzNfIdEWWt4BR", "3PWLV5FpxB7i")],
        &[concat!("BITTREX_SECRET_KEY=", "-vPoG7cZni9pzNfIdEWWt"), concat!("BITTREX_SECRET_KEY=", "-vPoG7cZni9p")],
    ),
];
