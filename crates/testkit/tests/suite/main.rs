//! The contract suite on the store in memory, what else that store promises, and that the suite fails
//! where it has to.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod broken;
mod faults;
mod fixtures;

use election_testkit::memory::MemoryAdapter;

election_testkit::contract_suite!(MemoryAdapter);
