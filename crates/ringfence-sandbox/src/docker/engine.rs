//! One connection to an engine.

use std::collections::HashMap;
use std::time::Duration;

use bollard::query_parameters::{ListContainersOptionsBuilder, RemoveContainerOptionsBuilder};
use bollard::{ClientVersion, Docker};
use serde::Serialize;

use super::explain::{OLDEST, newer_api};
use super::{DockerError, DockerHost};

/// Seconds that one request may take until its answer begins.
const REQUEST_SECONDS: u64 = 60;

/// Label of every container of ours: the process that keeps it, as `PID:START:BOOT`.
pub(super) const KEEPER: &str = "ringfence.keeper";
/// Label with the session.
pub(super) const SESSION: &str = "ringfence.session";

/// An engine.
#[derive(Debug, Clone)]
pub(super) struct Engine {
    pub(super) docker: Docker,
    pub(super) host: DockerHost,
}

/// What an engine says about itself.
#[derive(Debug, Clone, Serialize)]
pub struct Facts {
    /// Version of the engine.
    pub version: String,
    /// Version of its API.
    pub api: String,
    /// Its runtimes, sorted.
    pub runtimes: Vec<String>,
    /// Whether it runs without root.
    pub rootless: bool,
}

/// Asks an engine what it is. Blocks; starts and ends an asynchronous runtime on the calling thread.
///
/// # Errors
/// When it can not be reached or is too old.
pub fn facts(host: &DockerHost) -> Result<Facts, DockerError> {
    block_on(async {
        let mut engine = Engine::connect(host)?;
        let said = |error| DockerError::of("asking the engine", error, host, None);
        let version = match engine.docker.version().await {
            Err(error) if engine.follow(&error)? => engine.docker.version().await,
            other => other,
        };
        let version = version.map_err(said)?;
        let info = engine.docker.info().await.map_err(said)?;
        let api = version.api_version.unwrap_or_default();
        check_api(&api)?;
        let mut runtimes: Vec<String> = info.runtimes.unwrap_or_default().into_keys().collect();
        runtimes.sort();
        let options = info.security_options.unwrap_or_default();
        Ok(Facts {
            version: version.version.unwrap_or_default(),
            api,
            runtimes,
            rootless: options.iter().any(|option| option.contains("rootless")),
        })
    })?
}

/// Runs a future on a runtime of this thread's own, and no other thread.
pub(super) fn block_on<T>(future: impl Future<Output = T>) -> Result<T, DockerError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()
        .map_err(|e| DockerError::step("starting the runtime", e))?;
    let value = runtime.block_on(future);
    // Nothing that still runs in it is waited for.
    runtime.shutdown_timeout(Duration::ZERO);
    Ok(value)
}

fn check_api(api: &str) -> Result<(), DockerError> {
    let mut numbers = api.split('.').map(|part| part.parse::<usize>().ok());
    match (numbers.next().flatten(), numbers.next().flatten()) {
        (Some(major), Some(minor)) if (major, minor) >= OLDEST => Ok(()),
        _ => Err(DockerError::Old(api.to_owned())),
    }
}

impl Engine {
    /// Speaks the oldest API that has all that is needed, which most engines understand: no round trip is spent on agreeing.
    /// One that has forgotten it says so, see [`Engine::follow`].
    pub(super) fn connect(host: &DockerHost) -> Result<Self, DockerError> {
        let version = ClientVersion {
            major_version: OLDEST.0,
            minor_version: OLDEST.1,
        };
        Self::connect_with(host, &version)
    }

    fn connect_with(host: &DockerHost, version: &ClientVersion) -> Result<Self, DockerError> {
        let socket = host.socket();
        // Asked by hand, because an unreadable directory on the way looks like an absent socket.
        if let Err(error) = std::fs::symlink_metadata(socket) {
            return Err(match error.kind() {
                std::io::ErrorKind::PermissionDenied => DockerError::Forbidden(host.clone()),
                _ => DockerError::Down(host.clone()),
            });
        }
        let path = socket
            .to_str()
            .ok_or_else(|| DockerError::Host(socket.to_string_lossy().into_owned()))?;
        let docker = Docker::connect_with_unix(path, REQUEST_SECONDS, version)
            .map_err(|e| DockerError::of("connecting", e, host, None))?;
        Ok(Self {
            docker,
            host: host.clone(),
        })
    }

    /// Speaks a newer API from now on, if this error asks for it; whether it did.
    pub(super) fn follow(&mut self, error: &bollard::errors::Error) -> Result<bool, DockerError> {
        let Some((major_version, minor_version)) = newer_api(error) else {
            return Ok(false);
        };
        let version = ClientVersion {
            major_version,
            minor_version,
        };
        *self = Self::connect_with(&self.host, &version)?;
        Ok(true)
    }

    /// What an error of the engine means.
    pub(super) fn said(&self, what: &str, error: bollard::errors::Error) -> DockerError {
        DockerError::of(what, error, &self.host, None)
    }

    /// Kills and removes a container; one that is gone already is fine.
    pub(super) async fn remove(&self, id: &str) -> Result<(), DockerError> {
        let options = RemoveContainerOptionsBuilder::default()
            .force(true)
            .v(true)
            .build();
        match self.docker.remove_container(id, Some(options)).await {
            Ok(()) => Ok(()),
            Err(bollard::errors::Error::DockerResponseServerError {
                // 409: somebody else removes it at the moment.
                status_code: 404 | 409,
                ..
            }) => Ok(()),
            Err(error) => Err(self.said("removing the container", error)),
        }
    }

    /// Removes containers whose keeper was killed before it could.
    pub(super) async fn sweep(&self) {
        let filters = HashMap::from([("label".to_owned(), vec![KEEPER.to_owned()])]);
        let options = ListContainersOptionsBuilder::default()
            .all(true)
            .filters(&filters)
            .build();
        let Ok(found) = self.docker.list_containers(Some(options)).await else {
            return;
        };
        for container in found {
            let keeper = container
                .labels
                .as_ref()
                .and_then(|labels| labels.get(KEEPER));
            if let (Some(id), Some(keeper)) = (&container.id, keeper)
                && abandoned(keeper)
            {
                let _ = self.remove(id).await;
            }
        }
    }
}

/// The name that a keeper goes by: its pid, when it started, and in which life of this machine.
pub(super) fn name_of(pid: u32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let start = stat
        .rsplit_once(')')?
        .1
        .split_ascii_whitespace()
        .nth(19)?
        .to_owned();
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    // Pids of another pid namespace mean nothing here.
    let space = std::fs::read_link("/proc/self/ns/pid").ok()?;
    Some(format!("{pid}:{start}:{}:{}", boot.trim(), space.display()))
}

/// Whether the keeper of that name has surely gone: it was of this pid namespace (or of an earlier life of this machine).
pub(super) fn abandoned(name: &str) -> bool {
    let mut parts = name.splitn(4, ':');
    let (Some(pid), Some(_), Some(boot), Some(space)) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let Some(own) = name_of(std::process::id()) else {
        return false;
    };
    let mut ours = own.splitn(4, ':').skip(2);
    if ours.next() != Some(boot) {
        return true;
    }
    if ours.next() != Some(space) {
        return false;
    }
    pid.parse()
        .is_ok_and(|pid| name_of(pid).as_deref() != Some(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keeper_that_lives_is_not_abandoned() {
        let own = name_of(std::process::id()).expect("proc");
        assert!(!abandoned(&own));
        let (pid, rest) = own.split_once(':').expect("pid");
        let (_, place) = rest.split_once(':').expect("start");
        assert!(abandoned(&format!("{pid}:1:{place}")), "a recycled pid");
        assert!(
            !abandoned(&format!("{pid}:1:{place}x")),
            "another pid namespace"
        );
        assert!(abandoned(&format!("{pid}:1:earlier:x")), "before a reboot");
        assert!(!abandoned("strange"));
    }

    #[test]
    fn old_engines_are_refused() {
        assert!(check_api("1.41").is_ok() && check_api("2.0").is_ok());
        assert!(check_api("1.39").is_err() && check_api("").is_err());
    }
}
