//! Breaks the real server in every way that one machine allows, while clients vote, and checks that no
//! accepted vote is lost or counted twice. Exit status 1 if anything was; then the data folder is kept.

mod ballots;
mod chaos;
mod check;
mod client;
mod http;
mod place;
mod plan;
mod report;
mod round;
mod server;
mod state;
mod watch;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::Context;
use clap::Parser;

use crate::plan::Goal;
use crate::round::Setting;
use crate::state::{Counters, State, one};

/// Soak the server: elections under load, with kills, lost regions, full disks and clock jumps.
#[derive(Parser)]
struct Arguments {
    /// For about so long
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    minutes: u64,
    /// Instead of minutes: until so many kills have happened
    #[arg(long, value_name = "K", conflicts_with = "minutes")]
    kills: Option<u64>,
    /// Instead of minutes: until so many regions were lost
    #[arg(long, value_name = "L", conflicts_with = "minutes")]
    losses: Option<u64>,
    /// Do the same again [default: another each time]
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// Only this round of the plan
    #[arg(long, value_name = "N")]
    round: Option<u64>,
    /// The `election` program
    #[arg(long, env = "SOAK_BINARY", value_name = "FILE")]
    binary: PathBuf,
    /// Only show the plan
    #[arg(long)]
    plan: bool,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            report::say(&format!("soak: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Whether all went well.
fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let began = Instant::now();
    let seed = arguments.seed.unwrap_or_else(|| fastrand::u64(..1 << 32));
    let goal = match (arguments.kills, arguments.losses) {
        (None, None) => Goal::Minutes(arguments.minutes),
        (kills, losses) => Goal::Blows {
            kills: kills.unwrap_or(0),
            losses: losses.unwrap_or(0),
        },
    };
    let mut rounds = plan::plan(seed, goal);
    rounds.retain(|round| arguments.round.is_none_or(|wanted| round.number == wanted));
    report::say(&format!("soak: seed {seed}, {} elections", rounds.len()));
    if arguments.plan {
        rounds
            .iter()
            .for_each(|round| report::say(&format!("{round:#?}")));
        return Ok(true);
    }

    std::thread::spawn(wait_for_signal);
    let work = tempfile::Builder::new().prefix("soak-").tempdir()?;
    // A copy: builds may replace the original meanwhile.
    let binary = work.path().join("election");
    std::fs::copy(&arguments.binary, &binary).with_context(|| arguments.binary.display().to_string())?;
    let mut skipped = Vec::new();
    let small_disks = match place::probe(work.path()) {
        Ok(kind) => {
            report::say(&format!("soak: disks are filled on {kind}"));
            true
        }
        Err(error) => {
            skipped.push(format!("full disks: no small disk can be mounted: {error:#}"));
            false
        }
    };
    if server::clock_library().is_none() {
        skipped.push(
            "clock jumps: libfaketime isn't there (Debian: faketime; or SOAK_LIBFAKETIME=FILE)".to_owned(),
        );
    }
    skipped
        .iter()
        .for_each(|reason| report::say(&format!("soak: skipping {reason}")));

    let setting = Setting {
        work: work.path(),
        binary: &binary,
        small_disks,
    };
    let total = Counters::default();
    let mut violations = Vec::new();
    let planned = rounds.len();
    for round in &rounds {
        let state = State::default();
        let title = format!("round {}/{planned}", round.number);
        let done = AtomicBool::new(false);
        let held = std::thread::scope(|scope| {
            scope.spawn(|| report::follow(&state, &title, &done));
            let held = round::run(&setting, round, &state);
            done.store(true, Ordering::SeqCst);
            held
        });
        violations = state.violations();
        if let Err(error) = held {
            violations.push(format!("{error:#}"));
        }
        total.add(&state.counters);
        if !violations.is_empty() {
            say_violations(&violations, seed, round.number);
            break;
        }
        one(&total.rounds);
        report::say(&format!("{title}: all is well"));
    }
    report::summarize(seed, &total, &skipped, &violations, began.elapsed());
    if violations.is_empty() {
        return Ok(true);
    }
    if !state::INTERRUPTED.load(Ordering::SeqCst) {
        report::say(&format!("soak: kept {}", work.keep().display()));
    }
    Ok(false)
}

/// Lets everything come to an orderly end when the soak is told to stop.
fn wait_for_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let Ok(runtime) = runtime else { return };
    runtime.block_on(async {
        let (Ok(mut interrupt), Ok(mut terminate)) =
            (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
        else {
            return;
        };
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        state::INTERRUPTED.store(true, Ordering::SeqCst);
    });
}

fn say_violations(violations: &[String], seed: u64, round: u64) {
    report::say(&format!("soak: VIOLATION: seed {seed}, round {round}:"));
    for violation in violations.iter().take(20) {
        report::say(&format!("  {violation}"));
    }
}
