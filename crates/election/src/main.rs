//! The `election` command. This file only starts it; what it can do is in [`cli`].

#[cfg(feature = "aws")]
mod aws;
mod cli;
mod connections;
mod definition;
mod demo;
mod election;
mod export;
mod failure;
mod faults;
mod init;
mod local;
mod operation;
mod operator;
mod output;
mod pages;
mod plan;
mod progress;
mod serve;
mod simulate;
mod store;
mod telemetry;
mod verify;
mod voters;

use std::process::ExitCode;

use clap::Parser;

/// A third of the system allocator's cost under load; see docs/BENCHMARKS.md.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    if let Err(failure) = telemetry::start(&cli).and_then(|()| faults::start()) {
        return failure.report();
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failure::Failure::Internal(error.into()).report(),
    };
    match runtime.block_on(cli::run(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
