//! What the engine's refusals mean and how to mend them.

use bollard::errors::Error;

use super::DockerHost;

/// Why the engine could not be used.
#[derive(Debug, thiserror::Error)]
pub enum DockerError {
    /// `DOCKER_HOST` names no unix socket.
    #[error(
        "DOCKER_HOST={0}: only an engine on this machine is used, as unix:///path/to/docker.sock; unset it or set it so"
    )]
    Host(String),
    /// Nobody listens.
    #[error(
        "docker: no engine listens on {0}; start it (`sudo systemctl start docker`), or name its socket: DOCKER_HOST=unix:///path"
    )]
    Down(DockerHost),
    /// The socket is closed to this user.
    #[error(
        "docker: this user may not use {0}; a member of the group `docker` may (`sudo usermod -aG docker $USER`, log in again), \
         but that makes the user root on this machine: a rootless engine, or `--backend native`, does not"
    )]
    Forbidden(DockerHost),
    /// Too old to be spoken to.
    #[error("docker: the engine speaks API {0}; 1.41 (Docker 20.10) or later is needed: update it")]
    Old(String),
    /// The image is not there.
    #[error(
        "docker: there is no image {0} on this machine; build one of this machine's own interpreters \
         (`ringfence image build`), pull it (`docker pull`), or leave `image` out"
    )]
    NoImage(String),
    /// gVisor is not known to the engine.
    #[error(
        "docker: level high needs gVisor, and the engine knows no runtime `runsc`; install runsc, then add \
         {{\"runtimes\": {{\"runsc\": {{\"path\": \"/usr/bin/runsc\", \"runtimeArgs\": [\"--network=none\"]}}}}}} to \
         /etc/docker/daemon.json and restart the engine. Level standard runs without it"
    )]
    NoRunsc,
    /// The spec asks for what this backend can not build.
    #[error("docker: {0}")]
    Spec(String),
    /// A step failed.
    #[error("docker: {step}: {reason}")]
    Step {
        /// What was being done.
        step: String,
        /// What the engine or the kernel said.
        reason: String,
    },
}

/// The oldest API that is spoken: Docker 20.10.
pub(super) const OLDEST: (usize, usize) = (1, 41);

impl DockerError {
    /// A step that failed without the engine.
    pub(super) fn step(what: impl std::fmt::Display, error: impl std::fmt::Display) -> Self {
        Self::Step {
            step: what.to_string(),
            reason: error.to_string(),
        }
    }

    /// What an error of the engine means while this is done with that image.
    pub(super) fn of(what: &str, error: Error, host: &DockerHost, image: Option<&str>) -> Self {
        match &error {
            Error::SocketNotFoundError(_) => return Self::Down(host.clone()),
            Error::DockerResponseServerError {
                status_code,
                message,
            } => {
                let lower = message.to_lowercase();
                if let (404, Some(image)) = (*status_code, image)
                    && lower.contains("no such image")
                {
                    return Self::NoImage(image.to_owned());
                }
                if lower.contains("runtime name: runsc") || lower.contains("runtime \"runsc\"") {
                    return Self::NoRunsc;
                }
                if lower.contains("client version") && lower.contains("too new") {
                    return Self::Old(api_named(message).map_or_else(
                        || message.clone(),
                        |(major, minor)| format!("{major}.{minor}"),
                    ));
                }
                return Self::step(what, message.trim());
            }
            _ => {}
        }
        match kind(&error) {
            Some(std::io::ErrorKind::PermissionDenied) => Self::Forbidden(host.clone()),
            Some(std::io::ErrorKind::NotFound | std::io::ErrorKind::ConnectionRefused) => {
                Self::Down(host.clone())
            }
            _ => Self::step(what, chain(&error)),
        }
    }
}

/// The I/O error at the bottom, if there is one.
fn kind(error: &Error) -> Option<std::io::ErrorKind> {
    if let Error::IOError { err } = error {
        return Some(err.kind());
    }
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = source {
        if let Some(error) = error.downcast_ref::<std::io::Error>() {
            return Some(error.kind());
        }
        source = error.source();
    }
    None
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let part = cause.to_string();
        if !text.contains(&part) {
            text.push_str(": ");
            text.push_str(&part);
        }
        source = cause.source();
    }
    text
}

/// The version in `… Minimum supported API version is 1.44, …`, and the like for a maximum.
fn api_named(message: &str) -> Option<(usize, usize)> {
    let rest = message.split("API version is ").nth(1)?;
    let mut numbers = rest.split(|c: char| !c.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// The API that an engine wants which has forgotten ours.
pub(super) fn newer_api(error: &Error) -> Option<(usize, usize)> {
    match error {
        Error::DockerResponseServerError {
            status_code: 400,
            message,
        } if message.contains("too old") => api_named(message),
        _ => None,
    }
}

/// Whether the engine says that the image is not there.
pub(super) fn no_image(error: &Error) -> bool {
    matches!(error, Error::DockerResponseServerError { status_code: 404, message } if message.to_lowercase().contains("no such image"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(status_code: u16, message: &str) -> String {
        let error = Error::DockerResponseServerError {
            status_code,
            message: message.into(),
        };
        DockerError::of(
            "making the container",
            error,
            &DockerHost::default(),
            Some("own:1"),
        )
        .to_string()
    }

    #[test]
    fn refusals_name_their_mend() {
        assert!(said(404, "No such image: own:1").contains("ringfence image build"));
        assert!(
            said(
                400,
                "Unknown runtime specified runsc: unknown or invalid runtime name: runsc"
            )
            .contains("daemon.json")
        );
        assert!(said(500, "something").contains("making the container: something"));
        assert!(
            said(
                400,
                "client version 1.41 is too new. Maximum supported API version is 1.30"
            )
            .contains("API 1.30")
        );
        let error = Error::DockerResponseServerError {
            status_code: 400,
            message: "client version 1.41 is too old. Minimum supported API version is 1.44, please upgrade".into(),
        };
        assert_eq!(newer_api(&error), Some((1, 44)));
        let io = |kind| {
            let error = Error::IOError {
                err: std::io::Error::from(kind),
            };
            DockerError::of("x", error, &DockerHost::default(), None).to_string()
        };
        assert!(io(std::io::ErrorKind::PermissionDenied).contains("root on this machine"));
        assert!(io(std::io::ErrorKind::ConnectionRefused).contains("systemctl start docker"));
    }
}
