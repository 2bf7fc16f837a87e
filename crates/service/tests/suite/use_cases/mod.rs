//! The use cases, with faults before and after each write.

mod certify;
mod dead_letters;
mod enqueuer;
mod lifecycle;
mod processor;
mod recount;
mod registration;
mod results;
mod status;
mod tally;
