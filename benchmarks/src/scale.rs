//! Owns how much is measured: all that the issue asks, or a little of everything, to see that it works.

use std::time::Duration;

use crate::run::Arguments;

/// How much is measured.
#[derive(Clone, Debug)]
pub(crate) struct Scale {
    /// Ballots stored before the second and third measurement of intake; the first begins with none.
    pub(crate) stages: [u64; 2],
    /// Voters kept to vote while intake is measured.
    pub(crate) spare: u64,
    /// Voters of the demo; its store serves the other measurements, too.
    pub(crate) demo_voters: u64,
    /// Voters of an import.
    pub(crate) imported: u64,
    /// Ballots of an export.
    pub(crate) exported: u64,
    /// How long memory is watched.
    pub(crate) steady: Duration,
    /// After how much of that it should be flat.
    pub(crate) warm: Duration,
    /// How long the disk's writes are counted.
    pub(crate) probe: Duration,
    /// Whether running out of voters ends a measurement early instead of failing it.
    pub(crate) may_end_early: bool,
}

impl Scale {
    /// What the issue asks for, unless `--stored` and the like say otherwise.
    pub(crate) fn full(arguments: &Arguments) -> Self {
        let steady = Duration::from_secs(arguments.minutes * 60);
        Self {
            stages: [arguments.stored, arguments.stored_most],
            spare: arguments.seconds * arguments.most_per_s,
            demo_voters: arguments.voters,
            imported: arguments.voters,
            exported: arguments.exported,
            steady,
            warm: Duration::from_secs(60).min(steady / 2),
            probe: Duration::from_secs(1),
            may_end_early: false,
        }
    }

    /// A little of everything: its figures mean nothing.
    pub(crate) fn quick() -> Self {
        Self {
            stages: [300, 900],
            spare: 600,
            demo_voters: 500,
            imported: 500,
            exported: 20_000,
            steady: Duration::from_secs(2),
            warm: Duration::from_secs(1),
            probe: Duration::from_millis(100),
            may_end_early: true,
        }
    }
}
