//! The AWS edition's adapters. No SDK type gets past this crate.

mod attributes;
mod ballots;
mod conflicts;
mod connection;
mod elections;
mod failure;
mod feed;
mod kms_keys;
pub mod message_text;
mod queue;
mod queue_batches;
mod recorded;
mod roll;
mod secrets;
mod service_error;
pub mod settings;
pub mod stream;
mod tables;
mod tallies;
mod transactions;
mod untraced;
mod vault;

pub use connection::AwsConnection;
pub use vault::AwsVault;
