//! Owns how made-up voters choose: by the votes of a real election, as weights.csv has them.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, bail};
use election_core::definition::Definition;
use election_core::identifiers::JurisdictionId;
use fastrand::Rng;

/// What is written in where somebody writes a name in.
const WRITTEN_IN: &str = r#"{"write_in":"Jane Doe"}"#;

/// One contest on a ballot, with how often each choice was made there.
struct Contest {
    id: String,
    votes_allowed: u32,
    /// What stands in the selections, if anything does, and the votes up to and with it.
    choices: Vec<(Option<String>, u64)>,
}

/// How the voters of each jurisdiction choose.
pub(crate) struct Choices(BTreeMap<String, Vec<Contest>>);

impl Choices {
    /// Reads weights.csv: jurisdiction,contest,choice,votes.
    pub(crate) fn read(definition: &Path, weights: &Path) -> anyhow::Result<Self> {
        let name = definition.display();
        let bytes = std::fs::read(definition).with_context(|| name.to_string())?;
        let definition = Definition::parse(&bytes)
            .map_err(|_| anyhow::anyhow!("{name} has errors: election definition check {name}"))?;
        let bytes = std::fs::read(weights).with_context(|| weights.display().to_string())?;
        Self::parse(&definition, &bytes).with_context(|| weights.display().to_string())
    }

    fn parse(definition: &Definition, weights: &[u8]) -> anyhow::Result<Self> {
        let mut places: BTreeMap<String, Vec<Contest>> = BTreeMap::new();
        let mut reader = csv::Reader::from_reader(weights);
        for row in reader.deserialize() {
            let (place, contest, choice, votes): (String, String, String, u64) = row?;
            let selected = selected(definition, &place, &contest, &choice)?;
            let contests = places.entry(place).or_default();
            let index = match contests.iter().position(|known| known.id == contest) {
                Some(index) => index,
                None => {
                    contests.push(Contest {
                        votes_allowed: definition
                            .contest(&contest)
                            .map_or(1, |known| known.votes_allowed()),
                        id: contest,
                        choices: Vec::new(),
                    });
                    contests.len() - 1
                }
            };
            if let Some(contest) = contests.get_mut(index) {
                let before = contest.choices.last().map_or(0, |(_, sum)| *sum);
                contest.choices.push((selected, before + votes));
            }
        }
        Ok(Self(places))
    }

    /// The selections of a voter of `place`, as they stand in a request.
    pub(crate) fn draw(&self, place: &str, random: &mut Rng) -> anyhow::Result<String> {
        let contests = self.0.get(place);
        let contests = contests.with_context(|| format!("no weights for the jurisdiction {place}"))?;
        let mut selections = Vec::new();
        for contest in contests {
            let mut chosen: Vec<&str> = Vec::new();
            for _ in 0..contest.votes_allowed {
                // Whoever draws a choice twice leaves that vote unused.
                chosen.extend(contest.draw(random).filter(|choice| !chosen.contains(choice)));
            }
            if !chosen.is_empty() {
                selections.push(format!(r#""{}":[{}]"#, contest.id, chosen.join(",")));
            }
        }
        Ok(format!("{{{}}}", selections.join(",")))
    }
}

impl Contest {
    fn draw(&self, random: &mut Rng) -> Option<&str> {
        let total = self.choices.last().map_or(0, |(_, sum)| *sum);
        let vote = random.u64(0..total.max(1));
        let position = self.choices.partition_point(|(_, sum)| *sum <= vote);
        self.choices.get(position)?.0.as_deref()
    }
}

/// What stands in a request for a choice; nothing for a blank one.
fn selected(
    definition: &Definition,
    place: &str,
    contest: &str,
    choice: &str,
) -> anyhow::Result<Option<String>> {
    let known = definition
        .contest(contest)
        .with_context(|| format!("no such contest: {contest}"))?;
    let id = JurisdictionId::parse(place).map_err(|_| anyhow::anyhow!("no jurisdiction: {place}"))?;
    Ok(match choice {
        "blank" => None,
        "write-in" if known.write_ins() > 0 => Some(WRITTEN_IN.to_owned()),
        _ if known
            .candidate(choice)
            .is_some_and(|candidate| candidate.runs_in(&id)) =>
        {
            Some(format!("\"{choice}\""))
        }
        _ => bail!("{choice} can't be chosen in {contest} of {place}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFINITION: &[u8] = include_bytes!("../../examples/club-board/definition.toml");

    #[test]
    fn each_choice_is_drawn_about_as_often_as_it_weighs() {
        let definition = Definition::parse(DEFINITION).unwrap();
        let weights = "jurisdiction,contest,choice,votes\nnorth,dues,yes,3\nnorth,dues,blank,1\n";
        let choices = Choices::parse(&definition, weights.as_bytes()).unwrap();
        let mut random = Rng::with_seed(1);
        let drawn: Vec<String> = (0..4_000)
            .map(|_| choices.draw("north", &mut random).unwrap())
            .collect();
        let yes = drawn
            .iter()
            .filter(|drawn| *drawn == r#"{"dues":["yes"]}"#)
            .count();
        let blank = drawn.iter().filter(|drawn| *drawn == "{}").count();
        assert_eq!(yes + blank, 4_000);
        assert!((2_800..3_200).contains(&yes), "{yes}");
    }

    #[test]
    fn a_choice_is_made_once_at_most_and_never_above_the_votes_allowed() {
        let definition = Definition::parse(DEFINITION).unwrap();
        let weights = include_bytes!("../../examples/club-board/weights.csv");
        let choices = Choices::parse(&definition, weights).unwrap();
        let mut random = Rng::with_seed(2);
        for _ in 0..1_000 {
            let drawn = choices.draw("south", &mut random).unwrap();
            assert!(drawn.matches("lopez").count() <= 1, "{drawn}");
            assert!(drawn.matches("write_in").count() <= 1, "{drawn}");
        }
    }

    #[test]
    fn a_choice_that_is_not_on_the_ballot_is_refused() {
        let definition = Definition::parse(DEFINITION).unwrap();
        for row in [
            "north,dues,maybe,1",
            "north,dues,write-in,1",
            "south,dues,yes,1",
            "north,tax,yes,1",
        ] {
            let weights = format!("jurisdiction,contest,choice,votes\n{row}\n");
            assert!(Choices::parse(&definition, weights.as_bytes()).is_err(), "{row}");
        }
    }
}
