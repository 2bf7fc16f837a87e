//! Owns the plan of which calls fail, and whether before or after they took effect. A call that fails
//! after is a lost answer: the write is durable, and its caller can't know. Instead of failing, a call can
//! end the process, as `kill -9` at that instruction would.

use std::fmt;
use std::sync::{Arc, Mutex};

use election_service::ports::PortError;

macro_rules! points {
    ($($name:ident = $text:literal,)*) => {
        /// A call of a port.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Point {
            $(#[doc = concat!("`", $text, "`")] $name,)*
        }

        impl Point {
            /// Every call of every port.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The port and the call, as `intake.send`.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

points! {
    ElectionsCreate = "elections.create",
    ElectionsLoad = "elections.load",
    ElectionsPhase = "elections.phase",
    ElectionsChangePhase = "elections.change_phase",
    ElectionsCertify = "elections.certify",
    ElectionsKeysDestroyed = "elections.keys_destroyed",
    ElectionsRegionStates = "elections.region_states",
    ElectionsDeclareRegion = "elections.declare_region",
    ElectionsAddVisit = "elections.add_visit",
    ElectionsVisits = "elections.visits",
    RollFind = "roll.find",
    RollPersons = "roll.persons",
    RollTaken = "roll.taken",
    RollAdd = "roll.add",
    RollReissue = "roll.reissue",
    RollPutDataKey = "roll.put_data_key",
    RollDataKey = "roll.data_key",
    RollRegistered = "roll.registered",
    IntakeSend = "intake.send",
    IntakeReceive = "intake.receive",
    IntakeAcknowledge = "intake.acknowledge",
    IntakeRelease = "intake.release",
    IntakeWaiting = "intake.waiting",
    IntakeDepth = "intake.depth",
    IntakeGivenUp = "intake.given_up",
    IntakeRedrive = "intake.redrive",
    BallotsFind = "ballots.find",
    BallotsRecord = "ballots.record",
    BallotsAreDecided = "ballots.are_decided",
    BallotsAddRepeat = "ballots.add_repeat",
    BallotsSetAside = "ballots.set_aside",
    BallotsDeadLetters = "ballots.dead_letters",
    BallotsReckon = "ballots.reckon",
    BallotsExceptions = "ballots.exceptions",
    BallotsFeed = "ballots.feed",
    BallotsBehind = "ballots.behind",
    TalliesLoad = "tallies.load",
    TalliesLoadShard = "tallies.load_shard",
    TalliesCommit = "tallies.commit",
    TalliesReplace = "tallies.replace",
    VaultSecrets = "vault.secrets",
    VaultGenerateDataKey = "vault.generate_data_key",
    VaultUnwrapDataKey = "vault.unwrap_data_key",
    VaultDestroyBallotSecret = "vault.destroy_ballot_secret",
    LettersAppend = "letters.append",
}

impl Point {
    /// Every call that writes.
    pub fn writes() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(|point| point.is_write())
    }

    /// Whether the call writes, so that it matters whether it fails before or after. Receiving does: it leases.
    pub fn is_write(self) -> bool {
        matches!(
            self,
            Self::ElectionsCreate
                | Self::ElectionsChangePhase
                | Self::ElectionsCertify
                | Self::ElectionsKeysDestroyed
                | Self::ElectionsDeclareRegion
                | Self::ElectionsAddVisit
                | Self::RollAdd
                | Self::RollReissue
                | Self::RollPutDataKey
                | Self::IntakeSend
                | Self::IntakeReceive
                | Self::IntakeAcknowledge
                | Self::IntakeRelease
                | Self::BallotsRecord
                | Self::BallotsAddRepeat
                | Self::BallotsSetAside
                | Self::TalliesCommit
                | Self::TalliesReplace
                | Self::VaultGenerateDataKey
                | Self::VaultDestroyBallotSecret
        )
    }
}

impl fmt::Display for Point {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// When a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum When {
    /// Before it persisted: nothing happened.
    Before,
    /// After it persisted: it took effect, and only the answer is lost.
    After,
}

impl When {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Before, Self::After];
}

struct Rule {
    /// Any write if `None`.
    point: Option<Point>,
    /// How many matching calls pass before the one that fails.
    passes: u64,
    /// Whether all calls after that one fail too.
    lasting: bool,
    when: When,
    /// Whether the process ends there.
    dies: bool,
}

/// What is to happen at a call.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    Fail(When),
    /// The process ends once the call took effect. One that ends before ends in [`Faults::reach`].
    DieAfter,
}

#[derive(Default)]
struct Plan {
    rules: Vec<Rule>,
    calls: Vec<Point>,
    failed: u64,
}

/// A plan of faults, and the calls made under it. Clones share it.
#[derive(Clone, Default)]
pub struct Faults(Arc<Mutex<Plan>>);

impl Faults {
    /// Makes the next call of a point fail.
    pub fn fail_next(&self, point: Point, when: When) {
        self.fail_nth(point, 1, when);
    }

    /// Makes the nth call of a point, counted from one and from now, fail.
    pub fn fail_nth(&self, point: Point, nth: u64, when: When) {
        self.add(Rule {
            point: Some(point),
            passes: nth.saturating_sub(1),
            lasting: false,
            when,
            dies: false,
        });
    }

    /// Makes the nth write of all, counted from one and from now, fail.
    pub fn fail_nth_write(&self, nth: u64, when: When) {
        self.add(Rule {
            point: None,
            passes: nth.saturating_sub(1),
            lasting: false,
            when,
            dies: false,
        });
    }

    /// Makes every call of a point fail until [`Self::clear`].
    pub fn fail_every(&self, point: Point, when: When) {
        self.add(Rule {
            point: Some(point),
            passes: 0,
            lasting: true,
            when,
            dies: false,
        });
    }

    /// Makes every call fail before it does anything, until [`Self::clear`]: an outage.
    pub fn fail_everything(&self) {
        for point in Point::ALL {
            self.fail_every(*point, When::Before);
        }
    }

    /// Reads a plan as `intake.send:after:2` (the second call of that point fails after it persisted) or
    /// `ballots.record:before:1:die` (the process ends there), several with commas.
    pub fn parse(plan: &str) -> Result<Self, String> {
        let faults = Self::default();
        for rule in plan.split(',').filter(|rule| !rule.is_empty()) {
            let malformed = || format!("{rule:?} isn't POINT:before|after:N[:die]");
            let parts: Vec<&str> = rule.split(':').collect();
            let (point, when, nth, dies) = match parts.as_slice() {
                [point, when, nth] => (point, when, nth, false),
                [point, when, nth, "die"] => (point, when, nth, true),
                _ => return Err(malformed()),
            };
            let point = Point::ALL.iter().find(|known| known.as_str() == *point);
            let when = match *when {
                "before" => When::Before,
                "after" => When::After,
                _ => return Err(malformed()),
            };
            let nth: u64 = nth.parse().map_err(|_| malformed())?;
            let point = Some(*point.ok_or_else(malformed)?);
            faults.add(Rule {
                point,
                passes: nth.saturating_sub(1),
                lasting: false,
                when,
                dies,
            });
        }
        Ok(faults)
    }

    /// Makes a call that isn't async, unless or although it is to fail.
    pub fn around<T>(&self, point: Point, call: impl FnOnce() -> T) -> Result<T, PortError> {
        match self.reach(point) {
            None => Ok(call()),
            Some(Fault::Fail(When::Before)) => Err(injected(point, When::Before)),
            Some(Fault::Fail(When::After)) => {
                call();
                Err(injected(point, When::After))
            }
            Some(Fault::DieAfter) => {
                call();
                die()
            }
        }
    }

    /// Makes no further call fail, and forgets the calls.
    pub fn clear(&self) {
        *self.plan() = Plan::default();
    }

    /// The calls so far, failed ones too; each submission of `ballots.record` is one.
    pub fn calls(&self) -> Vec<Point> {
        self.plan().calls.clone()
    }

    /// The calls so far that write.
    pub fn writes(&self) -> Vec<Point> {
        self.calls()
            .into_iter()
            .filter(|point| point.is_write())
            .collect()
    }

    /// How many calls failed as planned.
    pub fn failed(&self) -> u64 {
        self.plan().failed
    }

    /// Notes a call and tells whether it is to fail. If rules agree on a call, the oldest wins.
    pub(crate) fn reach(&self, point: Point) -> Option<Fault> {
        let mut plan = self.plan();
        plan.calls.push(point);
        let mut fails = None;
        plan.rules.retain_mut(|rule| {
            let matches = rule.point.map_or(point.is_write(), |expected| expected == point);
            if !matches || fails.is_some() {
                return true;
            }
            if rule.passes > 0 {
                rule.passes -= 1;
                return true;
            }
            fails = Some(match (rule.dies, rule.when) {
                (false, when) => Fault::Fail(when),
                (true, When::Before) => die(),
                (true, When::After) => Fault::DieAfter,
            });
            rule.lasting
        });
        plan.failed += u64::from(fails.is_some());
        fails
    }

    fn add(&self, rule: Rule) {
        self.plan().rules.push(rule);
    }

    fn plan(&self) -> std::sync::MutexGuard<'_, Plan> {
        self.0.lock().expect("no test panics while it holds the plan")
    }
}

/// Ends the process without a chance to finish anything.
pub(crate) fn die() -> ! {
    std::process::abort()
}

/// The error of a planned fault.
pub(crate) fn injected(point: Point, when: When) -> PortError {
    PortError::Unavailable(format!(
        "injected {} {point}",
        if when == When::Before { "before" } else { "after" }
    ))
}
