//! The one integration binary of this crate: a file for each thing under test. All but `examples` and
//! `workspace` start the real `election` binary, each on a data folder and a port of its own.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod accounting;
mod certification;
mod command_line;
mod definition;
mod demo;
mod examples;
mod export;
mod jurisdictions;
mod letters;
mod lifecycle;
mod malformed;
mod operators;
mod planning;
mod public;
mod races;
mod refusals;
mod regions;
mod regions_offline;
mod reissue;
mod roll;
mod secrecy;
mod store;
mod support;
mod unlinking;
mod voting;
mod workspace;
