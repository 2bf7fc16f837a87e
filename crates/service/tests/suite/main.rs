//! What the service promises: its routes, driven as a client drives them, and its use cases under faults,
//! on the testkit's store in memory. Time is tokio's paused clock: nothing here really waits.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod gateway;
mod routes;
mod support;
mod use_cases;
