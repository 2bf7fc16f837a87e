//! Owns the election that is soaked and the ballots cast in it, with what each must add to the counts.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use fastrand::Rng;
use serde_json::Value;

/// Jurisdictions, by number.
pub(crate) const JURISDICTIONS: [&str; 4] = ["north", "south", "east", "west"];

struct Contest {
    id: &'static str,
    votes_allowed: usize,
    write_ins: usize,
    jurisdictions: &'static [&'static str],
    candidates: &'static [&'static str],
}

const CONTESTS: [Contest; 3] = [
    Contest {
        id: "mayor",
        votes_allowed: 1,
        write_ins: 1,
        jurisdictions: &JURISDICTIONS,
        candidates: &["ada", "ben", "cleo", "dan"],
    },
    Contest {
        id: "council",
        votes_allowed: 3,
        write_ins: 0,
        jurisdictions: &JURISDICTIONS,
        candidates: &["eve", "finn", "gus", "hal", "ida"],
    },
    Contest {
        id: "harbour",
        votes_allowed: 1,
        write_ins: 0,
        jurisdictions: &["north", "west"],
        candidates: &["yes", "no"],
    },
];

/// The definition of a round's election.
pub(crate) fn definition(round: u64, live: bool) -> String {
    let results = if live { "live" } else { "after-close" };
    let mut text = format!(
        "format = 1\nmode = \"pseudonymous\"\nid = \"soak-{round}\"\nlanguages = [\"en\"]\ntitle = \"Soak {round}\"\n\
         opens_at = 2026-11-03T08:00:00Z\ncloses_at = 2026-11-03T20:00:00Z\nresults = \"{results}\"\n"
    );
    for id in JURISDICTIONS {
        let _ = writeln!(text, "[[jurisdictions]]\nid = \"{id}\"\nname = \"{id}\"");
    }
    for contest in &CONTESTS {
        let candidates: Vec<String> = contest
            .candidates
            .iter()
            .map(|id| format!("{{ id = \"{id}\", name = \"{id}\" }}"))
            .collect();
        let _ = writeln!(
            text,
            "[[contests]]\nid = \"{0}\"\ntitle = \"{0}\"\nvotes_allowed = {1}\nwrite_ins = {2}\njurisdictions = {3:?}\ncandidates = [{4}]",
            contest.id,
            contest.votes_allowed,
            contest.write_ins,
            contest.jurisdictions,
            candidates.join(", "),
        );
    }
    text
}

/// Numbers by jurisdiction, contest and what is counted: a candidate, or `(ballots)` and the like.
pub(crate) type Counts = BTreeMap<(String, String, String), i64>;

/// A ballot as a client made it, and what became of it.
pub(crate) struct Ballot {
    /// A UUID.
    pub(crate) id: String,
    /// The selections as they are hashed.
    pub(crate) content: String,
    /// What came with a 202.
    pub(crate) receipt: Option<String>,
    /// Whether it was sent at all.
    pub(crate) sent: bool,
    choices: Vec<(&'static Contest, Vec<&'static str>)>,
    jurisdiction: &'static str,
}

impl Ballot {
    /// A ballot with random choices.
    pub(crate) fn new(jurisdiction: &'static str, rng: &mut Rng) -> Self {
        let mut choices = Vec::new();
        let mut content = Vec::new();
        for contest in CONTESTS
            .iter()
            .filter(|contest| contest.jurisdictions.contains(&jurisdiction))
        {
            let wanted = rng.usize(0..=contest.votes_allowed);
            // A contest with one vote is rarely left blank.
            let wanted = if contest.votes_allowed == 1 && rng.u8(0..8) > 0 {
                1
            } else {
                wanted
            };
            let writes_in = contest.write_ins > 0 && wanted > 0 && rng.u8(0..16) == 0;
            let mut chosen = rng.choose_multiple(contest.candidates.iter().copied(), wanted);
            if writes_in {
                chosen = vec!["(write-in)"];
            }
            chosen.sort_by_key(|id| contest.candidates.iter().position(|known| known == id));
            if !chosen.is_empty() {
                let texts: Vec<String> = chosen
                    .iter()
                    .map(|id| match *id {
                        "(write-in)" => r#"{"write_in":"Zoë Nobody"}"#.to_owned(),
                        id => format!("{id:?}"),
                    })
                    .collect();
                content.push(format!("{:?}:[{}]", contest.id, texts.join(",")));
            }
            choices.push((contest, chosen));
        }
        let number = rng.u128(..);
        let hex = format!("{number:032x}");
        Self {
            id: format!(
                "{}-{}-4{}-8{}-{}",
                &hex[..8],
                &hex[8..12],
                &hex[13..16],
                &hex[17..20],
                &hex[20..]
            ),
            content: format!("{{{}}}", content.join(",")),
            receipt: None,
            sent: false,
            choices,
            jurisdiction,
        }
    }

    /// The request that casts it.
    pub(crate) fn request(&self, voter_id: &str) -> String {
        format!(
            r#"{{"voter_id":{voter_id:?},"ballot_id":{:?},"selections":{}}}"#,
            self.id, self.content
        )
    }

    /// Adds what this ballot counts for.
    pub(crate) fn count(&self, counts: &mut Counts) {
        for (contest, chosen) in &self.choices {
            let mut add = |what: &str, number: usize| {
                let key = (
                    self.jurisdiction.to_owned(),
                    contest.id.to_owned(),
                    what.to_owned(),
                );
                *counts.entry(key).or_default() += number as i64;
            };
            add("(ballots)", 1);
            add("(undervotes)", contest.votes_allowed - chosen.len());
            for id in chosen {
                add(id, 1);
            }
        }
    }
}

/// The counts that `GET /votes` tells, without zeros.
pub(crate) fn counts_of(results: &Value) -> Counts {
    let mut counts = Counts::new();
    let items = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let name = |value: &Value| value["id"].as_str().unwrap_or_default().to_owned();
    for jurisdiction in items(&results["jurisdictions"]) {
        for contest in items(&jurisdiction["contests"]) {
            let mut add = |what: String, number: &Value| {
                let key = (name(&jurisdiction), name(&contest), what);
                counts.insert(key, number.as_i64().unwrap_or(-1));
            };
            add("(ballots)".to_owned(), &contest["ballots_cast"]);
            add("(undervotes)".to_owned(), &contest["undervotes"]);
            add("(write-in)".to_owned(), &contest["write_ins"]);
            for candidate in items(&contest["candidates"]) {
                add(name(&candidate), &candidate["votes"]);
            }
        }
    }
    counts.retain(|_, number| *number != 0);
    counts
}

/// What differs, in words; empty if nothing does.
pub(crate) fn differences(expected: &Counts, told: &Counts) -> Vec<String> {
    let mut keys: Vec<_> = expected.keys().chain(told.keys()).collect();
    keys.sort();
    keys.dedup();
    let number = |counts: &Counts, key| counts.get(key).copied().unwrap_or(0);
    keys.into_iter()
        .filter(|key| number(expected, key) != number(told, key))
        .map(|key| {
            let (jurisdiction, contest, what) = key;
            let (expected, told) = (number(expected, key), number(told, key));
            format!("{jurisdiction}: {contest}: {what}: {told} counted, {expected} cast")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_valid() {
        for live in [false, true] {
            let text = definition(3, live);
            assert!(election_core::definition::Definition::parse(text.as_bytes()).is_ok());
        }
    }

    #[test]
    fn a_ballot_that_is_counted_twice_is_a_difference() {
        let mut rng = Rng::with_seed(1);
        let ballot = Ballot::new("north", &mut rng);
        let (mut once, mut twice) = (Counts::new(), Counts::new());
        ballot.count(&mut once);
        ballot.count(&mut twice);
        assert!(differences(&once, &twice).is_empty());
        ballot.count(&mut twice);
        assert!(!differences(&once, &twice).is_empty());
    }
}
