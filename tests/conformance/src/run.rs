//! Runs the table: the unfenced half once, then each fence.

use serde::Serialize;

use crate::case::{Case, Expect, Kind, Seen, Stage, Trouble};
use crate::fence::Fence;

/// How a row came out on one fence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The attack works without the fence and fails inside; or the promise is kept.
    Holds,
    /// The attack works inside, or the promise is broken.
    Broken,
    /// It does not work without the fence either, so it proves nothing here. Never counted as held.
    NotProven,
    /// Broken as expected.
    KnownGap,
    /// Holds although it was expected not to: the row has to be put right.
    GapClosed,
    /// The half inside the fence said nothing.
    Error,
    /// The case says nothing about this fence. Never counted as held.
    NotRun,
}

impl Status {
    /// Whether the suite fails because of it.
    pub fn fails(self) -> bool {
        matches!(self, Status::Broken | Status::GapClosed | Status::Error)
    }
}

/// One row of the result.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// Name of the case.
    pub id: &'static str,
    /// Row of the collection of incidents.
    pub incident: &'static str,
    /// What is tried or promised.
    pub title: &'static str,
    /// Attack or promise.
    pub kind: Kind,
    /// Which fence.
    pub backend: String,
    /// How it came out.
    pub status: Status,
    /// What was seen without the fence.
    pub unfenced: String,
    /// What was seen inside.
    pub fenced: String,
}

/// The whole result.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// Rows in the order of the table, fence by fence within a row.
    pub rows: Vec<Row>,
}

impl Report {
    /// Number of rows with a status.
    pub fn count(&self, status: Status) -> usize {
        self.rows.iter().filter(|row| row.status == status).count()
    }

    /// Whether nothing failed and something held.
    pub fn passed(&self) -> bool {
        !self.rows.iter().any(|row| row.status.fails()) && self.count(Status::Holds) > 0
    }
}

/// Runs cases: each without a fence first, then in every fence. `told` gets each row as soon as it is known.
pub fn prove(
    cases: &[Case],
    bare: &dyn Fence,
    fences: &[&dyn Fence],
    told: &mut dyn FnMut(&Row),
) -> Report {
    let mut report = Report::default();
    for case in cases {
        let reference = if case.fence_only {
            Ok(Seen {
                achieved: true,
                detail: "about the fence itself".into(),
            })
        } else {
            half(case, bare)
        };
        for fence in fences {
            if let Some(why) = fence.unfit(case) {
                let row = row(case, *fence, Status::NotRun, String::new(), why);
                told(&row);
                report.rows.push(row);
                continue;
            }
            let (status, unfenced, fenced) = match &reference {
                Err(trouble) => (Status::NotProven, trouble.to_string(), String::new()),
                Ok(seen) if !seen.achieved => {
                    (Status::NotProven, seen.detail.clone(), String::new())
                }
                Ok(seen) => {
                    let (status, fenced) = judge(case, half(case, *fence));
                    (status, seen.detail.clone(), fenced)
                }
            };
            let row = row(case, *fence, status, unfenced, fenced);
            told(&row);
            report.rows.push(row);
        }
    }
    report
}

fn row(case: &Case, fence: &dyn Fence, status: Status, unfenced: String, fenced: String) -> Row {
    Row {
        id: case.id,
        incident: case.incident,
        title: case.title,
        kind: case.kind,
        backend: fence.name().to_owned(),
        status,
        unfenced,
        fenced,
    }
}

/// The half without a fence alone: whether it worked, or why not. `None`: the case has no such half.
pub fn unfenced(case: &Case, bare: &dyn Fence) -> Option<Result<(), String>> {
    if case.fence_only {
        return None;
    }
    Some(match half(case, bare) {
        Ok(seen) if seen.achieved => Ok(()),
        Ok(seen) => Err(seen.detail),
        Err(trouble) => Err(trouble.to_string()),
    })
}

/// One half.
fn half(case: &Case, fence: &dyn Fence) -> Result<Seen, Trouble> {
    let mut stage = Stage::new(fence)?;
    (case.action)(&mut stage)
}

fn judge(case: &Case, fenced: Result<Seen, Trouble>) -> (Status, String) {
    let seen = match fenced {
        Ok(seen) => seen,
        // Inside, what is missing is missing because of the fence: the probe has to give a verdict.
        Err(trouble) => return (Status::Error, trouble.to_string()),
    };
    let holds = seen.achieved == (case.kind == Kind::Promise);
    match (holds, case.expect) {
        (true, Expect::Holds) => (Status::Holds, seen.detail),
        (false, Expect::Holds) => (Status::Broken, seen.detail),
        (true, Expect::KnownGap(reason)) => (
            Status::GapClosed,
            format!("expected not to hold ({reason}): {}", seen.detail),
        ),
        (false, Expect::KnownGap(reason)) => (Status::KnownGap, reason.to_owned()),
    }
}
