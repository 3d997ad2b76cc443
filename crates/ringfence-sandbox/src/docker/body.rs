//! The spec as the engine's API wants it: a pure function of the spec and of what was found out about the host.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use bollard::models::{
    ContainerCreateBody, HealthConfig, HostConfig, HostConfigCgroupnsModeEnum, HostConfigLogConfig,
    Mount as Bind, MountBindOptions, MountBindOptionsPropagationEnum, MountType, ResourcesUlimits,
    RestartPolicy, RestartPolicyNameEnum,
};
use ringfence_policy::SandboxSpec;
use ringfence_policy::spec::{Level, Limits, Mount, Network, Source};

use super::DockerError;
use super::engine::{KEEPER, SESSION};
use super::inside::HIDDEN;
use crate::protect::{Fixed, How};

/// Where this binary appears inside.
pub(super) const INIT: &str = "/.ringfence-init";
/// Tasks that gVisor needs for itself; its threads count against the limit of the cgroup.
const SENTRY_TASKS: u64 = 256;
/// Our init.
const INIT_TASKS: u64 = 1;
/// `/dev/shm`, in bytes; what is written to it counts as memory.
const SHM_BYTES: i64 = 64 << 20;

/// What was found out about the host and put on it.
#[derive(Debug)]
pub(super) struct Place<'a> {
    /// This binary.
    pub(super) init: &'a Path,
    /// Who keeps the container.
    pub(super) keeper: &'a str,
    /// The image.
    pub(super) image: &'a str,
    /// Which entries of the mount table have a source.
    pub(super) present: &'a [bool],
    /// Files that were made, by entry of the mount table.
    pub(super) files: &'a BTreeMap<usize, PathBuf>,
    /// What is to be fixed in place.
    pub(super) fixed: &'a [Fixed],
    /// An empty file and an empty directory.
    pub(super) blank: [&'a Path; 2],
}

/// Whether a second kernel is asked for.
pub(super) fn second_kernel(spec: &SandboxSpec) -> bool {
    spec.shape.level == Level::High
}

/// What this backend can not do, before anything is asked of the engine.
pub(super) fn check(spec: &SandboxSpec) -> Result<(), DockerError> {
    let refuse = |text: &str| Err(DockerError::Spec(text.into()));
    if let Network::Captured(_) = spec.claim.network {
        return refuse(
            "traffic of a container can not be captured by this backend: use `--network none`, or `--backend native`",
        );
    }
    if spec.claim.terminal.is_some() {
        return refuse(
            "a terminal of its own is not made by this backend: use pipes, or `--backend native`",
        );
    }
    if let Some(path) = &spec.claim.collect {
        if second_kernel(spec) {
            return refuse(
                "files of a container can not be brought back out of gVisor: use `--backend gvisor`, or level standard",
            );
        }
        let scratch =
            |mount: &Mount| mount.target == *path && matches!(mount.source, Source::Scratch { .. });
        if !table(spec).any(scratch) {
            return Err(DockerError::Spec(format!(
                "{} can not be collected: it is no scratch directory of this sandbox",
                path.display()
            )));
        }
    }
    for mount in table(spec) {
        let usual = match mount.source {
            Source::Proc => "/proc",
            Source::Dev => "/dev",
            _ => continue,
        };
        if mount.target != Path::new(usual) {
            return Err(DockerError::Spec(format!(
                "{} can not be had anywhere but at {usual}",
                mount.target.display()
            )));
        }
    }
    Ok(())
}

/// The mount table: entries in the order of the spec.
pub(super) fn table(spec: &SandboxSpec) -> impl Iterator<Item = &Mount> {
    spec.shape.root.iter().chain(&spec.claim.mounts)
}

/// Whether an entry is left to the image.
pub(super) fn from_image(spec: &SandboxSpec, entry: usize, mount: &Mount) -> bool {
    spec.shape.image.is_some()
        && entry < spec.shape.root.len()
        && matches!(mount.source, Source::Bind { .. } | Source::Symlink(_))
}

/// The body of the request that makes the container.
pub(super) fn container(
    spec: &SandboxSpec,
    place: &Place<'_>,
) -> Result<ContainerCreateBody, DockerError> {
    let identity = &spec.shape.identity;
    let labels = [
        (KEEPER, place.keeper),
        (SESSION, spec.claim.session.as_str()),
    ];
    Ok(ContainerCreateBody {
        image: Some(place.image.to_owned()),
        entrypoint: Some(vec![INIT.to_owned(), HIDDEN.to_owned()]),
        cmd: Some(Vec::new()),
        // The payload gets its own from the init; the engine's additions never reach it.
        env: Some(Vec::new()),
        working_dir: Some("/".to_owned()),
        user: Some(format!("{}:{}", identity.uid, identity.gid)),
        hostname: Some(identity.hostname.clone()),
        attach_stdin: Some(true),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        open_stdin: Some(true),
        stdin_once: Some(true),
        tty: Some(false),
        // What an image wants run beside the payload would run outside of the init and its filter.
        healthcheck: Some(HealthConfig {
            test: Some(vec!["NONE".to_owned()]),
            ..HealthConfig::default()
        }),
        labels: Some(
            labels
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .into(),
        ),
        host_config: Some(host_config(spec, place)?),
        ..ContainerCreateBody::default()
    })
}

fn host_config(spec: &SandboxSpec, place: &Place<'_>) -> Result<HostConfig, DockerError> {
    let (binds, tmpfs) = mounts(spec, place)?;
    let limits = &spec.shape.limits;
    let memory = limits.memory.map(signed);
    let own_tasks = match second_kernel(spec) {
        true => SENTRY_TASKS,
        false => INIT_TASKS,
    };
    Ok(HostConfig {
        runtime: Some(if second_kernel(spec) { "runsc" } else { "runc" }.to_owned()),
        readonly_rootfs: Some(true),
        privileged: Some(false),
        cap_drop: Some(vec!["ALL".to_owned()]),
        // The engine's own filter stays in force beside the profile that the init installs.
        security_opt: Some(vec!["no-new-privileges:true".to_owned()]),
        network_mode: Some("none".to_owned()),
        ipc_mode: Some("private".to_owned()),
        cgroupns_mode: Some(HostConfigCgroupnsModeEnum::PRIVATE),
        memory,
        // The sum of memory and swap: no swap.
        memory_swap: memory,
        pids_limit: limits.pids.map(|n| signed(n.saturating_add(own_tasks))),
        nano_cpus: limits
            .cpu_millis
            .map(|millis| signed(millis.saturating_mul(1_000_000))),
        cpuset_cpus: limits.cpuset.as_ref().map(|cpus| {
            let cpus: Vec<String> = cpus.iter().map(usize::to_string).collect();
            cpus.join(",")
        }),
        ulimits: Some(ulimits(limits)),
        shm_size: Some(SHM_BYTES),
        mounts: Some(binds),
        tmpfs: Some(tmpfs),
        // What the payload prints is nobody's but the caller's.
        log_config: Some(HostConfigLogConfig {
            typ: Some("none".to_owned()),
            config: None,
        }),
        restart_policy: Some(RestartPolicy {
            name: Some(RestartPolicyNameEnum::NO),
            maximum_retry_count: None,
        }),
        // How it ended is asked before it is removed.
        auto_remove: Some(false),
        ..HostConfig::default()
    })
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn ulimits(limits: &Limits) -> Vec<ResourcesUlimits> {
    let limit = |name: &str, value: u64| ResourcesUlimits {
        name: Some(name.to_owned()),
        soft: Some(signed(value)),
        hard: Some(signed(value)),
    };
    // A core dump would leave the memory of the payload in a file.
    let mut all = vec![limit("core", 0)];
    all.extend(limits.open_files.map(|n| limit("nofile", n)));
    all.extend(limits.file_size.map(|n| limit("fsize", n)));
    all
}

type Mounts = (Vec<Bind>, HashMap<String, String>);

fn mounts(spec: &SandboxSpec, place: &Place<'_>) -> Result<Mounts, DockerError> {
    let mut binds = vec![bind(place.init, Path::new(INIT), false)?];
    let mut tmpfs = HashMap::new();
    let scratches = table(spec)
        .filter(|mount| matches!(mount.source, Source::Scratch { .. }))
        .count() as u64;
    let owner = &spec.shape.identity;
    let options = |size: Option<u64>, mode: u32| {
        let size = size.map_or_else(String::new, |size| format!("size={size},"));
        format!(
            "rw,exec,nosuid,nodev,{size}mode={:04o},uid={},gid={}",
            mode & 0o7777,
            owner.uid,
            owner.gid
        )
    };
    for (entry, mount) in table(spec).enumerate() {
        if from_image(spec, entry, mount) {
            continue;
        }
        let target = &mount.target;
        match &mount.source {
            Source::Bind { path, writable, .. } => {
                if place.present.get(entry) == Some(&true) {
                    binds.push(bind(path, target, *writable)?);
                }
            }
            Source::Tmpfs { size, mode } => {
                tmpfs.insert(utf8(target)?.to_owned(), options(*size, *mode));
            }
            // The engine can not show parts of one tmpfs in several places, so each gets an equal share.
            Source::Scratch { mode } => {
                let share = spec.shape.limits.disk.map(|disk| disk / scratches.max(1));
                tmpfs.insert(utf8(target)?.to_owned(), options(share, *mode));
            }
            Source::File { .. } | Source::Base64 { .. } | Source::SameAs(_) => {
                let made = place.files.get(&entry).ok_or_else(|| {
                    DockerError::Spec(format!("{}: no file was made", target.display()))
                })?;
                binds.push(bind(made, target, false)?);
            }
            // Symlinks are in the image; the rest is the engine's.
            Source::Symlink(_) | Source::Proc | Source::Dev => {}
        }
    }
    for fixed in place.fixed {
        binds.extend(fix(spec, place, fixed)?);
    }
    Ok((binds, tmpfs))
}

/// A bind. Read-only ones show nothing mounted below: engines before API 1.44 would leave that writable.
fn bind(source: &Path, target: &Path, writable: bool) -> Result<Bind, DockerError> {
    Ok(Bind {
        typ: Some(MountType::BIND),
        source: Some(utf8(source)?.to_owned()),
        target: Some(utf8(target)?.to_owned()),
        read_only: Some(!writable),
        bind_options: Some(MountBindOptions {
            propagation: Some(MountBindOptionsPropagationEnum::RPRIVATE),
            non_recursive: Some(!writable),
            ..MountBindOptions::default()
        }),
        ..Bind::default()
    })
}

fn fix(spec: &SandboxSpec, place: &Place<'_>, fixed: &Fixed) -> Result<Option<Bind>, DockerError> {
    let above = table(spec)
        .filter(|mount| fixed.path.starts_with(&mount.target))
        .last();
    let Some(Mount {
        target,
        source: Source::Bind { path, .. },
        ..
    }) = above
    else {
        return Ok(None);
    };
    let below = fixed.path.strip_prefix(target).unwrap_or(Path::new(""));
    let [file, directory] = place.blank;
    match fixed.how {
        How::Pin => bind(&path.join(below), &fixed.path, true).map(Some),
        How::ReadOnly => bind(&path.join(below), &fixed.path, false).map(Some),
        How::BlankFile => bind(file, &fixed.path, false).map(Some),
        How::BlankDirectory => bind(directory, &fixed.path, false).map(Some),
        How::Link => Err(DockerError::Spec(format!(
            "{} is a symlink on the way to a protected path, and the engine can not keep it from being replaced; put a file or \
             directory of its own there, or use `--backend native`",
            fixed.path.display()
        ))),
    }
}

fn utf8(path: &Path) -> Result<&str, DockerError> {
    path.to_str()
        .filter(|text| !text.contains('\0'))
        .ok_or_else(|| DockerError::Spec(format!("{} is no valid UTF-8", path.display())))
}

#[cfg(test)]
#[path = "body_tests.rs"]
mod tests;
