//! Owns the running of the command to its end.

use std::ffi::OsStr;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// What a command did.
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The binary under test, with none of the surroundings' settings and nobody at a terminal.
pub(crate) fn election() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_election"));
    for setting in [
        "ELECTION_STORE",
        "ELECTION_KEYS",
        "ELECTION_LOG",
        "ELECTION_LOG_FORMAT",
    ] {
        command.env_remove(setting);
    }
    command.stdin(Stdio::null());
    command
}

impl Ran {
    /// Runs a command with arguments.
    pub(crate) fn of<A: AsRef<OsStr>>(command: &mut Command, arguments: impl IntoIterator<Item = A>) -> Self {
        let Output {
            status,
            stdout,
            stderr,
        } = command.args(arguments).output().unwrap();
        Self {
            status: status.code().expect("ended by itself"),
            stdout: String::from_utf8(stdout).unwrap(),
            stderr: String::from_utf8(stderr).unwrap(),
        }
    }

    /// Fails the test unless the exit status is this.
    #[track_caller]
    pub(crate) fn exits(self, status: i32) -> Self {
        assert_eq!(
            self.status, status,
            "stdout: {}\nstderr: {}",
            self.stdout, self.stderr
        );
        self
    }

    /// Fails the test unless the command refused with this exit status, told why, and wrote no data.
    #[track_caller]
    pub(crate) fn refuses(self, status: i32, why: &str) -> Self {
        assert!(
            self.stderr.contains(why),
            "not told: {why}\nstderr: {}",
            self.stderr
        );
        assert_eq!(self.stdout, "");
        self.exits(status)
    }

    /// Standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }
}
