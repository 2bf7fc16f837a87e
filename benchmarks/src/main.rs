//! Measures the release build of `election` against what this machine can do at most, and writes
//! docs/BENCHMARKS.md. This file only starts it.

mod choices;
mod http;
mod intake;
mod requests;
mod site;
mod wrk;

use std::io::Write;

use clap::{Parser, Subcommand};

#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a file of requests, one for each letter
    Requests(requests::Arguments),
    /// Measure intake of a running server once
    Intake(intake::Arguments),
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Requests(arguments) => {
            requests::write(&arguments)?;
        }
        Command::Intake(arguments) => {
            let intake = intake::run(&arguments)?;
            let text = serde_json::to_string_pretty(&intake)?;
            writeln!(std::io::stdout(), "{text}")?;
        }
    }
    Ok(())
}
