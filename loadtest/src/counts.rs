//! Owns counts: what the ballots of this run must add to the results, and what the results say.

use std::collections::{BTreeMap, HashMap};

use crate::api::Results;
use crate::ballots::{Ballots, Which};
use crate::shares::WRITE_IN;

/// Numbers by jurisdiction, contest and what is counted: a candidate, or one of the names below.
pub(crate) type Counts = BTreeMap<(String, String, String), i64>;

/// Ballots that have the contest.
pub(crate) const BALLOTS: &str = "(ballots)";
const WRITE_INS: &str = "(write-ins)";
const UNDERVOTES: &str = "(undervotes)";

/// What these ballots count for.
pub(crate) fn expected(ballots: &Ballots, recorded: impl Iterator<Item = Which>) -> Counts {
    // By numbers first: half a million ballots need no half a million texts.
    let mut sums: HashMap<(u16, u16, u16), i64> = HashMap::new();
    let mut totals: HashMap<(u16, u16), (i64, i64)> = HashMap::new();
    for which in recorded {
        let jurisdiction = ballots.voters[which.voter as usize].jurisdiction;
        for (contest, choices) in ballots.ballot(which).choices {
            let (cast, chosen) = totals.entry((jurisdiction, contest)).or_default();
            *cast += 1;
            *chosen += i64::try_from(choices.len()).unwrap_or(0);
            for choice in choices {
                *sums.entry((jurisdiction, contest, choice)).or_default() += 1;
            }
        }
    }
    let definition = &ballots.definition;
    let mut counts = Counts::new();
    let mut add = |jurisdiction: u16, contest: u16, what: &str, number: i64| {
        let place = definition.jurisdictions()[usize::from(jurisdiction)]
            .id()
            .to_string();
        let contest = definition.contests()[usize::from(contest)].id().to_string();
        counts.insert((place, contest, what.to_owned()), number);
    };
    for ((jurisdiction, contest), (cast, chosen)) in totals {
        let allowed = i64::from(definition.contests()[usize::from(contest)].votes_allowed());
        add(jurisdiction, contest, BALLOTS, cast);
        add(jurisdiction, contest, UNDERVOTES, cast * allowed - chosen);
    }
    for ((jurisdiction, contest, choice), number) in sums {
        let candidates = definition.contests()[usize::from(contest)].candidates();
        let what = if choice == WRITE_IN {
            WRITE_INS
        } else {
            candidates[usize::from(choice)].id().as_str()
        };
        add(jurisdiction, contest, what, number);
    }
    counts.retain(|_, number| *number != 0);
    counts
}

/// What `GET /votes` says, without zeros; only ballots while votes are secret.
pub(crate) fn told(results: &Results) -> Counts {
    let mut counts = Counts::new();
    for jurisdiction in &results.jurisdictions {
        for contest in &jurisdiction.contests {
            let mut add = |what: &str, number: Option<u64>| {
                let key = (jurisdiction.id.clone(), contest.id.clone(), what.to_owned());
                let number = number.and_then(|number| i64::try_from(number).ok()).unwrap_or(0);
                counts.insert(key, number);
            };
            add(BALLOTS, Some(contest.ballots_cast));
            add(UNDERVOTES, contest.undervotes);
            add(WRITE_INS, contest.write_ins);
            for candidate in &contest.candidates {
                add(&candidate.id, candidate.votes);
            }
        }
    }
    counts.retain(|_, number| *number != 0);
    counts
}

/// Whether votes are left out before the close.
pub(crate) fn are_secret(results: &Results) -> bool {
    let mut contests = results.jurisdictions.iter().flat_map(|place| &place.contests);
    contests.any(|contest| contest.undervotes.is_none())
}

/// `after` minus `before`, without zeros.
pub(crate) fn minus(after: &Counts, before: &Counts) -> Counts {
    let mut difference = after.clone();
    for (key, number) in before {
        *difference.entry(key.clone()).or_default() -= number;
    }
    difference.retain(|_, number| *number != 0);
    difference
}

/// Ballots by jurisdiction: those of the contest that most have.
pub(crate) fn ballots_by_jurisdiction(counts: &Counts) -> BTreeMap<String, i64> {
    let mut ballots: BTreeMap<String, i64> = BTreeMap::new();
    for ((jurisdiction, _, what), number) in counts {
        if what == BALLOTS {
            let most = ballots.entry(jurisdiction.clone()).or_insert(*number);
            if number.abs() > most.abs() {
                *most = *number;
            }
        }
    }
    ballots
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{ballots, club_board};

    #[test]
    fn every_ballot_counts_in_each_contest_of_its_jurisdiction() {
        let ballots = ballots(club_board(), 40);
        let all = (0..40).map(|voter| Which { voter, variant: 0 });
        let counts = expected(&ballots, all);
        let sum = |contest: &str, is_wanted: fn(&str) -> bool| -> i64 {
            let wanted = counts
                .iter()
                .filter(|((_, of, what), _)| of == contest && is_wanted(what));
            wanted.map(|(_, number)| number).sum()
        };
        assert_eq!(sum("board", |what| what == BALLOTS), 40);
        assert_eq!(
            sum("board", |what| what != BALLOTS),
            120,
            "three votes each, used or not"
        );
        assert!(
            sum("dues", |what| what == BALLOTS) < 40,
            "the south has no such contest"
        );
        assert_eq!(ballots_by_jurisdiction(&counts).values().sum::<i64>(), 40);
    }

    #[test]
    fn a_ballot_more_is_a_difference() {
        let ballots = ballots(club_board(), 2);
        let one = expected(&ballots, [Which { voter: 0, variant: 0 }].into_iter());
        let both = expected(&ballots, (0..2).map(|voter| Which { voter, variant: 0 }));
        assert!(minus(&one, &one).is_empty());
        assert_eq!(
            ballots_by_jurisdiction(&minus(&both, &one)).values().sum::<i64>(),
            1
        );
        assert_eq!(
            ballots_by_jurisdiction(&minus(&one, &both)).values().sum::<i64>(),
            -1
        );
    }
}
