//! Owns how the command fails: a text that says what to do, and the exit status.

use std::process::ExitCode;

use election_service::operations::OperationError;
use election_service::ports::PortError;

/// Why a command didn't do what it was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The answer is no: a mismatch, something invalid, a refusal. Exit status 1.
    No(String),
    /// The command line asks for something that can't be. Exit status 2.
    Usage(String),
    /// The store, the keys or a setting don't fit. Exit status 64.
    Configuration(String),
    /// Something broke. Exit status 70.
    Internal(anyhow::Error),
}

impl Failure {
    /// Tells the user, and gives the exit status.
    #[expect(clippy::print_stderr, reason = "this is where the command talks to its user")]
    pub(crate) fn report(&self) -> ExitCode {
        let (text, status) = match self {
            Self::No(text) => (text.clone(), 1),
            Self::Usage(text) => (text.clone(), 2),
            Self::Configuration(text) => (text.clone(), 64),
            Self::Internal(error) => (format!("{error:#}"), 70),
        };
        if !text.is_empty() {
            eprintln!("election: {text}");
        }
        ExitCode::from(status)
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Internal(error)
    }
}

impl From<PortError> for Failure {
    fn from(error: PortError) -> Self {
        Self::Internal(error.into())
    }
}

impl From<OperationError> for Failure {
    fn from(error: OperationError) -> Self {
        match error {
            OperationError::Refused(text) => Self::No(text),
            OperationError::Port(error) => error.into(),
        }
    }
}
