//! One request and its answer, within bounds.

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http::header::{
    ACCEPT, CONTENT_RANGE, HOST, HeaderName, LOCATION, RANGE, USER_AGENT, WWW_AUTHENTICATE,
};
use http_body_util::Full;
use ringfence_policy::Scheme;
use ringfence_policy::address::{AddressClass, classify};
use ringfence_runtime::outbound::Outbound;

use super::error::too_long;
use super::registry::{Registry, Target, shown};
use super::{Blob, PullError};
use crate::client::{self, Answer, Broken};
use crate::limits;
use crate::store::Download;

const MANIFESTS: &str = "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json";
/// For connecting, for the head of an answer, and for each piece of it.
const IDLE: Duration = Duration::from_secs(limits::IDLE_S);

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
    if answer.length().is_some_and(|length| length > most) {
        return Err(too_large());
    }
    match answer
        .whole(usize::try_from(most).unwrap_or(usize::MAX))
        .await
    {
        Err(Broken::Large(_)) => Err(too_large()),
        whole => whole.map_err(|why| cut_off(registry.to_string(), why)),
    }
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
    if answer.status() == 206 {
        let wanted = format!("bytes {}-{}/{}", file.here(), blob.size - 1, blob.size);
        let got = answer.header(CONTENT_RANGE);
        if got != wanted {
            let got = shown(got);
            return Err(broken(format!("asked for `{wanted}`, it sends `{got}`")));
        }
    } else {
        // It does not know ranges: all of it, from the start.
        file.restart()?;
    }
    let rest = blob.size - file.here();
    if let Some(length) = answer.length()
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
        if !matches!(answer.status(), 301 | 302 | 303 | 307 | 308) {
            return Ok(answer);
        }
        target = registry.redirected(&target, answer.header(LOCATION))?;
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
    let asked = format!("{}:{}", origin.host, origin.port);
    let host = match origin.port == origin.scheme.default_port() {
        true => origin.host.to_string(),
        false => asked.clone(),
    };
    let request = Request::get(&target.path)
        .header(HOST, host)
        .header(USER_AGENT, client::AGENT)
        .header(name, *value)
        .body(Full::default())
        .map_err(|error| PullError::Broken {
            registry: asked.clone(),
            reason: error.to_string(),
        })?;
    let broken = |why| cut_off(asked.clone(), why);
    let (stream, address) = client::connect(outbound, origin, &request, IDLE)
        .await
        .map_err(broken)?;
    private(registry, target, address)?;
    client::send(stream, request, IDLE, IDLE)
        .await
        .map_err(broken)
}

/// Why there is no answer, or no more of it.
fn cut_off(registry: String, why: Broken) -> PullError {
    let reason = match why {
        Broken::Refused(refusal) => return PullError::Refused(refusal),
        Broken::Late => too_long(),
        Broken::Cut(error) => error.to_string(),
        Broken::Large(most) => format!("more than {most} bytes"),
    };
    PullError::Broken { registry, reason }
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
    let status = answer.status();
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
    let realm = answer
        .header(WWW_AUTHENTICATE)
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

/// The next piece of the body.
async fn next(registry: &Registry, answer: &mut Answer) -> Result<Option<Bytes>, PullError> {
    let next = answer.next().await;
    next.map_err(|why| cut_off(registry.to_string(), why))
}
