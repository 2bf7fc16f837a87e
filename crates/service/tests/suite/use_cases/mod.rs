//! The use cases, with faults before and after each write.

mod certify;
mod dead_letters;
mod declared_states;
mod delivered;
mod enqueuer;
mod export;
mod lifecycle;
mod processor;
mod rebuild;
mod recount;
mod registration;
mod results;
mod status;
mod tally;
