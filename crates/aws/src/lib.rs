//! The AWS edition's adapters. No SDK type gets past this crate.

mod attributes;
mod ballots;
mod conflicts;
mod connection;
mod elections;
mod failure;
mod feed;
mod recorded;
mod roll;
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "the key vault is to keep the wrapped secrets there")
)]
mod secrets;
pub mod settings;
pub mod stream;
mod tables;
mod tallies;
mod transactions;

pub use connection::AwsConnection;
