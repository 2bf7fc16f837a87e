//! The pure domain of an election: what a ballot is, who it belongs to, how it is counted.
//!
//! Nothing here reads a clock, a file, the environment or randomness, and nothing is async:
//! time and randomness are arguments. Every edition (one machine, AWS) counts with this code.

pub mod definition;
pub mod identifiers;
