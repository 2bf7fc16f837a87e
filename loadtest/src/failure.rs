//! Owns how the load test fails: a text that says what to do, and the exit status.

use std::process::ExitCode;

/// Why the load test didn't end well. Statuses are those of the `election` command.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// Something differs, was lost, or a threshold was missed. Exit status 1.
    #[error("{0}")]
    No(String),
    /// The command line asks for something that can't be. Exit status 2.
    #[error("{0}")]
    Usage(String),
    /// Letters, definition and server don't fit each other. Exit status 64.
    #[error("{0}")]
    Configuration(String),
    /// Something broke, here or in the server. Exit status 70.
    #[error("{0:#}")]
    Internal(anyhow::Error),
}

impl Failure {
    /// The exit status.
    pub(crate) fn status(&self) -> u8 {
        match self {
            Self::No(_) => 1,
            Self::Usage(_) => 2,
            Self::Configuration(_) => 64,
            Self::Internal(_) => 70,
        }
    }

    /// Tells the user, and gives the exit status.
    #[expect(
        clippy::print_stderr,
        reason = "this is where the load test talks to its user"
    )]
    pub(crate) fn report(&self) -> ExitCode {
        eprintln!("loadtest: {self}");
        ExitCode::from(self.status())
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Internal(error)
    }
}
