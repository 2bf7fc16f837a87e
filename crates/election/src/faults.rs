//! Owns the faults of a build for drills (cargo feature `faults`): the variable ELECTION_FAULTS makes calls
//! fail, or the process end, before or after they took effect. In any other build each function hands
//! back what it was given.

use std::sync::Arc;

use election_service::ports::{BallotBox, Elections, Intake, KeyVault, TallyStore, VoterRoll};

use crate::failure::Failure;

macro_rules! ports {
    ($($name:ident: $port:ident),* $(,)?) => {$(
        /// The port, under the plan of this process.
        #[cfg(feature = "faults")]
        pub(crate) fn $name(port: Arc<dyn $port>) -> Arc<dyn $port> {
            election_testkit::Faulty::$name(&port, plan::plan())
        }

        /// The port.
        #[cfg(not(feature = "faults"))]
        pub(crate) fn $name(port: Arc<dyn $port>) -> Arc<dyn $port> {
            port
        }
    )*};
}

ports! {
    ballots: BallotBox,
    elections: Elections,
    intake: Intake,
    roll: VoterRoll,
    tallies: TallyStore,
    vault: KeyVault,
}

/// Reads the plan, if this build has one.
#[cfg(feature = "faults")]
pub(crate) fn start() -> Result<(), Failure> {
    plan::start()
}

/// Nothing to read.
#[cfg(not(feature = "faults"))]
pub(crate) fn start() -> Result<(), Failure> {
    Ok(())
}

/// Writes letters, under the plan of this process.
#[cfg(feature = "faults")]
pub(crate) fn letters(write: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
    plan::plan().around(election_testkit::faults::Point::LettersAppend, write)?
}

/// Writes letters.
#[cfg(not(feature = "faults"))]
pub(crate) fn letters(write: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
    write()
}

#[cfg(feature = "faults")]
mod plan {
    use std::sync::OnceLock;

    use election_testkit::faults::Faults;

    use crate::failure::Failure;

    static PLAN: OnceLock<Faults> = OnceLock::new();

    pub(super) fn start() -> Result<(), Failure> {
        let text = std::env::var("ELECTION_FAULTS").unwrap_or_default();
        let faults = Faults::parse(&text);
        let faults = faults.map_err(|error| Failure::Configuration(format!("ELECTION_FAULTS: {error}")))?;
        PLAN.get_or_init(|| faults);
        Ok(())
    }

    pub(super) fn plan() -> &'static Faults {
        PLAN.get_or_init(Faults::default)
    }
}
