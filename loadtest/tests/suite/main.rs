//! The `loadtest` program, run as anybody runs it: against the real `election` program, and against servers
//! that lose votes, count them twice, hang or talk nonsense.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod fake;
mod faults;
mod profiles;
mod refusals;
mod support;
