//! Tests of the SQLite adapters through their ports and their files.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod ballots;
mod bundles;
mod contract;
mod data_folder;
mod durability;
mod index;
mod key_file;
mod queue;
mod regions;
mod roll;
mod support;
mod tallies;
