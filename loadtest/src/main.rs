//! `loadtest`: votes as a nation does, then accounts for every answer that it got. docs/LOADTEST.md.

mod agenda;
mod api;
mod arguments;
mod attack;
mod ballots;
mod casting;
mod conclusion;
mod counts;
mod curve;
mod drills;
mod duration;
mod failure;
mod hosts;
mod http;
mod ledger;
mod letters;
mod measures;
mod plan;
mod preflight;
mod progress;
mod reconcile;
mod report;
mod session;
mod shares;
#[cfg(test)]
mod tests;
mod threshold;
mod users;

use std::process::ExitCode;

use clap::Parser as _;

use crate::arguments::Arguments;
use crate::report::Report;

#[tokio::main]
async fn main() -> ExitCode {
    let profile = Arguments::parse().profile;
    let mut report = Report::default();
    let ended = session::run(&profile, &mut report).await;
    report.finish(&profile, ended)
}
