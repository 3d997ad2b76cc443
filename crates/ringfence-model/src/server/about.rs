//! What is asked about models rather than of them.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::header::HeaderMap;
use hyper::body::Incoming;
use ringfence_inference::api::metadata::{
    self, CopyRequest, DeleteRequest, OpenAiModels, Running, RunningModel, ShowRequest, Tags,
    Version,
};
use ringfence_inference::{Failure, FailureKind, Json, limits as wire};
use serde::de::DeserializeOwned;

use super::body::{self, Reply};
use super::catalog::{self, since_epoch};
use super::state::Server;
use crate::store::Store;

/// The version of the API that is spoken, for clients that ask before they use what is new.
const VERSION: &str = "0.33.0";
/// How long a model stays that stays for ever, as far as a list with dates can say it.
const FOREVER: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// Something that takes the store, on a thread that may wait for the disk.
pub(crate) async fn stored<T: Send + 'static>(
    server: &Arc<Server>,
    work: impl FnOnce(&Store) -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let store = Arc::clone(&server.store);
    tokio::task::spawn_blocking(move || work(&store))
        .await
        .map_err(|_| Failure::new(FailureKind::Internal, "the request failed in the server"))?
}

pub(crate) async fn parsed<T: DeserializeOwned>(
    server: &Arc<Server>,
    headers: &HeaderMap,
    incoming: &mut Incoming,
) -> Result<T, Failure> {
    let whole = body::read(headers, incoming, &server.bodies).await?;
    read(&whole.bytes)
}

/// A small body of JSON.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Failure> {
    let wrong = |why: String| Failure::new(FailureKind::Invalid, format!("the request: {why}"));
    // Bounded in depth and count first.
    Json::parse(bytes, wire::BODY_BYTES).map_err(|error| wrong(error.to_string()))?;
    serde_json::from_slice(bytes).map_err(|error| wrong(error.to_string()))
}

pub(crate) fn root() -> Reply {
    body::whole(200, "text/plain; charset=utf-8", metadata::ROOT.into())
}

pub(crate) fn version(server: &Arc<Server>) -> Result<Reply, Failure> {
    body::json(&Version {
        version: VERSION.into(),
        ringfence: Some(Json::Object(vec![
            ("version".into(), Json::from(env!("CARGO_PKG_VERSION"))),
            ("off".into(), off(server)),
        ])),
    })
}

/// The names of the protections that are switched off.
fn off(server: &Arc<Server>) -> Json {
    let off = server.switches.off();
    Json::Array(off.into_iter().map(Json::from).collect())
}

pub(crate) async fn tags(server: &Arc<Server>) -> Result<Reply, Failure> {
    let models = stored(server, catalog::tags).await?;
    body::json(&Tags { models })
}

pub(crate) async fn openai(server: &Arc<Server>) -> Result<Reply, Failure> {
    let models = stored(server, catalog::openai).await?;
    body::json(&OpenAiModels::new(models))
}

pub(crate) async fn openai_one(server: &Arc<Server>, asked: &str) -> Result<Reply, Failure> {
    let asked = asked.to_owned();
    body::json(&stored(server, move |store| catalog::openai_one(store, &asked)).await?)
}

pub(crate) fn running(server: &Arc<Server>) -> Result<Reply, Failure> {
    let now = since_epoch(SystemTime::now());
    let level = match server.switches.sandbox {
        true => "standard",
        false => "none",
    };
    let model = |(loaded, left): (super::pool::Loaded, Option<Duration>)| {
        let name = loaded.name.short();
        let protections = loaded.protections.into_iter().map(Json::from).collect();
        RunningModel {
            model: name.clone(),
            name,
            size: loaded.bytes,
            digest: loaded.id.hex(),
            details: loaded.details,
            expires_at: metadata::time(now.saturating_add(left.unwrap_or(FOREVER).min(FOREVER))),
            size_vram: 0,
            context_length: loaded.facts.context.into(),
            ringfence: Some(Json::Object(vec![
                ("level".into(), Json::from(level)),
                ("sealed".into(), Json::Bool(server.switches.sandbox)),
                ("off".into(), off(server)),
                ("engine".into(), Json::from(loaded.facts.engine)),
                (
                    "threads".into(),
                    Json::from(u64::from(loaded.facts.threads)),
                ),
                ("protections".into(), Json::Array(protections)),
            ])),
        }
    };
    let models = server.pool.loaded().into_iter().map(model).collect();
    body::json(&Running { models })
}

pub(crate) async fn show(
    server: &Arc<Server>,
    headers: &HeaderMap,
    incoming: &mut Incoming,
) -> Result<Reply, Failure> {
    let asked: ShowRequest = parsed(server, headers, incoming).await?;
    let name = catalog::name(&asked.model)?;
    let show = stored(server, move |store| {
        catalog::show(store, &name, asked.verbose)
    })
    .await?;
    body::json(&show)
}

pub(crate) async fn copy(
    server: &Arc<Server>,
    headers: &HeaderMap,
    incoming: &mut Incoming,
) -> Result<Reply, Failure> {
    let asked: CopyRequest = parsed(server, headers, incoming).await?;
    let named = |field: &str, text: &str| {
        let name = text.parse::<ringfence_inference::ModelName>();
        name.map_err(|error| Failure::field(field, format!("{field}: {error}")))
    };
    let from = named("source", &asked.source)?;
    let to = named("destination", &asked.destination)?;
    let name = to.clone();
    let id = stored(server, move |store| {
        let copied = store.copy(&from, &to).and_then(|()| store.entry(&to));
        copied
            .map(|entry| entry.id)
            .map_err(|e| catalog::failure(&e))
    })
    .await?;
    server.changed("copy", &name, Some(id))?;
    Ok(body::whole(200, "text/plain", Vec::new()))
}

pub(crate) async fn delete(
    server: &Arc<Server>,
    headers: &HeaderMap,
    incoming: &mut Incoming,
) -> Result<Reply, Failure> {
    let asked: DeleteRequest = parsed(server, headers, incoming).await?;
    let name = catalog::name(&asked.model)?;
    let gone = name.clone();
    stored(server, move |store| {
        store
            .remove(&gone)
            .map(drop)
            .map_err(|e| catalog::failure(&e))
    })
    .await?;
    server.pool.unload(&name);
    server.changed("delete", &name, None)?;
    Ok(body::whole(200, "text/plain", Vec::new()))
}
