//! The use cases of an election and the ports they need. Every edition runs this code; editions differ
//! only in the adapters behind the ports.

pub mod delivered;
pub mod enqueuer;
pub mod http;
pub mod metrics;
pub mod operations;
pub mod phase_cache;
pub mod ports;
pub mod processor;
pub mod randomness;
mod reading_time;
pub mod regions;
pub mod registration;
pub mod results;
pub mod tally;
