//! The functions as they run: the real programs, events as AWS sends them, and engines in the place of AWS.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and the long ones tell their figures"
)]

mod faults;
mod permissions;
mod pipeline;
mod queue;
mod rest;
mod secrecy;
mod settings;
mod starting;
mod starts;
mod stream;
mod support;
