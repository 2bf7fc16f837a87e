//! What the tests share.

pub(crate) mod accounts;
pub(crate) mod aws;
pub(crate) mod ballots;
pub(crate) mod events;
pub(crate) mod pipeline;
pub(crate) mod programs;
