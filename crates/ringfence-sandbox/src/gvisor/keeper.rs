//! From the spawner's fork to the point where `runsc` could be started: namespaces, root, bundle, stage.

use std::convert::Infallible;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::Path;

use ringfence_policy::SandboxSpec;
use ringfence_policy::spec::Network;
use rustix::fs::{Mode, OFlags};

use super::letter::Letter;
use super::relay::Output;
use super::tool::Asked;
use super::watch::{Seat, watch};
use super::{Tool, bundle, stage, tool};
use crate::error::{Fault, Step};
use crate::native::{drop_to, lay_out, private_mounts, write_maps};
use crate::spawner::Job;
use crate::stage::{Owner, Staged};
use crate::sys::clone::{self, Side};
use crate::sys::process;
use crate::wire::Report;

/// What root opens before it becomes an unprivileged user.
struct Opened {
    staged: Staged,
    own: OwnedFd,
    runsc: OwnedFd,
}

/// Builds the sandbox up to its payload's release, and watches it to its end.
pub(super) fn build(job: &Job) -> Result<Infallible, Fault> {
    let spec = job.spec()?;
    possible(&spec)?;
    let path = Tool::place()?;
    if job.root {
        keep(job, spec, &path)
    } else {
        inside(job, spec, &path, None)
    }
}

/// What can not be had behind the second kernel is refused before anything is made.
fn possible(spec: &SandboxSpec) -> Result<(), Fault> {
    if spec.claim.terminal.is_some() {
        return Err(Fault::new(
            "gVisor: a terminal of its own is not built by this backend yet; redirect standard input or output, or use \
             `--backend native`",
        ));
    }
    Ok(())
}

/// The keeper, as root: opens the sources, drops to the unprivileged user, clones pid 1 and outlives it.
fn keep(job: &Job, spec: SandboxSpec, path: &Path) -> Result<Infallible, Fault> {
    let to = Owner {
        uid: spec.shape.identity.uid,
        gid: spec.shape.identity.gid,
    };
    let staged = Staged::open(&spec, Some(to))?;
    let own = own_binary()?;
    let opened = Opened {
        staged,
        own: stage::binary(own.as_fd()).step("staging this binary")?,
        runsc: staged_runsc(path)?,
    };
    drop_to(job, to)?;
    match clone::clone(clone::NAMESPACES).step("making namespaces")? {
        Side::Child => inside(job, spec, path, Some(opened)),
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

fn staged_runsc(path: &Path) -> Result<OwnedFd, Fault> {
    let what = format_args!("staging {}", path.display());
    let fd = tool::open(path).step(what)?;
    stage::binary(fd.as_fd()).step(what)
}

/// This binary, by its path: the descriptor that the kernel holds of it belongs to another mount namespace.
fn own_binary() -> Result<OwnedFd, Fault> {
    let what = "opening this binary";
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    let running = rustix::fs::open("/proc/self/exe", flags, Mode::empty()).step(what)?;
    let path = std::fs::read_link("/proc/self/exe").step(what)?;
    let opened = rustix::fs::open(&path, flags, Mode::empty())
        .step(format_args!("{what}, {}", path.display()))?;
    let id = |fd: &OwnedFd| rustix::fs::fstat(fd).map(|stat| (stat.st_dev, stat.st_ino));
    if id(&running).step(what)? != id(&opened).step(what)? {
        return Err(Fault(format!(
            "{} was replaced while it runs; start it again",
            path.display()
        )));
    }
    Ok(opened)
}

/// The construction proper, in the new namespaces with all capabilities over them.
fn inside(
    job: &Job,
    spec: SandboxSpec,
    path: &Path,
    opened: Option<Opened>,
) -> Result<Infallible, Fault> {
    job.die_with_parent()?;
    job.enter_cgroup()?;
    // It answers while the rest is built.
    let asked = Asked::start(path)?;
    let umask = rustix::process::umask(Mode::empty());
    let outside = match opened {
        Some(_) => (spec.shape.identity.uid, spec.shape.identity.gid),
        None => job.ids,
    };
    if spec.shape.identity.uid == 0 || spec.shape.identity.gid == 0 {
        return Err(Fault::new(
            "the identity inside is root; an unprivileged uid and gid are needed",
        ));
    }
    // `runsc` has to be user 0 of its namespace; what the payload is, the guest's pid 1 says.
    write_maps((0, 0), outside)?;
    network(job, &spec)?;
    private_mounts()?;
    let opened = match opened {
        Some(opened) => opened,
        None => Opened {
            staged: Staged::open(&spec, None)?,
            own: stage::binary(own_binary()?.as_fd()).step("staging this binary")?,
            runsc: staged_runsc(path)?,
        },
    };
    let present: Vec<bool> = opened.staged.mounts.iter().map(Option::is_some).collect();
    let config = serde_json::to_vec(&bundle::config(&spec, &present)?).step("the bundle")?;
    let letter = Letter::new(&spec, umask.as_raw_mode(), job);
    let letter = serde_json::to_vec(&letter).step("the letter")?;
    let root = lay_out(&spec, opened.staged, true, |root| {
        stage::furnish(root, letter, opened.own)
    })?;
    let words = stage::enter(root, opened.runsc.as_fd(), &config).step("making the stage")?;
    rustix::system::sethostname(spec.shape.identity.hostname.as_bytes())
        .step("setting the host name")?;
    // What the payload pins itself to is a matter of the second kernel only.
    crate::limits::apply_affinity(&spec.shape.limits, job.stand_ins)?;
    let outputs = [Output::new(&job.stdio[1])?, Output::new(&job.stdio[2])?];
    watch(Seat {
        job,
        spec: &spec,
        asked,
        words,
        outputs,
    })
}

/// Loopback alone, or the capture's sockets.
fn network(job: &Job, spec: &SandboxSpec) -> Result<(), Fault> {
    let Network::Captured(capture) = &spec.claim.network else {
        return crate::capture::loopback_only().map_err(Fault::from);
    };
    let (manifest, sockets) = crate::capture::establish(capture)?.into_fds();
    let sockets: Vec<_> = sockets.iter().map(AsFd::as_fd).collect();
    job.control
        .send(&Report::Capture(manifest), &sockets)
        .step("handing out the capture sockets")
}
