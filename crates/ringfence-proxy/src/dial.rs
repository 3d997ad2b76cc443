//! From a permit to a connected socket: resolve once, check every address, dial a checked one (INCIDENTS N14).
//!
//! Names are resolved here and nowhere else, so only for a permit.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts,
    ServerOrderingStrategy,
};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use ringfence_policy::{Host, Permit, Refusal, RefusalClass};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::context::Context;
use crate::limits::{ADDRESSES, CONNECT, RESOLVE, RESOLVED, RESOLVED_TTL_S};
use crate::setup::{ProxyError, ResolverSetup};

/// Between two connection attempts to different addresses of one host (RFC 8305 section 5).
const STAGGER: Duration = Duration::from_millis(250);

/// Resolves names for permitted requests only.
pub(crate) struct Resolver {
    hosts: HashMap<String, Vec<IpAddr>>,
    client: Option<TokioResolver>,
    timeout: Duration,
}

impl Resolver {
    /// Takes the servers and the table of the host. Without servers only the table and `localhost` resolve.
    pub(crate) fn new(setup: ResolverSetup) -> Result<Self, ProxyError> {
        let timeout = setup.timeout_ms.map_or(RESOLVE, Duration::from_millis);
        let client = if setup.servers.is_empty() {
            None
        } else {
            Some(client(&setup.servers, timeout)?)
        };
        Ok(Self {
            hosts: setup.hosts,
            client,
            timeout,
        })
    }

    /// All addresses of a name.
    async fn addresses(&self, name: &str) -> Result<Vec<IpAddr>, String> {
        if name == "localhost" || name.ends_with(".localhost") {
            return Ok(vec![Ipv6Addr::LOCALHOST.into(), Ipv4Addr::LOCALHOST.into()]);
        }
        if let Some(addresses) = self.hosts.get(name) {
            return Ok(addresses.clone());
        }
        let Some(client) = &self.client else {
            return Err("no DNS server is configured".into());
        };
        // The dot at the end keeps search domains out.
        match timeout(self.timeout, client.lookup_ip(format!("{name}."))).await {
            Ok(Ok(found)) => Ok(found.iter().collect()),
            Ok(Err(error)) => Err(format!("can not be resolved: {error}")),
            Err(_) => Err("was not resolved in time".into()),
        }
    }
}

fn client(servers: &[SocketAddr], timeout: Duration) -> Result<TokioResolver, ProxyError> {
    let servers = servers
        .iter()
        .map(|server| {
            let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()]
                .into_iter()
                .map(|mut connection| {
                    connection.port = server.port();
                    connection
                })
                .collect();
            NameServerConfig::new(server.ip(), true, connections)
        })
        .collect();
    let mut options = ResolverOpts::default();
    options.timeout = (timeout / 3).max(Duration::from_millis(100));
    options.attempts = 2;
    options.cache_size = RESOLVED as u64;
    options.positive_max_ttl = Some(Duration::from_secs(RESOLVED_TTL_S));
    options.negative_max_ttl = Some(Duration::from_secs(10));
    // The runtime reads the table, this crate opens no file.
    options.use_hosts_file = ResolveHosts::Never;
    options.server_ordering_strategy = ServerOrderingStrategy::UserProvidedOrder;
    options.try_tcp_on_error = true;
    let config = ResolverConfig::from_name_servers(servers);
    let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
    *builder.options_mut() = options;
    builder
        .build()
        .map_err(|error| ProxyError::Resolver(error.to_string()))
}

/// Connects to the host of the permit's route, at an address that the permit accepts.
///
/// # Errors
/// `Address` if any address of the host is refused, `Upstream` if it has none or does not answer.
pub(crate) async fn connect(
    ctx: &Context,
    permit: &Permit,
) -> Result<(TcpStream, IpAddr), Refusal> {
    connect_by(&ctx.resolver, permit).await
}

/// As [`connect`], without a session.
pub(crate) async fn connect_by(
    resolver: &Resolver,
    permit: &Permit,
) -> Result<(TcpStream, IpAddr), Refusal> {
    let route = permit.route();
    let upstream = |why: String| Refusal {
        class: RefusalClass::Upstream,
        host: permit.host().clone(),
        port: permit.port(),
        full: format!("{}:{} {why}", route.host, route.port),
    };
    let addresses = match &route.host {
        Host::Ip(ip) => vec![*ip],
        Host::Name(name) => resolver.addresses(name).await.map_err(upstream)?,
    };
    if addresses.is_empty() {
        return Err(upstream("has no address".into()));
    }
    if addresses.len() > ADDRESSES {
        return Err(upstream(format!("has more than {ADDRESSES} addresses")));
    }
    // One bad answer condemns them all: an answer that mixes public and private addresses is an attack, not a service.
    for address in &addresses {
        permit.check_address(*address)?;
    }
    let limit = route
        .connect_timeout_ms
        .map_or(CONNECT, Duration::from_millis);
    let connected = timeout(limit, race(interleave(addresses), route.port)).await;
    let (stream, address) = match connected {
        Ok(Ok(connected)) => connected,
        Ok(Err(error)) => return Err(upstream(format!("can not be reached: {error}"))),
        Err(_) => return Err(upstream(format!("did not answer within {limit:?}"))),
    };
    stream
        .set_nodelay(true)
        .map_err(|error| upstream(format!("TCP_NODELAY: {error}")))?;
    Ok((stream, address))
}

/// Families in turn, IPv6 first (RFC 8305 section 4).
fn interleave(addresses: Vec<IpAddr>) -> Vec<IpAddr> {
    let (v6, v4): (Vec<_>, Vec<_>) = addresses.into_iter().partition(IpAddr::is_ipv6);
    let mut ordered = Vec::with_capacity(v6.len() + v4.len());
    let (mut v6, mut v4) = (v6.into_iter(), v4.into_iter());
    loop {
        let before = ordered.len();
        ordered.extend(v6.next());
        ordered.extend(v4.next());
        if ordered.len() == before {
            return ordered;
        }
    }
}

/// The first of these addresses that answers, each tried a moment after the one before it.
async fn race(addresses: Vec<IpAddr>, port: u16) -> io::Result<(TcpStream, IpAddr)> {
    let mut waiting = addresses.into_iter();
    let mut attempts = FuturesUnordered::new();
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    loop {
        match waiting.next() {
            Some(address) => attempts.push(async move {
                let stream = TcpStream::connect((address, port)).await?;
                Ok::<_, io::Error>((stream, address))
            }),
            None if attempts.is_empty() => return Err(last),
            None => {}
        }
        tokio::select! {
            Some(result) = attempts.next() => match result {
                Ok(connected) => return Ok(connected),
                Err(error) => last = error,
            },
            () = sleep(STAGGER), if waiting.len() > 0 => {}
        }
    }
}

#[cfg(test)]
mod tests;
