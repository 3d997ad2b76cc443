//! Connections to upstream servers.

use crate::setup::ProxyError;

pub(crate) struct Upstream {}

impl Upstream {
    pub(crate) fn new(_roots: rustls::RootCertStore) -> Result<Self, ProxyError> {
        Ok(Self {})
    }
}
