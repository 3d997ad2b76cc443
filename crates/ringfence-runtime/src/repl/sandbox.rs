//! Interpreters in sandboxes: what `ringfence repl` starts.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ringfence_dlp::Filter;
use ringfence_policy::HostFacts;
use ringfence_policy::code::{CodePlan, Language, Run};
use ringfence_sandbox::{ExitReport, Sandbox, Spawner, Stdio};
use rustix::pipe::{PipeFlags, pipe_with};

use super::drivers::Driver;
use super::error::{Doing, ReplError};
use super::process::{Launched, Launcher, Process};
use super::record::{Record, Starts};
use super::session::Setup;
use crate::audit;
use crate::code::prepare::{Invocation, Prepared};
use crate::code::{Credentials, Online, Started, build, documents, filter_settings};
use crate::error::RunError;
use crate::paths::Paths;
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
            Self::Node => Language::Node,
            Self::Bash => Language::Bash,
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
        let credentials = Credentials::open(&plan, &facts.env, &paths)?;
        let settings = filter_settings(&plan, &facts.env)?.map(|mut settings| {
            settings
                .known
                .extend(credentials.iter().flat_map(Credentials::known));
            settings
        });
        let filter = settings.map(Filter::new).transpose()?;
        let session = session_id::new().doing("naming the session")?;
        let opening = audit::Opening::new(&plan.audit, plan.audit_required, &paths, &session);
        let (record, starts) = Record::new(
            opening.open(
                credentials
                    .as_ref()
                    .map(Credentials::secrets)
                    .unwrap_or_default(),
            )?,
        );
        plan.spec.claim.mounts.push(driver.mount());
        let limits = &mut plan.spec.shape.limits;
        let cell_time = limits.wall_ms.take().map(Duration::from_millis);
        let (cell_output, memory) = (limits.output.unwrap_or(OUTPUT), limits.memory);
        let started = Arc::clone(&starts.last);
        let launcher = Sandboxes {
            spawner,
            plan,
            facts,
            paths,
            credentials,
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
    facts: HostFacts,
    paths: Paths,
    credentials: Option<Credentials>,
    session: String,
    count: u64,
    starts: Starts,
}

impl Launcher for Sandboxes {
    fn launch(&mut self) -> Result<Launched, ReplError> {
        // A name of its own for each: it names the cgroup.
        self.count += 1;
        self.plan.spec.claim.session = format!("{}.{}", self.session, self.count);
        let mut plan = self.plan.clone();
        let network = match &self.credentials {
            Some(credentials) => {
                let context = documents(&plan)?;
                let (env, log) = (&self.facts.env, self.starts.log());
                Some(credentials.connect(&mut plan, env, &self.paths, log, context)?)
            }
            None => None,
        };
        let pipe = || pipe_with(PipeFlags::CLOEXEC).doing("making a pipe");
        // Reading end first.
        let (stdin_inside, stdin) = pipe()?;
        let (stdout, stdout_inside) = pipe()?;
        let (stderr, stderr_inside) = pipe()?;
        let stdio = Stdio {
            stdin: stdin_inside,
            stdout: stdout_inside,
            stderr: stderr_inside,
        };
        let (mut pending, started) = build(&self.spawner, &plan, &stdio)?;
        drop(stdio);
        // The trust anchors are mounted by now, under every name that programs look for.
        let online = network.map(|(online, _trust)| online);
        if let (Some(online), Some(sockets)) = (&online, pending.capture.take()) {
            online.serve(sockets);
        }
        self.starts.started(&plan, &started)?;
        let sandbox = Arc::new(pending.release().map_err(RunError::from)?);
        if let Some(online) = &online {
            online.watch(&sandbox);
        }
        Ok(Launched {
            process: Box::new(Sandboxed { sandbox, online }),
            stdin,
            stdout,
            stderr,
        })
    }
}

struct Sandboxed {
    sandbox: Arc<Sandbox>,
    online: Option<Online>,
}

impl Drop for Sandboxed {
    fn drop(&mut self) {
        self.sandbox.kill();
        if let Some(online) = self.online.take()
            && let Err(error) = online.end()
        {
            tracing::error!("{error}");
        }
    }
}

impl Process for Sandboxed {
    fn signal(&self, signal: i32) -> io::Result<()> {
        self.sandbox.signal(signal)
    }

    fn kill(&self) {
        self.sandbox.kill();
    }

    fn wait(&self) -> io::Result<ExitReport> {
        self.sandbox.wait()
    }

    fn ended(&self) -> BorrowedFd<'_> {
        self.sandbox.as_fd()
    }
}
