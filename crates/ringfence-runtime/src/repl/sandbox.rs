//! Interpreters in sandboxes: what `ringfence repl` starts.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ringfence_dlp::Filter;
use ringfence_policy::code::{CodePlan, Language, Run};
use ringfence_sandbox::{ExitReport, Spawner};

use super::drivers::Driver;
use super::error::{Doing, ReplError};
use super::process::{Launched, Launcher, Process};
use super::record::{Record, Starts};
use super::session::Setup;
use crate::audit;
use crate::code::prepare::{Invocation, Prepared};
use crate::code::{Child, Input, Started, filter_settings, launch};
use crate::session_id;

/// Bytes that a cell may write and show when the plan says nothing.
const OUTPUT: u64 = 10 << 20;

/// What the sandboxes of a session were built with; the last one's stands here.
pub type StartedAs = Arc<Mutex<Option<Started>>>;

impl Driver {
    /// The language of code plans.
    fn plan_language(self) -> Language {
        match self {
            Self::Python => Language::Python,
        }
    }

    /// Fills in what runs: the interpreter of the language with this driver.
    pub fn invoke(self, invocation: &mut Invocation) {
        invocation.options.run = Run::Interpreter(self.plan_language());
        invocation.options.arguments = self.arguments();
        invocation.options.default_wall_ms = None;
    }
}

impl Setup {
    /// A session in sandboxes of a plan that was prepared with [`Driver::invoke`]. The plan's time and output limits become
    /// those of a cell. Opens the audit log: nothing runs unaudited.
    ///
    /// # Errors
    /// When the filter can not be built or the audit log not be opened, and for a plan without isolation.
    pub fn sandboxed(
        driver: Driver,
        mut spawner: Spawner,
        prepared: Prepared,
    ) -> Result<(Self, StartedAs), ReplError> {
        let Prepared {
            mut plan,
            facts,
            paths,
        } = prepared;
        if plan.backend == "local" {
            return Err(ReplError::NoIsolation);
        }
        spawner.set_state_dir(paths.state.clone());
        let filter = filter_settings(&plan, &facts.env)?
            .map(Filter::new)
            .transpose()?;
        let session = session_id::new().doing("naming the session")?;
        let opening = audit::Opening::new(&plan.audit, plan.audit_required, &paths, &session);
        let (record, starts) = Record::new(opening.open(Vec::new())?);
        plan.spec.claim.mounts.push(driver.mount());
        let limits = &mut plan.spec.shape.limits;
        let cell_time = limits.wall_ms.take().map(Duration::from_millis);
        let (cell_output, memory) = (limits.output.unwrap_or(OUTPUT), limits.memory);
        let started = Arc::clone(&starts.last);
        let launcher = Sandboxes {
            spawner,
            plan,
            session,
            count: 0,
            starts,
        };
        let setup = Self {
            launcher: Box::new(launcher),
            driver,
            filter,
            cell_time,
            cell_output,
            memory,
            record: Some(record),
        };
        Ok((setup, started))
    }
}

struct Sandboxes {
    spawner: Spawner,
    plan: CodePlan,
    session: String,
    count: u64,
    starts: Starts,
}

impl Launcher for Sandboxes {
    fn launch(&mut self) -> Result<Launched, ReplError> {
        // A name of its own for each: it names the cgroup.
        self.count += 1;
        self.plan.spec.claim.session = format!("{}.{}", self.session, self.count);
        let mut child = launch(&self.spawner, &self.plan, Input::Pipe)?;
        self.starts.started(&self.plan, &child.started)?;
        let copy = |fd: &OwnedFd| fd.try_clone().doing("copying a pipe");
        let (stdout, stderr) = (copy(&child.stdout)?, copy(&child.stderr)?);
        let stdin = child.stdin.take();
        let stdin = stdin
            .ok_or(io::ErrorKind::BrokenPipe)
            .map_err(io::Error::from);
        Ok(Launched {
            process: Box::new(Sandboxed(child)),
            stdin: stdin.doing("making a pipe")?,
            stdout,
            stderr,
        })
    }
}

struct Sandboxed(Child);

impl Process for Sandboxed {
    fn signal(&self, signal: i32) -> io::Result<()> {
        self.0.signal(signal)
    }

    fn kill(&self) {
        self.0.kill();
    }

    fn wait(&self) -> io::Result<ExitReport> {
        self.0.wait()
    }

    fn ended(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
