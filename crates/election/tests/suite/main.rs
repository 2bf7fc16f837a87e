//! The one integration binary of this crate: a file for each thing under test.

mod workspace;
