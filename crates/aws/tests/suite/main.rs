//! The contract suite on the AWS adapters, and what else they promise when AWS fails them. The engines that stand
//! in for AWS run in this process.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod cloud;
mod failing_http;
mod queue;
mod queue_faults;
mod vault;
