//! Measures the release build of `election` against what this machine can do at most, and writes
//! docs/BENCHMARKS.md. This file only starts it.

mod catalogue;
mod choices;
mod export;
mod figures;
mod http;
mod intake;
mod machine;
mod measurements;
mod programs;
mod progress;
mod render;
mod requests;
mod run;
mod scale;
mod site;
mod storage;
mod stores;
mod wrk;

use std::io::Write;

use clap::{Parser, Subcommand};

/// Measures the release build against what this machine can do at most
#[derive(Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: run::Arguments,
}

#[derive(Subcommand)]
enum Command {
    /// Make a file of requests, one for each letter
    Requests(requests::Arguments),
    /// Measure intake of a running server once
    Intake(intake::Arguments),
    /// Make docs/BENCHMARKS.md from docs/benchmarks.json and benchmarks/notes.md
    Render,
}

fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    match cli.command {
        None => run::run(&cli.run)?,
        Some(Command::Requests(arguments)) => {
            requests::write(&arguments)?;
        }
        Some(Command::Intake(arguments)) => {
            let intake = intake::run(&arguments)?;
            let text = serde_json::to_string_pretty(&intake)?;
            writeln!(std::io::stdout(), "{text}")?;
        }
        Some(Command::Render) => run::render_again()?,
    }
    Ok(())
}
