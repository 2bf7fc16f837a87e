//! Owns how people vote: the shares of a weights file, by jurisdiction and contest.

use std::collections::HashMap;
use std::path::Path;

use election_core::definition::Definition;
use fastrand::Rng;

use crate::failure::Failure;

/// What a ballot can say in a contest, besides the candidates by their position.
pub(crate) const WRITE_IN: u16 = u16::MAX;
/// Nothing chosen.
const BLANK: u16 = u16::MAX - 1;

/// A contest on a jurisdiction's ballot, ready to draw from.
pub(crate) struct Draw {
    /// The contest's position in the definition.
    pub(crate) contest: u16,
    votes_allowed: u32,
    /// Choices with the running sum of their weights.
    running: Vec<(u64, u16)>,
    total: u64,
}

/// How each jurisdiction votes, by its position in the definition.
pub(crate) struct Shares(Vec<Vec<Draw>>);

impl Shares {
    /// Reads the weights; contests without any are drawn evenly.
    pub(crate) fn read(path: Option<&Path>, definition: &Definition) -> Result<Self, Failure> {
        let Some(path) = path else {
            return Ok(Self::new(definition, &HashMap::new()));
        };
        let bytes =
            std::fs::read(path).map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))?;
        Self::parse(&bytes, definition)
            .map_err(|problem| Failure::Configuration(format!("{}: {problem}", path.display())))
    }

    /// Reads a weights file's bytes.
    pub(crate) fn parse(csv: &[u8], definition: &Definition) -> Result<Self, String> {
        let mut reader = csv::Reader::from_reader(csv);
        let header = ["jurisdiction", "contest", "choice", "votes"];
        if !reader.headers().is_ok_and(|read| read.iter().eq(header)) {
            return Err(format!(
                "these aren't weights: line 1 has to be {}",
                header.join(",")
            ));
        }
        let mut weights: HashMap<(String, String, String), u64> = HashMap::new();
        for row in reader.records() {
            let row = row.map_err(|error| error.to_string())?;
            let line = row.position().map_or(0, csv::Position::line);
            let fits = definition.jurisdiction(&row[0]).is_some()
                && definition.contest(&row[1]).is_some_and(|contest| {
                    contest.candidate(&row[2]).is_some() || matches!(&row[2], "write-in" | "blank")
                });
            if !fits {
                return Err(format!(
                    "line {line}: the definition has no such jurisdiction, contest or choice"
                ));
            }
            let votes: u64 = row[3]
                .parse()
                .map_err(|_| format!("line {line}: votes has to be a whole number"))?;
            let key = (row[0].to_owned(), row[1].to_owned(), row[2].to_owned());
            let sum = weights.entry(key).or_default();
            *sum = sum.saturating_add(votes).min(u64::from(u32::MAX));
        }
        Ok(Self::new(definition, &weights))
    }

    fn new(definition: &Definition, weights: &HashMap<(String, String, String), u64>) -> Self {
        let place = |place: &election_core::definition::Jurisdiction| {
            let contests = definition.contests().iter().enumerate();
            let here = contests.filter(|(_, contest)| contest.is_on_ballot_of(place.id()));
            let draw = |(position, contest): (usize, &election_core::definition::Contest)| {
                let mut choices: Vec<(u16, &str)> = (0_u16..)
                    .zip(contest.candidates())
                    .filter(|(_, candidate)| candidate.runs_in(place.id()))
                    .map(|(position, candidate)| (position, candidate.id().as_str()))
                    .collect();
                if contest.write_ins() > 0 {
                    choices.push((WRITE_IN, "write-in"));
                }
                choices.push((BLANK, "blank"));
                let weight = |choice: &str| {
                    let key = (
                        place.id().as_str().to_owned(),
                        contest.id().as_str().to_owned(),
                        choice.to_owned(),
                    );
                    weights.get(&key).copied().unwrap_or(0)
                };
                let any = choices.iter().any(|(_, id)| weight(id) > 0);
                let mut total = 0;
                let running = choices.iter().map(|&(choice, id)| {
                    total += match choice {
                        _ if any => weight(id),
                        // Now and then, so that it is counted at all.
                        WRITE_IN | BLANK => 1,
                        _ => 16,
                    };
                    (total, choice)
                });
                let running = running.collect();
                Draw {
                    contest: u16::try_from(position).unwrap_or(u16::MAX),
                    votes_allowed: contest.votes_allowed(),
                    running,
                    total,
                }
            };
            here.map(draw).collect()
        };
        Self(definition.jurisdictions().iter().map(place).collect())
    }

    /// The contests of a jurisdiction's ballot, in the definition's order.
    pub(crate) fn of(&self, jurisdiction: u16) -> &[Draw] {
        self.0.get(usize::from(jurisdiction)).map_or(&[], Vec::as_slice)
    }
}

impl Draw {
    /// Draws choices into `chosen`: candidates in the definition's order, then a write-in; none is a blank.
    pub(crate) fn choose(&self, random: &mut Rng, chosen: &mut Vec<u16>) {
        chosen.clear();
        for _ in 0..self.votes_allowed.min(16) {
            let number = random.u64(..self.total.max(1));
            let place = self.running.partition_point(|(sum, _)| *sum <= number);
            match self.running.get(place) {
                Some(&(_, choice)) if choice != BLANK => {
                    if !chosen.contains(&choice) {
                        chosen.push(choice);
                    }
                }
                _ => break,
            }
        }
        chosen.sort_unstable();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{club_board, us_president};

    #[test]
    fn ballots_are_drawn_by_the_real_shares() {
        let definition = us_president();
        let weights = std::fs::read(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../examples/us-president-2020/weights.csv"
        ))
        .unwrap();
        let shares = Shares::parse(&weights, &definition).unwrap();
        let california = definition
            .jurisdictions()
            .iter()
            .position(|place| place.id().as_str() == "ca")
            .unwrap();
        let draw = &shares.of(california as u16)[0];
        let (mut random, mut chosen, mut biden) = (Rng::with_seed(1), Vec::new(), 0_i32);
        let contest = &definition.contests()[0];
        let position = contest
            .candidates()
            .iter()
            .position(|candidate| candidate.id().as_str() == "biden");
        for _ in 0..100_000 {
            draw.choose(&mut random, &mut chosen);
            assert_eq!(chosen.len(), 1);
            biden += i32::from(position == Some(usize::from(chosen[0])));
        }
        // 63.5 % of 100,000, give or take four standard deviations.
        assert!((biden - 63_480).abs() < 610, "{biden}");
    }

    #[test]
    fn a_contest_without_weights_is_drawn_evenly_and_within_its_rules() {
        let definition = club_board();
        let shares = Shares::new(&definition, &HashMap::new());
        let (mut random, mut chosen) = (Rng::with_seed(1), Vec::new());
        let mut seen = std::collections::HashSet::new();
        for _ in 0..2_000 {
            for (jurisdiction, contests) in [(0, 2), (1, 1)] {
                assert_eq!(shares.of(jurisdiction).len(), contests);
                shares.of(jurisdiction)[0].choose(&mut random, &mut chosen);
                assert!(chosen.len() <= 3 && chosen.is_sorted());
                // The fifth candidate runs in the south only.
                assert!(jurisdiction == 1 || !chosen.contains(&4));
                seen.extend(chosen.iter().copied());
            }
        }
        assert_eq!(seen.len(), 6, "five candidates and a name written in");
    }

    #[test]
    fn weights_of_another_election_are_refused() {
        let definition = club_board();
        for csv in [
            "",
            "a,b\n",
            "jurisdiction,contest,choice,votes\nca,president,biden,1\n",
            "jurisdiction,contest,choice,votes\nnorth,board,lopez,-1\n",
        ] {
            assert!(Shares::parse(csv.as_bytes(), &definition).is_err(), "{csv}");
        }
    }
}
