//! The filters of the payload alone, on top of the base that it inherits from the init: the profile for code, what stands in
//! for a cgroup, and what keeps it one process.

use std::collections::BTreeMap;

use ringfence_policy::spec::{SandboxSpec, SeccompProfile};

use super::oci::{self, Action, Condition, Profile, Rule, Test};
use super::{Filter, SeccompError, oci_bpf, table};
use crate::limits::StandIns;
use crate::sys::process::Pass;

/// The shipped profiles, with the name that errors and `ringfence` show.
pub(super) const CODE: (&str, &str) = ("code.json", include_str!("code.json"));
/// See [`CODE`].
pub(super) const PYTHON: (&str, &str) = ("python.json", include_str!("python.json"));
/// See [`CODE`].
pub(super) const NODE: (&str, &str) = ("node.json", include_str!("node.json"));

/// What the payload installs right before it executes its program.
#[derive(Debug)]
pub(crate) struct Payload {
    pub(crate) filters: Vec<Filter>,
    /// What its one call of execve has to carry; zeros where any call may be made.
    pub(crate) pass: Pass,
}

/// Compiles what a spec asks for.
pub(crate) fn payload(spec: &SandboxSpec, stand_ins: StandIns) -> Result<Payload, SeccompError> {
    let mut filters = Vec::new();
    let written = match &spec.shape.seccomp {
        SeccompProfile::Agent => None,
        SeccompProfile::Code => Some(CODE),
        SeccompProfile::Python => Some(PYTHON),
        SeccompProfile::Node => Some(NODE),
        SeccompProfile::Custom { name, json } => Some((name.as_str(), json.as_str())),
    };
    if let Some((name, json)) = written {
        filters.push(profile(name, json)?);
    }
    let mut own = Rules::default();
    if stand_ins.cpu || stand_ins.cpuset {
        own.refuse("sched_setaffinity", libc::EPERM, &[]);
    }
    if stand_ins.memory && stand_ins.watched {
        for call in ["memfd_create", "memfd_secret", "shmget"] {
            own.refuse(call, libc::ENOSYS, &[]);
        }
    }
    let mut pass = Pass::default();
    if spec.shape.single_process {
        pass = Pass::random().map_err(SeccompError::Install)?;
        own.one_process(pass);
    }
    if !own.0.is_empty() {
        let profile = Profile {
            default: Action::Allow,
            calls: own.0,
        };
        filters.push(Filter {
            program: oci_bpf::assemble("ringfence", &profile)?,
        });
    }
    Ok(Payload { filters, pass })
}

/// Compiles a profile in the OCI format; `name` is where it was read from, for errors.
pub(super) fn profile(name: &str, json: &str) -> Result<Filter, SeccompError> {
    let profile = oci::parse(name, json)?.usable(name)?;
    Ok(Filter {
        program: oci_bpf::assemble(name, &profile)?,
    })
}

/// Refusals, by system call.
#[derive(Debug, Default)]
struct Rules(BTreeMap<u32, Vec<Rule>>);

impl Rules {
    fn refuse(&mut self, call: &str, errno: i32, when: &[Condition]) {
        if let Some(Some(number)) = table::number(call) {
            self.0.entry(number).or_default().push(Rule {
                action: Action::Errno(errno as u16),
                when: when.to_vec(),
            });
        }
    }

    /// Threads may be made, and nothing else. The one call of execve that starts the payload's program carries a random number in
    /// the registers that execve does not use; nobody can tell it afterwards, because the kernel clears registers and memory on
    /// that call and shows filters only to `CAP_SYS_ADMIN`. (`clone3` answers `ENOSYS` in the base, so that libc
    /// falls back to `clone`, whose flags a filter can read.)
    fn one_process(&mut self, pass: Pass) {
        const CLONE_THREAD: u64 = libc::CLONE_THREAD as u64;
        for call in ["fork", "vfork", "execveat"] {
            self.refuse(call, libc::EPERM, &[]);
        }
        let no_thread = Condition {
            arg: 0,
            test: Test::Masked(CLONE_THREAD, 0),
        };
        self.refuse("clone", libc::EPERM, &[no_thread]);
        for (word, arg) in pass.0.into_iter().zip(3..) {
            let other = Condition {
                arg,
                test: Test::NotEqual(word),
            };
            self.refuse("execve", libc::EPERM, &[other]);
        }
    }
}
