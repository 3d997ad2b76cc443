//! Every limit of the suite, in one place. Exhaustion attacks are bounded by these, also where no fence is around them.

use std::time::Duration;

/// Longest run of one half of a case.
pub(crate) const RUN: Duration = Duration::from_secs(40);

/// Bytes kept of each output stream of a run.
pub(crate) const OUTPUT: u64 = 1024 * 1024;

/// Longest wait of a probe for an answer from the network.
pub(crate) const ANSWER: Duration = Duration::from_secs(8);

/// Longest request head that the servers of the suite read, in bytes.
pub(crate) const HEAD: usize = 64 * 1024;

/// Longest request body that the servers of the suite read, in bytes.
pub(crate) const BODY: usize = 1024 * 1024;

/// Requests and names that the servers of the suite remember.
pub(crate) const LOG: usize = 1000;

/// Processes that the fork bomb makes at most.
pub(crate) const FORKS: u32 = 300;

/// Processes that its fence grants.
pub(crate) const PIDS: u32 = 60;

/// Bytes that the memory hog touches at most.
pub(crate) const HOG: usize = 400 * 1024 * 1024;

/// Bytes that its fence grants.
pub(crate) const MEMORY: usize = 150 * 1024 * 1024;
