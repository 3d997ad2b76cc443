//! Pid 1 of a sandbox: reaps, forwards signals, starts the payload, reports.
