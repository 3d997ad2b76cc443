//! Probes the gateway at start, so that an unreachable one is said before the first request fails.

use std::net::SocketAddr;
use std::time::Duration;

use ringfence_policy::plan::Gateway;

/// Connect timeout when the configuration names none, in milliseconds.
const DEFAULT_TIMEOUT_MS: u64 = 2_000;

/// Tries one TCP connection to the gateway. `Err` says what happened; requests through it will get a 502 until it answers.
///
/// # Errors
/// A sentence for the person.
pub async fn probe(gateway: &Gateway) -> Result<SocketAddr, String> {
    let (host, port) = (gateway.route.host.to_string(), gateway.route.port);
    let limit = Duration::from_millis(
        gateway
            .route
            .connect_timeout_ms
            .unwrap_or(DEFAULT_TIMEOUT_MS),
    );
    let target = format!("{host}:{port}");
    match tokio::time::timeout(limit, tokio::net::TcpStream::connect(&target)).await {
        Ok(Ok(stream)) => stream
            .peer_addr()
            .map_err(|e| format!("gateway {target}: {e}")),
        Ok(Err(error)) => Err(format!(
            "gateway {target} is unreachable ({error}); requests through it will get 502, never a direct call"
        )),
        Err(_) => Err(format!(
            "gateway {target} did not answer within {} ms; requests through it will get 502, never a direct call",
            limit.as_millis()
        )),
    }
}
