//! A session in the audit log: its beginning, what the filter found, and its end.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use ringfence_dlp::Finding;
use ringfence_policy::Event;
use ringfence_policy::code::CodePlan;

use super::cell::Death;
use super::error::ReplError;
use crate::audit;
use crate::code::{Started, begin};
use crate::error::RunError;
use crate::recorder::Log;

/// The audit log of one session. Dropping it writes the session's end.
pub struct Record {
    log: Arc<Log>,
    began: Instant,
    end: Option<Death>,
    /// Whether the last event was written already.
    stopped: bool,
}

/// What each new sandbox writes down.
#[derive(Clone)]
pub(super) struct Starts {
    log: Arc<Log>,
    /// What the last one was built with.
    pub(super) last: Arc<Mutex<Option<Started>>>,
}

impl Record {
    pub(super) fn new(log: Arc<Log>) -> (Self, Starts) {
        let starts = Starts {
            log: Arc::clone(&log),
            last: Arc::default(),
        };
        let record = Self {
            log,
            began: Instant::now(),
            end: None,
            stopped: false,
        };
        (record, starts)
    }

    /// What was found in a cell.
    pub(super) fn found(&mut self, cell: u64, findings: &[Finding]) -> Result<(), ReplError> {
        for finding in findings {
            let event = audit::finding(&format!("cell {cell}"), finding);
            self.log.keep(&event).map_err(RunError::from)?;
        }
        Ok(())
    }

    /// How an interpreter ended while the session goes on.
    pub(super) fn ended(&mut self, death: &Death) -> Result<(), ReplError> {
        let event = Event::Fence {
            condition: format!("interpreter_{}", death.reason),
            detail: death.message.clone(),
        };
        self.log.keep(&event).map_err(RunError::from)?;
        self.end = Some(death.clone());
        Ok(())
    }

    pub(super) fn refused(&mut self, error: &ReplError) {
        if let ReplError::Launch(error) = error {
            audit::refused(&self.log, error);
            self.stopped = true;
        }
    }
}

impl Starts {
    pub(super) fn log(&self) -> &Arc<Log> {
        &self.log
    }

    /// A sandbox was built, and its interpreter runs.
    pub(super) fn started(&self, plan: &CodePlan, started: &Started) -> Result<(), ReplError> {
        let level = format!("{:?}", started.level).to_lowercase();
        let backend = started.backend.to_string();
        begin(
            &self.log,
            plan,
            &level,
            &backend,
            &started.protections,
            started.fallback,
        )?;
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(started.clone());
        Ok(())
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        if self.stopped {
            return;
        }
        let end = self.end.take();
        let event = Event::SessionEnd {
            exit_code: end.as_ref().and_then(|death| death.exit_code),
            signal: end.as_ref().and_then(|death| death.signal),
            reason: end.map_or_else(|| "exit".into(), |death| death.reason),
            wall_ms: u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX),
        };
        match self.log.stop(&event) {
            Ok(stopped) => audit::warn_of_losses(&stopped),
            Err(lost) => tracing::warn!("the end of the session was not recorded: {lost}"),
        }
    }
}
