//! The domain's rules, tried from outside.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod content;
mod fixtures;
mod nist;
mod published;
mod results;
mod tally;
