//! Owns what the regions have counted, against what this run's recorded ballots must have added.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use election_core::definition::ResultsPolicy;

use crate::api::{Clients, Results};
use crate::casting::Run;
use crate::counts::{self, BALLOTS, Counts};
use crate::drills::Operator;
use crate::ledger::{Fate, lock};

/// What the comparison starts from.
pub(crate) struct Grounds {
    /// What each region had counted before.
    pub(crate) before: Vec<Option<Results>>,
    /// Which voters had voted before, by their place in the order.
    pub(crate) voted: Vec<bool>,
    /// Regions that were failed or lost on purpose.
    pub(crate) drilled: Vec<String>,
    /// Closes the polls once everything is settled.
    pub(crate) close: Option<Operator>,
}

/// What a region has counted in the end.
pub(crate) struct RegionCount {
    /// Ballots it has counted since before the load; `None` if it doesn't answer.
    pub(crate) ballots: Option<i64>,
    /// What differs; empty if it agrees.
    pub(crate) differences: Counts,
}

/// The end of the reconciliation.
pub(crate) struct Counted {
    /// What the ballots recorded in this run must add.
    pub(crate) expected: Counts,
    /// Ballots recorded in this run.
    pub(crate) new_ballots: i64,
    /// By target.
    pub(crate) regions: Vec<RegionCount>,
    /// From the end of the load until a region counted a ballot for the last time.
    pub(crate) last_counted: Option<Duration>,
    /// What couldn't be compared, and why.
    pub(crate) not_compared: Vec<String>,
}

/// Watches the regions count, until it is aborted: `moved` is how long after the load's end a count moved for
/// the last time.
pub(super) async fn watch(run: Arc<Run>, ended: Instant, moved: Arc<Mutex<Option<Duration>>>) {
    let mut clients = Clients::new(&run.targets, run.timeout);
    let mut seen: Vec<Option<u64>> = vec![None; run.targets.len()];
    loop {
        for (target, seen) in run.targets.iter().zip(&mut seen) {
            if let Ok(results) = clients.get::<Results>(target, "/votes").await
                && *seen != Some(results.seq)
            {
                *lock(&moved) = Some(ended.elapsed());
                *seen = Some(results.seq);
            }
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

/// Compares until all regions that answer agree, or the time is up.
pub(super) async fn compare(run: &Run, grounds: Grounds, until: Instant) -> Counted {
    let variants = run.ledger.len() / run.ledger.voters().max(1);
    let new = run.ledger.entries().filter(|(vote, entry)| {
        let place = (vote / variants.max(1)) as usize;
        entry.fate == Fate::Recorded && !grounds.voted.get(place).copied().unwrap_or(false)
    });
    let new: Vec<_> = new.map(|(vote, _)| run.ledger.which(vote)).collect();
    let mut counted = Counted {
        expected: counts::expected(&run.ballots, new.iter().copied()),
        new_ballots: i64::try_from(new.len()).unwrap_or(i64::MAX),
        regions: Vec::new(),
        last_counted: None,
        not_compared: Vec::new(),
    };
    let mut is_closed = false;
    if let Some(operator) = &grounds.close {
        match operator.run(&["close"]) {
            Ok(()) => is_closed = true,
            Err(error) => run
                .surprises
                .note(format!("the polls couldn't be closed: {error}")),
        }
    }
    // A live step holds back some ballots: those of before may have been counted since, some of now not yet.
    let (mut before_slack, mut after_slack) = (0, 0);
    if let ResultsPolicy::Live { step } = run.ballots.definition.results() {
        let held = i64::try_from(step.get() - 1).unwrap_or(i64::MAX);
        let is_fresh = grounds.before.iter().flatten().all(|results| results.seq == 0)
            && grounds.voted.iter().all(|voted| !voted);
        before_slack = if is_fresh { 0 } else { held };
        after_slack = if is_closed { 0 } else { held };
        if before_slack.max(after_slack) > 0 {
            counted.not_compared.push(format!(
                "live_step = {step} holds counts back: only ballots were compared, and up to {after_slack} may be missing, or {before_slack} from before have come"
            ));
        }
    }
    let slack = (-after_slack, before_slack);
    let mut clients = Clients::new(&run.targets, run.timeout);
    loop {
        counted.regions.clear();
        let (mut secret, mut is_stale) = (false, false);
        for (place, target) in run.targets.iter().enumerate() {
            let after: Option<Results> = clients.get(target, "/votes").await.ok();
            let before = grounds.before.get(place).and_then(Option::as_ref);
            let before = before.or_else(|| grounds.before.iter().flatten().next());
            let region = match (&after, before) {
                (Some(after), Some(before)) => {
                    secret |= is_secret(after, before);
                    // A region's answer may be as old as its cache: from before the close.
                    is_stale |= is_closed && counts::are_secret(after);
                    region(&counted.expected, after, before, slack, counted.new_ballots)
                }
                _ => RegionCount {
                    ballots: None,
                    differences: Counts::new(),
                },
            };
            counted.regions.push(region);
        }
        let agree = counted.regions.iter().all(|region| region.differences.is_empty());
        let answers = counted.regions.iter().any(|region| region.ballots.is_some());
        if agree && answers && !is_stale || Instant::now() > until {
            note_missing(run, &grounds, &counted.regions);
            if secret {
                counted.not_compared.push("votes are secret until the polls close: only ballots were compared. With --close on an election in which nobody has voted before, everything is".to_owned());
            }
            return counted;
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

/// A region that answered before and doesn't any more, though nobody failed it.
fn note_missing(run: &Run, grounds: &Grounds, regions: &[RegionCount]) {
    for ((target, before), region) in run.targets.iter().zip(&grounds.before).zip(regions) {
        let was_there = before.is_some() && !grounds.drilled.contains(&target.name);
        if was_there && region.ballots.is_none() {
            run.surprises
                .note(format!("{} doesn't tell its counts any more", target.name));
        }
    }
}

/// Whether votes can't be compared: they are secret still, or were before, when there were some.
fn is_secret(after: &Results, before: &Results) -> bool {
    counts::are_secret(after) || before.seq > 0 && counts::are_secret(before)
}

fn region(expected: &Counts, after: &Results, before: &Results, slack: (i64, i64), new: i64) -> RegionCount {
    let is_secret = is_secret(after, before);
    let comparable = |counts: &Counts| -> Counts {
        let kept = counts
            .iter()
            .filter(|((_, _, what), _)| !is_secret || what == BALLOTS);
        kept.map(|(key, number)| (key.clone(), *number)).collect()
    };
    let told = counts::minus(
        &comparable(&counts::told(after)),
        &comparable(&counts::told(before)),
    );
    let mut differences = counts::minus(&told, &comparable(expected));
    let is_within = |number: i64| (slack.0..=slack.1).contains(&number);
    // One ballot held back is several choices held back: those are compared only where none is.
    differences.retain(|(_, _, what), number| (what == BALLOTS || slack == (0, 0)) && !is_within(*number));
    let ballots =
        i64::try_from(after.ballots_cast).unwrap_or(0) - i64::try_from(before.ballots_cast).unwrap_or(0);
    // Also says the same of the sum, which no contest's limits hide.
    if !is_within(ballots - new) && differences.is_empty() {
        let key = ("(all)".to_owned(), "(all)".to_owned(), BALLOTS.to_owned());
        differences.insert(key, ballots - new);
    }
    RegionCount {
        ballots: Some(ballots),
        differences,
    }
}

/// The largest difference of any region, by line.
pub(crate) fn worst(regions: &[RegionCount]) -> BTreeMap<(String, String, String), i64> {
    let mut worst: Counts = Counts::new();
    for (key, number) in regions.iter().flat_map(|region| &region.differences) {
        let known = worst.entry(key.clone()).or_default();
        if number.abs() > known.abs() {
            *known = *number;
        }
    }
    worst
}
