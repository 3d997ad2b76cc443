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
        &[concat!("wif: ", "L4XxJfpfmZphwoCVixuvqdmc", "9q7BkAPEfw8K7YJHHAmUvjD4", "ZjRr")],
        &[concat!("wif: ", "L4XxJfpfmZphwoCVixuvqdmc", "9q8BkAPEfw8K7YJHHAmUvjD4", "ZjRr"), concat!("wif: ", "L4XxJfpfmZphwoCVixuvqdmc", "9q7BkAP")],
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
        &[concat!("xprv", "9tGuRZmtDxySKR4CGZtJqFsv", "AcWqVZ7ovMQ2diFK1yqCbc7T", "ufbLcpGcict2PegfaHPatamy", "jnGwiPuUP6rTiEQTbum2TRbG", "d2gSZdFDt8w")],
        &[concat!("xprv", "9tGuRZmtDxySKR4CGZtJqFsv", "AcWqVZ7ovMQ2diFK1yqCbc7T", "ufb7cpGcict2PegfaHPatamy", "jnGwiPuUP6rTiEQTbum2TRbG", "d2gSZdFDt8w"), concat!("xprv", "9tGuRZmtDxySKR4CGZtJqFsv", "AcWqVZ7ovMQ2diFK1yqCbc7T", "ufbLcpGcict2Pe")],
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
        &[concat!("PRIVATE_KEY=", "0xbfb1dd24db4cfc4ce92d43", "7407220d76138705430c684c", "6e6e379421e097a015")],
        &[concat!("PRIVATE_KEY=", "0xbfb1dd24db4cfc4ce92d43", "7407220d7613870"), concat!("PRIVATE_KEY=", "0xbfb1dd24db4cfc4ce92d")],
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
        &[concat!("nsec1", "ymtc44d90hmpfuvfax0n9v49", "da4yh00kxuh0an9s2czueex7", "vxqsm4tmew")],
        &[concat!("nsec1", "ymtc44d90hmpfuvfax0n9v49", "da7yh00kxuh0an9s2czueex7", "vxqsm4tmew"), concat!("nsec1", "ymtc44d90hmpfuvfax0n9v49", "da4yh00k")],
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
        &[concat!("https://mainnet.infura.io/v3/", "67a3f6e9f2e18b4296109aaf", "39dfb7e2")],
        &[concat!("https://mainnet.infura.io/v3/", "67a3f6e9f2e18b42961"), concat!("https://mainnet.infura.io/v3/", "67a3f6e9f2")],
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
        &[concat!("ALCHEMY_SECRET_KEY=", "alcht_O7LVRUukthDsvbWe8n", "eBmu6oD5Oj__jh")],
        &[concat!("ALCHEMY_SECRET_KEY=", "alcht_O7LVRUukthDsvbWe"), concat!("ALCHEMY_SECRET_KEY=", "alcht_O7LVRU")],
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
        &[concat!("INFURA_SECRET_KEY=", "34fe6c4198cb2cf5a49388d1", "26068571")],
        &[concat!("INFURA_SECRET_KEY=", "34fe6c4198cb2cf5a49"), concat!("INFURA_SECRET_KEY=", "34fe6c4198")],
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
        &[concat!("ETHERSCAN_SECRET_KEY=", "PWT53MJB9PNKX1QPT5JTFSRM", "1HNRJM6PLD")],
        &[concat!("ETHERSCAN_SECRET_KEY=", "PWT53MJB9PNKX1QPT5JT"), concat!("ETHERSCAN_SECRET_KEY=", "PWT53MJB9PN")],
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
        &[concat!("BINANCE_SECRET_KEY=", "NwhbXsUhT3p49uUsnRQqYDZF", "Ix2Tb7gN8I1zUqcP3D6TyxcM", "jyDUCRbMkLvwfrrW")],
        &[concat!("BINANCE_SECRET_KEY=", "NwhbXsUhT3p49uUsnRQqYDZF", "Ix2Tb7gN8I1zUq"), concat!("BINANCE_SECRET_KEY=", "NwhbXsUhT3p49uUsnRQqY")],
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
        &[concat!("KRAKEN_SECRET_KEY=", "DSTjWo4dII4cKPXQ6AxjlNgb", "WKS5ggGtoPWOdp1QHOMmZdWS", "VEzKeJdLeiiXWP0r7bd==")],
        &[concat!("KRAKEN_SECRET_KEY=", "DSTjWo4dII4cKPXQ6AxjlNgb", "WKS5ggGtoPWOdp1QH"), concat!("KRAKEN_SECRET_KEY=", "DSTjWo4dII4cKPXQ6AxjlNg")],
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
        &[concat!("KUCOIN_SECRET_KEY=", "85361dac0d34cead46090eed")],
        &[concat!("KUCOIN_SECRET_KEY=", "85361dac0d34ce"), concat!("KUCOIN_SECRET_KEY=", "85361dac")],
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
        &[concat!("BITTREX_SECRET_KEY=", "rR7E1JOUW5QEXBuM5j86mSty", "-Q0bu8cVT59V7iR")],
        &[concat!("BITTREX_SECRET_KEY=", "rR7E1JOUW5QEXBuM5j86mSt"), concat!("BITTREX_SECRET_KEY=", "rR7E1JOUW5QEX")],
    ),
];
