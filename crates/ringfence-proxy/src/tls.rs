//! TLS: towards the sandbox with leaf certificates of the session CA, towards upstream servers with real trust anchors.

use std::sync::{Arc, LazyLock};

use quick_cache::sync::Cache;
use ringfence_policy::Host;
use rustls::crypto::{CryptoProvider, SecureRandom, aws_lc_rs};
use rustls::server::{ClientHello, ProducesTickets, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, RootCertStore, ServerConfig};

use crate::ca::Ca;
use crate::limits;
use crate::setup::{ProxyError, Roots};

/// The sandbox's side: one server configuration per host, made when the host is first spoken to.
pub(crate) struct Tls {
    ca: Ca,
    provider: Arc<CryptoProvider>,
    tickets: Arc<dyn ProducesTickets>,
    signing_key: Arc<dyn rustls::sign::SigningKey>,
    configs: Cache<Host, Arc<ServerConfig>>,
}

impl Tls {
    pub(crate) fn new(name: &str) -> Result<Self, ProxyError> {
        // The leg inside one machine needs no post-quantum key share; it would cost more than the rest of the handshake.
        let provider = CryptoProvider {
            kx_groups: vec![aws_lc_rs::kx_group::X25519, aws_lc_rs::kx_group::SECP256R1],
            ..aws_lc_rs::default_provider()
        };
        let ca = Ca::new(name, random())?;
        let signing_key = provider.key_provider.load_private_key(ca.leaf_key()?)?;
        Ok(Self {
            ca,
            provider: Arc::new(provider),
            tickets: aws_lc_rs::Ticketer::new()?,
            signing_key,
            configs: Cache::new(limits::LEAVES),
        })
    }

    /// The CA certificate as PEM.
    pub(crate) fn ca_pem(&self) -> &str {
        self.ca.pem()
    }

    /// The configuration that presents a certificate for `host`.
    pub(crate) fn server(&self, host: &Host) -> Result<Arc<ServerConfig>, ProxyError> {
        self.configs.get_or_insert_with(host, || {
            let certified = CertifiedKey::new(self.ca.leaf(host)?, Arc::clone(&self.signing_key));
            let mut config = ServerConfig::builder_with_provider(Arc::clone(&self.provider))
                .with_safe_default_protocol_versions()?
                .with_no_client_auth()
                .with_cert_resolver(Arc::new(One(Arc::new(certified))));
            config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
            config.ticketer = Arc::clone(&self.tickets);
            config.send_tls13_tickets = 1;
            Ok(Arc::new(config))
        })
    }
}

/// Presents the same certificate whatever the ClientHello says: the host was chosen before.
#[derive(Debug)]
struct One(Arc<CertifiedKey>);

impl ResolvesServerCert for One {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

/// The upstream side: one configuration per ALPN offer. Made when the first server is dialled: reading some 150 trust
/// anchors takes longer than starting a sandbox, and many sessions never speak TLS to anybody.
pub(crate) struct UpstreamTls {
    configs: LazyLock<Configs, MakeConfigs>,
}

type Configs = Result<(Arc<ClientConfig>, Arc<ClientConfig>), rustls::Error>;
type MakeConfigs = Box<dyn FnOnce() -> Configs + Send>;

impl UpstreamTls {
    pub(crate) fn new(roots: Roots) -> Self {
        Self {
            configs: LazyLock::new(Box::new(|| configs(roots()))),
        }
    }

    /// Offers HTTP/2 and HTTP/1.1.
    pub(crate) fn any(&self) -> Result<Arc<ClientConfig>, rustls::Error> {
        self.configs
            .as_ref()
            .map(|(any, _)| Arc::clone(any))
            .map_err(Clone::clone)
    }

    /// Offers HTTP/1.1 only: for HTTP/1 clients, upgrades above all.
    pub(crate) fn h1(&self) -> Result<Arc<ClientConfig>, rustls::Error> {
        self.configs
            .as_ref()
            .map(|(_, h1)| Arc::clone(h1))
            .map_err(Clone::clone)
    }
}

fn configs(roots: RootCertStore) -> Configs {
    use aws_lc_rs::kx_group::{SECP256R1, SECP384R1, X25519, X25519MLKEM768};
    let provider = CryptoProvider {
        kx_groups: vec![X25519MLKEM768, X25519, SECP256R1, SECP384R1],
        ..aws_lc_rs::default_provider()
    };
    let base = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let with = |alpn: &[&[u8]]| {
        let mut config = base.clone();
        config.alpn_protocols = alpn.iter().map(|p| p.to_vec()).collect();
        Arc::new(config)
    };
    Ok((with(&[b"h2", b"http/1.1"]), with(&[b"http/1.1"])))
}

/// The system's random numbers.
pub(crate) fn random() -> &'static dyn SecureRandom {
    aws_lc_rs::default_provider().secure_random
}
