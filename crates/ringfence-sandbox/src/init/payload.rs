//! The payload's process between fork and exec.

use std::ffi::CString;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;

use rustix::process::{Pid, Resource, Rlimit};

use super::Seat;
use crate::error::{Fault, Step};
use crate::landlock::Prepared;
use crate::seccomp::Payload;
use crate::sys::clone::fork;
use crate::sys::process;

/// Program, arguments and environment as execve wants them, made before the fork.
pub(crate) struct Image {
    program: CString,
    argv: Vec<CString>,
    env: Vec<CString>,
    fence: Payload,
}

impl Image {
    pub(crate) fn new(seat: &Seat<'_>) -> Result<Self, Fault> {
        let claim = &seat.spec.claim;
        let string = |bytes: &[u8]| {
            CString::new(bytes).step("NUL in the program, an argument or the environment")
        };
        Ok(Self {
            fence: crate::seccomp::payload(&seat.spec, seat.stand_ins)?,
            program: string(claim.program.as_os_str().as_bytes())?,
            argv: claim
                .argv
                .iter()
                .map(|a| string(a.as_bytes()))
                .collect::<Result<_, _>>()?,
            env: claim
                .env
                .iter()
                .map(|(k, v)| string(format!("{k}={v}").as_bytes()))
                .collect::<Result<_, _>>()?,
        })
    }

    /// Forks the payload. The pipe that comes back tells whether it could be executed, see [`outcome`].
    pub(crate) fn start(
        self,
        seat: &Seat<'_>,
        slave: Option<&OwnedFd>,
        landlock: Prepared,
    ) -> Result<(OwnedFd, Pid), Fault> {
        let (outcome, tell) =
            rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).step("pipe")?;
        match fork().step("fork")? {
            Some(pid) => Ok((outcome, pid)),
            None => {
                let message = match self.become_payload(seat, slave, landlock) {
                    Err(fault) => [b"F", fault.0.as_bytes()].concat(),
                    Ok(errno) => [b"E".as_slice(), &errno.to_le_bytes()].concat(),
                };
                let _ = File::from(tell).write_all(&message);
                process::exit_now(127)
            }
        }
    }

    /// Gives up everything that is not the payload's and executes it; returns only on failure, with the error of execve.
    fn become_payload(
        self,
        seat: &Seat<'_>,
        slave: Option<&OwnedFd>,
        landlock: Prepared,
    ) -> Result<i32, Fault> {
        process::new_session().step("setsid")?;
        if let Some(slave) = slave {
            for number in 0..3 {
                process::put_at(slave.as_fd(), number).step("standard streams")?;
            }
            rustix::process::ioctl_tiocsctty(slave).step("taking the terminal")?;
        }
        rustix::process::umask(seat.umask);
        let hard = rustix::process::getrlimit(Resource::Nofile).maximum;
        rustix::process::setrlimit(
            Resource::Nofile,
            Rlimit {
                current: seat.open_files.current,
                maximum: hard,
            },
        )
        .step("RLIMIT_NOFILE")?;
        // A core dump would leave the memory of the payload in a file.
        rustix::process::setrlimit(
            Resource::Core,
            Rlimit {
                current: Some(0),
                maximum: Some(0),
            },
        )
        .step("RLIMIT_CORE")?;
        crate::limits::apply_rlimits(&seat.spec.shape.limits, seat.stand_ins)?;
        landlock.enforce()?;
        process::reset_signals().step("signals")?;
        process::cloexec_from(3).step("closing descriptors")?;
        // Last, because a profile may refuse what was done until here.
        for filter in &self.fence.filters {
            filter.install()?;
        }
        let error = process::execve(&self.program, &self.argv, &self.env, self.fence.pass);
        Ok(error.raw_os_error().unwrap_or(libc::EIO))
    }
}

/// Waits until the payload has executed its program (`None`) or could not (the errno).
pub(crate) fn outcome(pipe: OwnedFd) -> Result<Option<i32>, Fault> {
    let mut message = Vec::new();
    File::from(pipe)
        .take(crate::bounds::REASON_BYTES as u64)
        .read_to_end(&mut message)
        .step("starting the payload")?;
    match message.split_first() {
        None => Ok(None),
        Some((b'E', errno)) => Ok(Some(
            errno
                .try_into()
                .map(i32::from_le_bytes)
                .unwrap_or(libc::EIO),
        )),
        Some((_, text)) => Err(Fault(String::from_utf8_lossy(text).into_owned())),
    }
}
