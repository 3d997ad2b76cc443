//! Connections that Ringfence makes for itself, made as they are for a sandbox: for a permit only, to checked addresses only.

use std::net::IpAddr;

use ringfence_policy::{Permit, Refusal, Scheme};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;

use crate::dial::{self, Resolver};
use crate::limits;
use crate::setup::{ProxyError, ResolverSetup, Roots};
use crate::tls::UpstreamTls;
use crate::upstream::{failed, server_name};

/// Both directions of a connection.
pub trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// Dials what a permit allows.
pub struct Dialer {
    resolver: Resolver,
    tls: UpstreamTls,
}

impl Dialer {
    /// Takes the servers and the hosts table; the trust anchors are asked for when TLS is first spoken.
    ///
    /// # Errors
    /// When the resolver can not be made.
    pub fn new(resolvers: ResolverSetup, roots: Roots) -> Result<Self, ProxyError> {
        Ok(Self {
            resolver: Resolver::new(resolvers)?,
            tls: UpstreamTls::new(roots),
        })
    }

    /// Connects to the host of the permit's route, with TLS (HTTP/1.1) if its scheme says so, and tells the address.
    ///
    /// # Errors
    /// `Address` if any address of the host is refused, `Upstream` if it can not be reached or its certificate is not good.
    pub async fn connect(&self, permit: &Permit) -> Result<(Box<dyn Duplex>, IpAddr), Refusal> {
        let (stream, address) = dial::connect_by(&self.resolver, permit).await?;
        if permit.route().scheme == Scheme::Http {
            return Ok((Box::new(stream), address));
        }
        let config = self
            .tls
            .h1()
            .map_err(|error| failed(permit, &format!("TLS: {error}")))?;
        let name = server_name(&permit.route().host)
            .ok_or_else(|| failed(permit, "the host is no TLS server name"))?;
        let connecting = TlsConnector::from(config).connect(name, stream);
        match tokio::time::timeout(limits::UPSTREAM_HANDSHAKE, connecting).await {
            Ok(Ok(stream)) => Ok((Box::new(stream), address)),
            Ok(Err(error)) => Err(failed(permit, &format!("TLS: {error}"))),
            Err(_) => Err(failed(permit, "TLS: no answer in time")),
        }
    }
}
