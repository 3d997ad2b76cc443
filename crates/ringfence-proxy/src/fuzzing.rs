//! The parsers of hostile bytes, for the fuzz targets: each takes anything and must neither panic nor hang.

use futures_util::FutureExt as _;
use ringfence_policy::Host;

pub use crate::hello::{ClientHello, HelloError};
pub use crate::socks::{Parsed, SocksError};

/// See the module of the same name.
///
/// # Errors
/// As the parser says.
pub fn client_hello(bytes: &[u8]) -> Result<Option<ClientHello>, HelloError> {
    crate::hello::parse(bytes)
}

/// The reply of a fresh session's DNS responder.
pub fn dns(bytes: &[u8]) -> Option<Vec<u8>> {
    crate::dns::answer(&crate::names::Names::new(), bytes).reply
}

/// Host and port of a SOCKS5 request and the bytes it took.
///
/// # Errors
/// As the parser says.
pub fn socks(bytes: &[u8]) -> Parsed<(Host, u16)> {
    crate::socks::request(bytes)
}

/// Host and port of a CONNECT request.
pub fn connect(bytes: &[u8]) -> Option<(Host, u16)> {
    crate::connect::target(bytes)
}

/// What hyper would be given to read of a client's bytes: heads and chunks that the strict reader let through.
pub fn http1(bytes: &[u8]) -> Vec<u8> {
    // Reading from memory never waits.
    crate::http::strict(bytes)
        .now_or_never()
        .unwrap_or_default()
}
