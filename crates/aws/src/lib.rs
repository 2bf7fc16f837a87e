//! The AWS edition's adapters. No SDK type gets past this crate.

mod connection;
pub mod settings;

pub use connection::AwsConnection;
