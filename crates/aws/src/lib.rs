//! The AWS edition's adapters. No SDK type gets past this crate.

mod connection;
mod kms_keys;
pub mod message_text;
mod queue;
mod queue_batches;
mod secrets;
mod service_error;
pub mod settings;
mod vault;

pub use connection::AwsConnection;
pub use vault::AwsVault;
