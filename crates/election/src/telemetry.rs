//! Owns where the log goes and what is in it: standard error, as text or JSON.

use std::io::IsTerminal;
use std::str::FromStr;

use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::cli::Cli;
use crate::failure::Failure;

/// Starts logging. Servers tell what they do, other commands only what goes wrong.
pub(crate) fn start(cli: &Cli) -> Result<(), Failure> {
    let level = if cli.is_server() { "info" } else { "warn" };
    let filter = std::env::var("ELECTION_LOG").unwrap_or_else(|_| level.to_owned());
    let filter = Targets::from_str(&filter).map_err(|error| {
        Failure::Configuration(format!(
            "ELECTION_LOG: {error}; give a level, as debug, or access=debug,info"
        ))
    })?;
    let log = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let log = match cli.log_format.as_str() {
        "text" => log.with_target(false).boxed(),
        "json" => log.json().boxed(),
        other => {
            let text = format!("--log-format (ELECTION_LOG_FORMAT) {other:?}: give text or json");
            return Err(Failure::Configuration(text));
        }
    };
    tracing_subscriber::registry()
        .with(log.with_filter(filter))
        .init();
    Ok(())
}
