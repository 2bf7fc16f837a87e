//! The contract suite on the AWS adapters, and what else they promise when AWS fails them. The engines that stand
//! in for AWS run in this process.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod ballots;
mod cloud;
mod contract;
mod elections;
mod failing_http;
mod opening;
mod queue;
mod queue_faults;
mod reading;
mod roll;
mod stream;
mod support;
mod tallies;
mod vault;
mod wire;
mod writes;
