//! The pure domain of an election: what a ballot is, who it belongs to, how it is counted.
//!
//! Nothing here reads a clock, a file, the environment or randomness, and nothing is async:
//! time and randomness are arguments. Every edition (one machine, AWS) counts with this code.

pub mod ballot;
pub mod content;
mod crockford;
pub mod definition;
pub mod envelope;
pub mod identifiers;
pub mod json;
pub mod keys;
pub mod nist;
pub mod phase;
pub mod published;
pub mod receipt;
pub mod results;
pub mod tally;
pub mod voter_id;
pub mod voter_record;
