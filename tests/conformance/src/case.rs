//! One row of the table, and what its action works with.

use std::path::PathBuf;

use crate::fence::{Fence, FenceError, Job, Ran};
use crate::probe::Verdict;
use crate::world::World;

/// What a row shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Must succeed without the fence and fail inside.
    Attack,
    /// Must work without the fence and inside.
    Promise,
}

/// What is known about a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// It holds.
    Holds,
    /// It does not hold yet, for this reason. The suite fails when it starts to, so that the row is put right.
    KnownGap(&'static str),
}

/// What a half of a case came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The attack succeeded, or what was promised works.
    pub achieved: bool,
    /// What was seen.
    pub detail: String,
}

/// Why a half of a case says nothing.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// This machine has not got what the case needs.
    #[error("{0}")]
    Missing(String),
    /// The fence did not come up.
    #[error("the fence: {0}")]
    Fence(#[from] FenceError),
    /// The world of decoys could not be made.
    #[error("decoys: {0}")]
    World(#[from] std::io::Error),
    /// The probe did not say anything.
    #[error("the probe gave no verdict ({0})")]
    Silent(String),
}

/// Runs one half of a case.
pub(crate) type Action = Box<dyn Fn(&mut Stage<'_>) -> Result<Seen, Trouble> + Send + Sync>;

/// One row of the table.
pub struct Case {
    /// Unique name, incident first: `F4-nested-userns`.
    pub id: &'static str,
    /// Row of the collection of incidents.
    pub incident: &'static str,
    /// What is tried or promised.
    pub title: &'static str,
    /// Attack or promise.
    pub kind: Kind,
    /// What is known.
    pub expect: Expect,
    /// The unfenced half is not there to be run (the case is about the fence's own doings); it counts as proven.
    pub(crate) fence_only: bool,
    pub(crate) action: Action,
}

impl Case {
    pub(crate) fn new(
        id: &'static str,
        kind: Kind,
        title: &'static str,
        action: impl Fn(&mut Stage<'_>) -> Result<Seen, Trouble> + Send + Sync + 'static,
    ) -> Self {
        let incident = id.split('-').next().unwrap_or(id);
        Case {
            id,
            incident,
            title,
            kind,
            expect: Expect::Holds,
            fence_only: false,
            action: Box::new(action),
        }
    }

    pub(crate) fn attack(
        id: &'static str,
        title: &'static str,
        action: impl Fn(&mut Stage<'_>) -> Result<Seen, Trouble> + Send + Sync + 'static,
    ) -> Self {
        Case::new(id, Kind::Attack, title, action)
    }

    pub(crate) fn promise(
        id: &'static str,
        title: &'static str,
        action: impl Fn(&mut Stage<'_>) -> Result<Seen, Trouble> + Send + Sync + 'static,
    ) -> Self {
        Case::new(id, Kind::Promise, title, action)
    }

    pub(crate) fn known_gap(mut self, reason: &'static str) -> Self {
        self.expect = Expect::KnownGap(reason);
        self
    }

    pub(crate) fn fence_only(mut self) -> Self {
        self.fence_only = true;
        self
    }
}

/// What an action works with: a fresh world, the fence (or none), and the configuration that it builds.
pub struct Stage<'a> {
    pub(crate) world: World,
    pub(crate) fence: &'a dyn Fence,
    pub(crate) config: String,
    /// Variables that the fence passes in because the user named them.
    pub(crate) pass: Vec<(String, String)>,
    /// Without a fence: run in user and network namespaces of the probe's own, with a stand-in for the internet.
    pub(crate) own_network: bool,
    /// Working directory, the world's workspace unless set.
    pub(crate) cwd: Option<PathBuf>,
}

impl<'a> Stage<'a> {
    pub(crate) fn new(fence: &'a dyn Fence) -> Result<Self, Trouble> {
        let world = World::new()?;
        Ok(Stage {
            world,
            fence,
            config: String::new(),
            pass: Vec::new(),
            own_network: false,
            cwd: None,
        })
    }

    pub(crate) fn fenced(&self) -> bool {
        self.fence.fenced()
    }

    pub(crate) fn job(&self, probe: &str, args: &[&str]) -> Job {
        Job {
            config: self.config.clone(),
            home: self.world.home(),
            runtime_dir: self.world.run(),
            cwd: self.cwd.clone().unwrap_or_else(|| self.world.workspace()),
            env: self.world.env.clone(),
            pass: self.pass.clone(),
            own_network: self.own_network.then(|| self.world.own_network()),
            argv: std::iter::once(probe)
                .chain(args.iter().copied())
                .map(str::to_owned)
                .collect(),
        }
    }

    pub(crate) fn run(&self, probe: &str, args: &[&str]) -> Result<Ran, Trouble> {
        Ok(self.fence.run(&self.job(probe, args))?)
    }

    /// Runs a probe and takes its word.
    pub(crate) fn probe(&self, probe: &str, args: &[&str]) -> Result<Seen, Trouble> {
        self.judge(self.run(probe, args)?)
    }

    /// Takes the word of a probe that has ended.
    pub(crate) fn judge(&self, ran: Ran) -> Result<Seen, Trouble> {
        match Verdict::find(&ran.stdout) {
            Some(Verdict {
                missing: Some(what),
                ..
            }) => Err(Trouble::Missing(what)),
            Some(verdict) => Ok(Seen {
                achieved: verdict.achieved,
                detail: verdict.detail,
            }),
            // The filter may kill instead of refusing.
            None if ran.signal == Some(31) => Ok(Seen {
                achieved: false,
                detail: "killed by SIGSYS".into(),
            }),
            None => Err(Trouble::Silent(ran.describe())),
        }
    }

    /// Runs a probe whose success shows on the host: it has to have run, and `on_host` says what came of it.
    pub(crate) fn probe_and_look(
        &self,
        probe: &str,
        args: &[&str],
        on_host: impl Fn(&World) -> Option<String>,
    ) -> Result<Seen, Trouble> {
        let seen = self.probe(probe, args)?;
        Ok(match on_host(&self.world) {
            Some(detail) => Seen {
                achieved: true,
                detail,
            },
            None => Seen {
                achieved: false,
                detail: seen.detail,
            },
        })
    }
}
