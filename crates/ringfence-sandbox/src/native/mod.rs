//! Sandboxes made by this binary itself, with namespaces and the new mount API.
//!
//! As an ordinary user the spawner clones straight into the namespaces; as root a keeper ([`keep`]) opens the sources,
//! becomes the unprivileged user, and clones from there. From then on ([`inside`]) both are the same.

mod masks;
pub(crate) mod placeholders;
mod root;
mod special;

pub(crate) use root::{Root, attach_path, decode_base64, lay_out, pivot_into, tmpfs};
pub(crate) use special::{PROC_COVERED, fresh_proc_refused};

use std::convert::Infallible;
use std::fs;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use ringfence_policy::SandboxSpec;
use ringfence_policy::spec::{Level, Network};
use rustix::process::{DumpableBehavior, Gid, Uid};

use crate::backend::Backend;
use crate::error::{Fault, Step};
use crate::init::{self, Seat};
use crate::limits::Own;
use crate::spawner::Job;
use crate::stage::{Owner, Staged};
use crate::sys::clone::{self, Side};
use crate::sys::mount::{Change, change};
use crate::sys::process;
use crate::wire::Report;

/// This backend.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Native;

impl Backend for Native {
    fn level(&self) -> Level {
        Level::Standard
    }

    fn namespaces(&self, root: bool) -> i32 {
        if root { 0 } else { clone::NAMESPACES }
    }

    /// The keeper is born in the cgroup, where it is a v2 one; into v1 only the init goes.
    fn own_tasks(&self, root: bool) -> Own {
        Own {
            entered: 0,
            born: u64::from(root),
        }
    }

    fn build(&self, job: &Job) -> Fault {
        let built = if job.root {
            keep(job)
        } else {
            job.spec().and_then(|spec| inside(job, spec, None))
        };
        match built {
            Err(fault) => fault,
            Ok(never) => match never {},
        }
    }
}

/// The keeper, as root: opens the sources, drops to the unprivileged user, clones pid 1 and outlives it.
fn keep(job: &Job) -> Result<Infallible, Fault> {
    let spec = job.spec()?;
    let to = Owner {
        uid: spec.shape.identity.uid,
        gid: spec.shape.identity.gid,
    };
    let staged = Staged::open(&spec, Some(to))?;
    drop_to(job, to)?;
    match clone::clone(clone::NAMESPACES).step("making namespaces")? {
        Side::Child => inside(job, spec, Some(staged)),
        Side::Parent(pid, pidfd) => {
            job.control
                .send(&Report::Init, &[pidfd.as_fd()])
                .step("reporting")?;
            process::close_all_but(&[0, 1, 2, pidfd.as_raw_fd()]).step("closing descriptors")?;
            let _ = rustix::io::retry_on_intr(|| {
                rustix::process::waitpid(Some(pid), rustix::process::WaitOptions::empty())
            });
            process::exit_now(0)
        }
    }
}

/// Becomes the unprivileged user for good; every capability goes with it.
pub(crate) fn drop_to(job: &Job, to: Owner) -> Result<(), Fault> {
    if to.uid == 0 || to.gid == 0 {
        return Err(Fault::new(
            "the identity inside is root; an unprivileged uid and gid are needed",
        ));
    }
    for stream in &job.stdio {
        own_pipe(stream, to).step("handing over a pipe")?;
    }
    process::become_user(to.uid, to.gid).map_err(|e| match e.raw_os_error() {
        Some(libc::EINVAL) => Fault(format!(
            "becoming uid {}: it is not mapped in this user namespace; run outside of it, or as an ordinary user",
            to.uid
        )),
        _ => Fault(format!("becoming uid {}: {e}", to.uid)),
    })?;
    job.die_with_parent()
}

/// Lets the payload open its own streams by name (`/dev/stderr`), where they are pipes without a name: those
/// belong to the caller otherwise. Files and terminals of the caller stay as they are.
fn own_pipe(stream: &OwnedFd, to: Owner) -> rustix::io::Result<()> {
    const PIPEFS: u64 = 0x5049_5045;
    if rustix::fs::fstatfs(stream)?.f_type as u64 != PIPEFS {
        return Ok(());
    }
    rustix::fs::fchown(
        stream,
        Some(Uid::from_raw(to.uid)),
        Some(Gid::from_raw(to.gid)),
    )
}

/// The construction proper, in the new namespaces with all capabilities over them.
fn inside(job: &Job, spec: SandboxSpec, staged: Option<Staged>) -> Result<Infallible, Fault> {
    job.die_with_parent()?;
    job.enter_cgroup()?;
    // The modes of the new root are ours to say; the payload gets the caller's mask back.
    let umask = rustix::process::umask(rustix::fs::Mode::empty());
    let outside = if staged.is_some() {
        (spec.shape.identity.uid, spec.shape.identity.gid)
    } else {
        job.ids
    };
    map_ids(&spec, outside)?;
    match &spec.claim.network {
        Network::None => crate::capture::loopback_only()?,
        Network::Captured(capture) => {
            let (manifest, sockets) = crate::capture::establish(capture)?.into_fds();
            let sockets: Vec<_> = sockets.iter().map(AsFd::as_fd).collect();
            job.control
                .send(&Report::Capture(manifest), &sockets)
                .step("handing out the capture sockets")?;
        }
    }
    private_mounts()?;
    let staged = match staged {
        Some(staged) => staged,
        None => Staged::open(&spec, None)?,
    };
    root::build(&spec, staged)?;
    rustix::system::sethostname(spec.shape.identity.hostname.as_bytes())
        .step("setting the host name")?;
    for (stream, number) in job.stdio.iter().zip(0..) {
        process::put_at(stream.as_fd(), number).step("standard streams")?;
    }
    let keep = [
        0,
        1,
        2,
        job.control.as_fd().as_raw_fd(),
        job.requests.as_fd().as_raw_fd(),
    ];
    process::close_all_but(&keep).step("closing descriptors")?;
    init::run(&Seat {
        control: &job.control,
        requests: &job.requests,
        spec,
        filter: job.filter.clone(),
        open_files: job.open_files,
        stand_ins: job.stand_ins,
        scratch_apart: false,
        umask,
        cgroup_namespace: true,
    })
}

/// No mount event goes in or out from here on, and none of the copies made later is a peer of the host's.
pub(crate) fn private_mounts() -> Result<(), Fault> {
    let host_root = rustix::fs::open(
        "/",
        rustix::fs::OFlags::PATH | rustix::fs::OFlags::CLOEXEC,
        rustix::fs::Mode::empty(),
    )
    .step("opening /")?;
    change(
        host_root.as_fd(),
        Change {
            private: true,
            recursive: true,
            ..Change::default()
        },
    )
    .step("making mounts private")
}

/// Maps the one user and group, then stops being dumpable: the write needs `/proc/self` to be ours.
fn map_ids(spec: &SandboxSpec, outside: (u32, u32)) -> Result<(), Fault> {
    let identity = &spec.shape.identity;
    if identity.uid == 0 || identity.gid == 0 {
        return Err(Fault::new(
            "the identity inside is root; an unprivileged uid and gid are needed",
        ));
    }
    write_maps((identity.uid, identity.gid), outside)
}

/// Maps one user and one group of this user namespace, then stops being dumpable: the write needs `/proc/self` to be ours.
pub(crate) fn write_maps(inside: (u32, u32), outside: (u32, u32)) -> Result<(), Fault> {
    rustix::process::set_dumpable_behavior(DumpableBehavior::Dumpable).step("PR_SET_DUMPABLE")?;
    fs::write("/proc/self/setgroups", "deny").step("setgroups")?;
    let map = |inside, outside| format!("{inside} {outside} 1\n");
    fs::write("/proc/self/gid_map", map(inside.1, outside.1)).step("gid_map")?;
    fs::write("/proc/self/uid_map", map(inside.0, outside.0)).step("uid_map")?;
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable).step("PR_SET_DUMPABLE")
}
