//! Owns how a function fails to start: what the log says, and the exit status. Never shows a setting's value.

use std::process::ExitCode;

use election_aws::settings::SettingError;
use election_service::ports::PortError;

/// Why a function didn't start. Lambda starts it again when the next event comes.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A variable is missing or wrong. Exit status 64.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// The election and this function don't fit. Exit status 64.
    #[error("{0}")]
    Configuration(String),
    /// The election can't be read (yet). Exit status 70.
    #[error("{0}")]
    NotReady(String),
}

impl Failure {
    /// Something that has to be known at the start couldn't be asked for.
    pub(crate) fn unreadable(what: &str, error: &PortError) -> Self {
        Self::NotReady(format!("{what} can't be read: {error}"))
    }

    /// Tells the log, and gives the exit status.
    pub(crate) fn report(&self) -> ExitCode {
        let status = match self {
            Self::Setting(_) | Self::Configuration(_) => 64,
            Self::NotReady(_) => 70,
        };
        tracing::error!(exit_status = status, "the function can't start: {self}");
        ExitCode::from(status)
    }
}
