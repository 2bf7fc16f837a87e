//! Owns region drills on a local edition: the operator's command is run while voters vote.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use crate::casting::Run;
use crate::duration;
use crate::failure::Failure;

/// What is done to a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    Fail,
    Restore,
    Lose,
}

impl Deed {
    /// As the `election` command calls it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Restore => "restore",
            Self::Lose => "lose",
        }
    }
}

/// A region and when, as `us-east-1@30s`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct When {
    pub(crate) region: String,
    /// Since the load began.
    pub(crate) at: Duration,
}

impl When {
    /// Parses `NAME@T`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (region, at) = text
            .split_once('@')
            .ok_or_else(|| format!("{text:?} isn't NAME@TIME, as us-east-1@30s"))?;
        let region = election_core::identifiers::RegionName::parse(region)
            .map_err(|error| format!("{region:?} {error}"))?;
        Ok(Self {
            region: region.as_str().to_owned(),
            at: duration::parse(at)?,
        })
    }
}

/// One deed.
#[derive(Clone, Debug)]
pub(crate) struct Drill {
    pub(crate) deed: Deed,
    pub(crate) when: When,
}

/// Reaches the operator's side of a local edition.
#[derive(Clone)]
pub(crate) struct Operator {
    program: PathBuf,
    store: String,
}

impl Operator {
    /// The `election` program that was given, the one beside this program, or the one in `PATH`.
    pub(crate) fn new(program: Option<&Path>, data: &Path) -> Self {
        let beside = || {
            let beside = std::env::current_exe().ok()?.with_file_name("election");
            beside.is_file().then_some(beside)
        };
        let program = program
            .map(Path::to_owned)
            .or_else(beside)
            .unwrap_or_else(|| "election".into());
        Self {
            program,
            store: format!("sqlite:{}", data.display()),
        }
    }

    /// Runs a command of the operator's; its error says what the command said.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<(), Failure> {
        let output = Command::new(&self.program)
            .args(["--store", &self.store])
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| {
                Failure::Usage(format!(
                    "{}: {error}; name the program with --election",
                    self.program.display()
                ))
            })?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.lines().last().unwrap_or("it didn't say why").to_owned();
        Err(Failure::Configuration(format!(
            "`election {}`: {said}",
            arguments.join(" ")
        )))
    }
}

/// Does the drills when they are due. Whatever the load's end overtakes is told, except that a region is
/// restored all the same: nobody wants to be left with a failed one.
pub(crate) fn carry_out(run: &Arc<Run>, operator: &Operator, mut drills: Vec<Drill>, say: impl Fn(&str)) {
    drills.sort_by_key(|drill| drill.when.at);
    for Drill { deed, when } in drills {
        let due_us = u64::try_from(when.at.as_micros()).unwrap_or(u64::MAX);
        while run.agenda.now_us() < due_us && !run.agenda.is_stopped() {
            std::thread::sleep(Duration::from_millis(20));
        }
        let text = format!(
            "region {} {} at {}",
            deed.word(),
            when.region,
            duration::print(when.at)
        );
        if run.agenda.is_stopped() && run.agenda.now_us() < due_us && deed != Deed::Restore {
            run.surprises
                .note(format!("{text} wasn't done: the load had ended"));
            continue;
        }
        match operator.run(&["region", deed.word(), &when.region]) {
            Ok(()) => say(&text),
            Err(error) => run.surprises.note(format!("{text} failed: {error}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drill_names_a_region_and_a_time() {
        let when = When::parse("us-east-1@90s").unwrap();
        assert_eq!(
            (when.region.as_str(), when.at),
            ("us-east-1", Duration::from_secs(90))
        );
        for text in ["us-east-1", "@30s", "US@30s", "us-east-1@", "us-east-1@soon"] {
            assert!(When::parse(text).is_err(), "{text}");
        }
    }
}
