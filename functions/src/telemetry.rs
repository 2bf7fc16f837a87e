//! Owns what the functions log: JSON on standard error. Never what a dependency says in detail, which may be a
//! whole event or request, and of a panic only where it was, not its message.

use election_aws::settings::{SettingError, Settings};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// The level of the election's own log: off, error, warn, info (the default), debug or trace.
const LOG: &str = "ELECTION_LOG";

/// Our own crates and the access log. Everything else is heard from warnings on, whatever the level.
const OWN: [&str; 2] = ["election_", "access"];

/// Starts logging. A wrong level is told after that, in the log.
pub(crate) fn start(settings: &Settings) -> Result<(), SettingError> {
    let asked = settings.optional(LOG);
    let level = asked
        .as_deref()
        .map_or(Ok(LevelFilter::INFO), str::parse::<LevelFilter>);
    let own = *level.as_ref().unwrap_or(&LevelFilter::INFO);
    let filter = Targets::new()
        .with_default(own.min(LevelFilter::WARN))
        .with_targets(OWN.map(|target| (target, own)));
    let log = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_writer(std::io::stderr);
    // It fails only if this process logs already.
    let _ = tracing_subscriber::registry()
        .with(log.with_filter(filter))
        .try_init();
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location();
        let (file, line) = place.map_or(("", 0), |place| (place.file(), place.line()));
        tracing::error!(file, line, "the function panicked");
    }));
    let wrong = |_| SettingError::Wrong(LOG, "off, error, warn, info, debug or trace");
    level.map(drop).map_err(wrong)
}
