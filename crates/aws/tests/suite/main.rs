//! The contract suite on the AWS adapters, and what else they promise when AWS fails them. The engines that stand
//! in for AWS run in this process.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod ballots;
mod contract;
mod elections;
mod opening;
mod reading;
mod roll;
mod stream;
mod support;
mod tallies;
mod wire;
mod writes;
