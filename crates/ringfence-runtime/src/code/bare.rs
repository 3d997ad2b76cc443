//! `local` mode: the program on the bare host. It is what the name says: no isolation at all. The plan that leads here
//! needed two separate words of the user's, and refused root.

use std::process::{Child, Command, Stdio as ProcessStdio};

use ringfence_policy::HostFacts;
use ringfence_policy::code::{CodePlan, Local};
use ringfence_sandbox::Stdio;

use crate::error::{Doing, RunError};

/// Starts the program in a process group of its own, in the caller's directory with the caller's environment.
pub(super) fn start(plan: &CodePlan, facts: &HostFacts, stdio: Stdio) -> Result<Child, RunError> {
    use std::os::unix::process::CommandExt;
    let claim = &plan.spec.claim;
    let Local { argv, .. } = plan
        .local
        .as_ref()
        .ok_or_else(|| std::io::Error::other("the plan has no local form"))
        .doing("starting the code without a sandbox")?;
    let mut command = Command::new(&claim.program);
    if let Some((name, arguments)) = argv.split_first() {
        command.arg0(name).args(arguments);
    }
    command
        .current_dir(&facts.cwd)
        .env_clear()
        .envs(&facts.env)
        .process_group(0)
        .stdin(ProcessStdio::from(stdio.stdin))
        .stdout(ProcessStdio::from(stdio.stdout))
        .stderr(ProcessStdio::from(stdio.stderr));
    command.spawn().doing("starting the code without a sandbox")
}
