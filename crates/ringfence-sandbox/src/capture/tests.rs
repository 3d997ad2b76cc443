//! Capture in real network namespaces: a forked child becomes the payload, the test is the supervisor.

mod attacks;
mod bench;
mod destinations;
mod harness;
mod outside;
