//! The real binary, made to die before and after each write and each send, then started again. Needs the
//! cargo feature `faults`: `cargo test -p election --features faults --test crashes`.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod commands;
mod dead_letters;
mod serving;
#[expect(
    dead_code,
    unused_imports,
    reason = "shared with the other suite, which uses all of it"
)]
#[path = "../suite/support/mod.rs"]
mod support;

use std::process::Command;

use support::{Election, Server};

/// The variable that plans where the process dies.
const PLAN: &str = "ELECTION_FAULTS";

/// Both sides of a write.
const SIDES: [&str; 2] = ["before", "after"];

/// The command on an election, planned to die.
fn dying(election: &Election, plan: &str) -> Command {
    let mut command = election.command();
    command.env(PLAN, plan);
    command
}

/// Whether a server ended by itself.
fn has_ended(server: &mut Server) -> bool {
    server.child.try_wait().unwrap().is_some()
}
