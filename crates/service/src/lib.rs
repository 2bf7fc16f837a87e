//! The use cases of an election and the ports they need. Every edition runs this code; editions differ
//! only in the adapters behind the ports.

pub mod ports;
