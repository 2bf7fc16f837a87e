//! Owns where the log goes and what is in it: standard error, text on a terminal, JSON elsewhere if asked.

use tracing_subscriber::EnvFilter;

use crate::cli::{Cli, LogFormat};

/// Starts logging. Servers tell what they do, other commands only what goes wrong.
pub(crate) fn start(cli: &Cli) {
    let level = if cli.is_server() { "info" } else { "warn" };
    let filter = EnvFilter::try_from_env("ELECTION_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()));
    match cli.log_format {
        LogFormat::Text => log.with_target(false).init(),
        LogFormat::Json => log.json().init(),
    }
}
