//! What tests of all crates share: the contract suite that every adapter passes, a store in memory, and
//! faults before or after any write. Never a dependency of what is shipped.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test library fails by panicking"
)]

pub mod contract;
#[cfg(feature = "engines")]
pub mod engines;
pub mod faults;
mod faulty;
pub mod fixtures;
#[cfg(feature = "lambda")]
pub mod lambda;
pub mod memory;
#[cfg(feature = "lambda")]
pub mod permissions;
#[cfg(feature = "lambda")]
pub mod proxy;
mod random;
mod stores;

pub use faulty::Faulty;
pub use random::Random;
pub use stores::Stores;
