//! One request and its answer, within bounds.

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use http::header::{
    ACCEPT, CONTENT_LENGTH, CONTENT_RANGE, HOST, LOCATION, RANGE, USER_AGENT, WWW_AUTHENTICATE,
};
use http::{HeaderName, Request, Response};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use ringfence_policy::Scheme;
use ringfence_policy::address::{AddressClass, classify};
use ringfence_runtime::outbound::Outbound;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::error::too_long;
use super::registry::{Registry, Target, shown};
use super::{Blob, PullError};
use crate::store::Download;
use crate::{client, limits};

const MANIFESTS: &str = "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json";
const AGENT: &str = concat!("ringfence/", env!("CARGO_PKG_VERSION"));

/// An answer; its connection ends with it.
struct Answer {
    response: Response<Incoming>,
    connection: JoinHandle<()>,
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

/// The manifest's bytes.
pub(super) async fn manifest(
    registry: &Registry,
    outbound: &Outbound,
) -> Result<Vec<u8>, PullError> {
    let mut answer = get(registry, outbound, registry.manifest(), (ACCEPT, MANIFESTS)).await?;
    status(registry, &answer, "the manifest", &[200])?;
    let most = limits::MANIFEST_BYTES;
    let too_large = || PullError::Answer {
        registry: registry.to_string(),
        reason: format!("a manifest of more than {most} bytes"),
    };
    if length(&answer).is_some_and(|length| length > most) {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    while let Some(data) = next(registry, &mut answer).await? {
        if (bytes.len() + data.len()) as u64 > most {
            return Err(too_large());
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}

/// The rest of a blob, from where the file ends.
pub(super) async fn blob(
    registry: &Registry,
    outbound: &Outbound,
    file: &mut Download<'_>,
    blob: &Blob,
    told: &mut dyn FnMut(u64),
) -> Result<(), PullError> {
    let range = format!("bytes={}-", file.here());
    let target = registry.blob(&blob.digest);
    let mut answer = get(registry, outbound, target, (RANGE, &range)).await?;
    status(registry, &answer, "a blob", &[200, 206])?;
    let broken = |reason: String| PullError::Answer {
        registry: registry.to_string(),
        reason,
    };
    if answer.response.status() == 206 {
        let wanted = format!("bytes {}-{}/{}", file.here(), blob.size - 1, blob.size);
        let header = answer.response.headers().get(CONTENT_RANGE);
        let got = header.and_then(|value| value.to_str().ok()).unwrap_or("");
        if got != wanted {
            let got = shown(got);
            return Err(broken(format!("asked for `{wanted}`, it sends `{got}`")));
        }
    } else {
        // It does not know ranges: all of it, from the start.
        file.restart()?;
    }
    let rest = blob.size - file.here();
    if let Some(length) = length(&answer)
        && length != rest
    {
        return Err(broken(format!(
            "the manifest says {rest} bytes are to come, it sends {length}"
        )));
    }
    file.reserve()?;
    while let Some(data) = next(registry, &mut answer).await? {
        if data.len() as u64 > blob.size - file.here() {
            return Err(broken(format!(
                "it sends more than the {} bytes that the manifest says",
                blob.size
            )));
        }
        file.write(&data)?;
        told(file.here());
    }
    if file.here() < blob.size {
        return Err(PullError::Broken {
            registry: registry.to_string(),
            reason: format!("it ended after {} of {} bytes", file.here(), blob.size),
        });
    }
    Ok(())
}

/// A GET with one more header, redirects followed.
async fn get(
    registry: &Registry,
    outbound: &Outbound,
    mut target: Target,
    header: (HeaderName, &str),
) -> Result<Answer, PullError> {
    for _ in 0..=limits::REDIRECTS {
        let answer = send(registry, outbound, &target, &header).await?;
        if !matches!(
            answer.response.status().as_u16(),
            301 | 302 | 303 | 307 | 308
        ) {
            return Ok(answer);
        }
        let location = answer.response.headers().get(LOCATION);
        let location = location.and_then(|value| value.to_str().ok()).unwrap_or("");
        target = registry.redirected(&target, location)?;
    }
    Err(PullError::Redirect {
        registry: registry.to_string(),
        to: shown(&target.path),
        reason: format!("that is more than {} redirects", limits::REDIRECTS),
    })
}

async fn send(
    registry: &Registry,
    outbound: &Outbound,
    target: &Target,
    (name, value): &(HeaderName, &str),
) -> Result<Answer, PullError> {
    let origin = &target.origin;
    let bare = target.path.split('?').next().unwrap_or("/");
    let (stream, address) = outbound
        .connect(origin, "GET", bare)
        .await
        .map_err(PullError::Refused)?;
    private(registry, target, address)?;
    let broken = |reason: String| PullError::Broken {
        registry: format!("{}:{}", origin.host, origin.port),
        reason,
    };
    let hyper = |error: hyper::Error| broken(error.to_string());
    let (mut sender, connection) = hyper::client::conn::http1::Builder::new()
        .max_buf_size(limits::HEAD_BYTES)
        .handshake::<_, Empty<Bytes>>(TokioIo::new(stream))
        .await
        .map_err(hyper)?;
    let connection = tokio::spawn(async move {
        // What breaks it is told by the answer.
        let _ = connection.await;
    });
    let host = if origin.port == origin.scheme.default_port() {
        origin.host.to_string()
    } else {
        format!("{}:{}", origin.host, origin.port)
    };
    let request = Request::get(&target.path)
        .header(HOST, host)
        .header(USER_AGENT, AGENT)
        .header(name, *value)
        .body(Empty::new())
        .map_err(|error| broken(error.to_string()))?;
    let sent = timeout(
        Duration::from_secs(limits::IDLE_S),
        sender.send_request(request),
    )
    .await;
    match sent {
        Ok(Ok(response)) => Ok(Answer {
            response,
            connection,
        }),
        Ok(Err(error)) => {
            connection.abort();
            Err(hyper(error))
        }
        Err(_) => {
            connection.abort();
            Err(broken(too_long()))
        }
    }
}

/// A registry out there does not send anybody into this machine or its network, whatever the policy allows elsewhere.
pub(super) fn private(
    registry: &Registry,
    target: &Target,
    address: IpAddr,
) -> Result<(), PullError> {
    let elsewhere = target.origin != registry.origin;
    if elsewhere && !registry.is_local() && classify(address) != AddressClass::Public {
        return Err(PullError::Redirect {
            registry: registry.to_string(),
            to: format!("{}:{}", target.origin.host, target.origin.port),
            reason: format!("{address} is not public"),
        });
    }
    Ok(())
}

/// Refuses every other status; says what a 401 wants.
fn status(
    registry: &Registry,
    answer: &Answer,
    what: &str,
    wanted: &[u16],
) -> Result<(), PullError> {
    let status = answer.response.status().as_u16();
    if wanted.contains(&status) {
        return Ok(());
    }
    let name = registry.to_string();
    if status != 401 {
        return Err(PullError::Status {
            registry: name,
            what: what.to_owned(),
            status,
        });
    }
    let challenge = answer.response.headers().get(WWW_AUTHENTICATE);
    let challenge = challenge.and_then(|v| v.to_str().ok()).unwrap_or("");
    let realm = challenge
        .split_once("realm=\"")
        .and_then(|(_, rest)| rest.split('"').next());
    match realm {
        Some(realm) if is_foreign(registry, realm) => Err(PullError::ForeignRealm {
            registry: name,
            realm: shown(realm),
        }),
        _ => Err(PullError::Login { registry: name }),
    }
}

/// Whether a realm is a URL of another origin. A realm without a scheme is a name, not a place.
fn is_foreign(registry: &Registry, realm: &str) -> bool {
    let Ok(uri) = realm.parse::<http::Uri>() else {
        return true;
    };
    let Some(authority) = uri.authority() else {
        return realm.contains("//");
    };
    let default = match uri.scheme_str() {
        Some("http") => Scheme::Http,
        _ => Scheme::Https,
    };
    let own = &registry.origin;
    let same = authority.host().eq_ignore_ascii_case(&own.host.to_string())
        && client::port(authority, default.default_port()) == Some(own.port);
    uri.scheme().is_some() && !same
}

fn length(answer: &Answer) -> Option<u64> {
    let header = answer.response.headers().get(CONTENT_LENGTH)?;
    header.to_str().ok()?.parse().ok()
}

/// The next piece of the body.
async fn next(registry: &Registry, answer: &mut Answer) -> Result<Option<Bytes>, PullError> {
    let broken = |reason: String| PullError::Broken {
        registry: registry.to_string(),
        reason,
    };
    loop {
        let frame = answer.response.body_mut().frame();
        match timeout(Duration::from_secs(limits::IDLE_S), frame).await {
            Err(_) => return Err(broken(too_long())),
            Ok(None) => return Ok(None),
            Ok(Some(Err(error))) => return Err(broken(error.to_string())),
            Ok(Some(Ok(frame))) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
}
