//! Owns the sums of a run and whether it went well: every way for a vote to go wrong ends in a sentence here.

use std::collections::BTreeMap;

use serde::Serialize;

use super::counted::{Counted, worst};
use crate::casting::Run;
use crate::counts;
use crate::ledger::{Fate, State};

/// What became of the votes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Verdict {
    /// Voters who were to vote.
    pub(crate) voters: u64,
    /// Ballots that were sent at least once.
    pub(crate) sent: u64,
    /// Of them, those with a 202.
    pub(crate) accepted: u64,
    /// Of those, the ones whose receipt says that this ballot is recorded.
    pub(crate) recorded: u64,
    /// Of the recorded ones, those that were recorded before this run.
    pub(crate) recorded_before: u64,
    /// Accepted, and another ballot of the voter is recorded.
    pub(crate) conflicts: u64,
    /// 202s for a ballot that had its 202 before.
    pub(crate) repeats: u64,
    /// Ballots that were refused, by status and code.
    pub(crate) refused: BTreeMap<String, u64>,
    /// Ballots nobody knows the end of: never a clear answer.
    pub(crate) unresolved: u64,
    /// Accepted, and nothing is recorded of that voter.
    pub(crate) lost: u64,
    /// Counted more often than recorded, or two ballots of one voter recorded.
    pub(crate) doubled: u64,
    /// Recorded and not counted.
    pub(crate) uncounted: u64,
    /// What went wrong, in sentences; empty if nothing did.
    pub(crate) problems: Vec<String>,
}

/// Adds up. `counted` is missing if it didn't come to that.
pub(crate) fn verdict(run: &Run, voted: &[bool], counted: Option<&Counted>, repeats: u64) -> Verdict {
    let mut verdict = Verdict {
        voters: u64::from(run.ledger.voters()),
        repeats,
        ..Verdict::default()
    };
    let codes = run.ledger.codes();
    let variants = run.ledger.len() / run.ledger.voters().max(1);
    let (mut unexpected, mut foreign) = (0, 0);
    for place in 0..run.ledger.voters() {
        let before = voted.get(place as usize).copied().unwrap_or(false);
        let (mut accepted, mut recorded, mut another) = (0, 0, 0);
        for variant in 0..variants {
            let entry = *run.ledger.entry(place * variants + variant);
            verdict.sent += u64::from(entry.state != State::Unsent);
            match entry.state {
                State::Unsent => {}
                State::Open => verdict.unresolved += 1,
                State::Accepted => accepted += 1,
                State::Refused(code) => {
                    let code = codes.get(usize::from(code)).map_or("", String::as_str);
                    *verdict.refused.entry(code.to_owned()).or_default() += 1;
                    let is_in_order = matches!(code, "409 already-voted" | "409 ballot-changed")
                        && (before || variants > 1);
                    unexpected += u64::from(!is_in_order);
                }
            }
            recorded += u64::from(entry.fate == Fate::Recorded);
            another += u64::from(entry.fate == Fate::Another);
        }
        verdict.accepted += accepted;
        verdict.recorded += recorded;
        verdict.recorded_before += if before { recorded } else { 0 };
        verdict.conflicts += another;
        if counted.is_some() {
            verdict.lost += accepted - recorded - another;
            // All of a voter's ballots say that another one is recorded, and none is.
            verdict.lost += u64::from(variants > 1 && !before && recorded == 0 && another > 0);
        }
        verdict.doubled += recorded.saturating_sub(1);
        foreign += u64::from(variants == 1 && !before && another > 0);
    }
    if let Some(counted) = counted {
        let differences = counts::ballots_by_jurisdiction(&worst(&counted.regions));
        let sum = |sign: i64| {
            differences
                .values()
                .map(|number| (number * sign).max(0).unsigned_abs())
                .sum::<u64>()
        };
        verdict.doubled += sum(1);
        verdict.uncounted = sum(-1);
    }
    verdict.problems = problems(run, &verdict, counted, unexpected, foreign);
    verdict
}

fn problems(
    run: &Run,
    verdict: &Verdict,
    counted: Option<&Counted>,
    unexpected: u64,
    foreign: u64,
) -> Vec<String> {
    let mut problems = Vec::new();
    let mut say = |count: u64, text: &str| {
        if count > 0 {
            problems.push(format!("{count} {text}"));
        }
    };
    say(
        verdict.lost,
        "accepted ballots are LOST: nothing of their voters is recorded",
    );
    say(
        verdict.doubled,
        "ballots too many are counted: DOUBLED, or somebody else voted meanwhile",
    );
    say(verdict.uncounted, "recorded ballots aren't counted");
    say(
        verdict.unresolved,
        "ballots never got a clear answer and may be recorded or not",
    );
    let codes: Vec<String> = verdict.refused.keys().cloned().collect();
    say(
        unexpected,
        &format!(
            "ballots were refused that should have been accepted: {}",
            codes.join(", ")
        ),
    );
    say(
        foreign,
        "voters who hadn't voted have another ballot recorded, which this run didn't cast",
    );
    for (what, count) in run.surprises.all() {
        problems.push(if count > 1 {
            format!("{what} ({count} times)")
        } else {
            what
        });
    }
    if let Some(counted) = counted {
        for (target, region) in run.targets.iter().zip(&counted.regions) {
            for ((jurisdiction, contest, what), number) in region.differences.iter().take(5) {
                problems.push(format!(
                    "{}: {jurisdiction}: {contest}: {what}: {number:+} against what was recorded",
                    target.name
                ));
            }
        }
        if counted.regions.iter().all(|region| region.ballots.is_none()) {
            problems.push("no region tells its counts: nothing could be compared".to_owned());
        }
    }
    problems
}
