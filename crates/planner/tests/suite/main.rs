//! The one integration binary of this crate: a file for each thing under test.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod planning;
mod published_bill;
mod queueing;
mod simulating;
