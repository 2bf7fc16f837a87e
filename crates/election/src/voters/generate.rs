//! Owns `election voters generate`: a made-up roll, for trials. The same seed makes the same people.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use election_core::definition::Definition;
use fastrand::Rng;

use super::roll::HEADER;
use crate::failure::Failure;
use crate::progress::Bar;

const FIRST_NAMES: [&str; 32] = [
    "Ada", "Amir", "Ana", "Ben", "Carmen", "Chidi", "Clara", "David", "Elena", "Emeka", "Fatima", "George",
    "Grace", "Hana", "Ivan", "James", "Jin", "José", "Kofi", "Laila", "Li", "Maria", "Minh", "Noah", "Olga",
    "Omar", "Priya", "Ruth", "Samuel", "Sofía", "Tomás", "Yuki",
];
const FAMILY_NAMES: [&str; 32] = [
    "Adams",
    "Ali",
    "Baker",
    "Brown",
    "Chen",
    "Cohen",
    "Davis",
    "Diaz",
    "Evans",
    "Flores",
    "Garcia",
    "Green",
    "Hall",
    "Hernández",
    "Ito",
    "Johnson",
    "Kim",
    "King",
    "Lee",
    "Lewis",
    "López",
    "Martin",
    "Nguyen",
    "Okafor",
    "Patel",
    "Quinn",
    "Rivera",
    "Schmidt",
    "Smith",
    "Taylor",
    "Wang",
    "Young",
];
const STREETS: [&str; 16] = [
    "Birch Rd",
    "Cedar Ave",
    "Church St",
    "College St",
    "Elm St",
    "Hill Rd",
    "Lake Dr",
    "Maple Ave",
    "Market St",
    "Mill Rd",
    "Oak St",
    "Park Ave",
    "Pine St",
    "River Rd",
    "School Ln",
    "Spring St",
];

#[derive(Args)]
pub(crate) struct Arguments {
    /// The definition (TOML) whose jurisdictions the people live in
    #[arg(long, value_name = "FILE")]
    definition: PathBuf,
    /// CSV: jurisdiction,contest,choice,votes; people are spread as these votes were [default: evenly]
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// How many people
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: u64,
    /// Make the same people again
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// The roll to write: external_id,name,address,jurisdiction
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Writes a made-up roll.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let (definition, _) = crate::definition::read(&arguments.definition)?;
    let weights = match &arguments.weights {
        Some(path) => {
            let text = std::fs::read(path)
                .map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))?;
            let weights = read_weights(&definition, &text);
            Some(weights.map_err(|error| Failure::No(format!("{}: {error:#}", path.display())))?)
        }
        None => None,
    };
    let file = std::fs::File::create(&arguments.out)
        .map_err(|error| Failure::Usage(format!("{}: {error}", arguments.out.display())))?;
    Ok(write(
        &definition,
        weights.as_ref(),
        arguments.count,
        arguments.seed,
        file,
    )?)
}

/// Votes by jurisdiction of one contest: the one with the most, so that a person isn't weighed twice.
pub(crate) fn read_weights(definition: &Definition, csv: &[u8]) -> anyhow::Result<BTreeMap<String, u64>> {
    let mut reader = csv::Reader::from_reader(csv);
    if !reader
        .headers()?
        .iter()
        .eq(["jurisdiction", "contest", "choice", "votes"])
    {
        anyhow::bail!("line 1 has to be jurisdiction,contest,choice,votes");
    }
    let mut by_contest: BTreeMap<(String, String), u64> = BTreeMap::new();
    for row in reader.records() {
        let row = row?;
        let line = row.position().map_or(0, csv::Position::line);
        if definition.jurisdiction(&row[0]).is_none() || definition.contest(&row[1]).is_none() {
            anyhow::bail!("line {line}: the definition has no such jurisdiction or contest");
        }
        let votes: u64 = row[3]
            .parse()
            .with_context(|| format!("line {line}: votes has to be a whole number"))?;
        let sum = by_contest
            .entry((row[0].to_owned(), row[1].to_owned()))
            .or_default();
        *sum = sum
            .checked_add(votes)
            .with_context(|| format!("line {line}: too many votes"))?;
    }
    let mut weights: BTreeMap<String, u64> = BTreeMap::new();
    for ((jurisdiction, _), votes) in by_contest {
        let most = weights.entry(jurisdiction).or_default();
        *most = votes.max(*most);
    }
    Ok(weights)
}

/// How many of `count` people live in each jurisdiction: in proportion, by the largest remainders, and
/// somebody everywhere if there are enough.
fn spread(definition: &Definition, weights: Option<&BTreeMap<String, u64>>, count: u64) -> Vec<u64> {
    let jurisdictions = definition.jurisdictions();
    let weight = |id: &str| weights.map_or(1, |weights| weights.get(id).copied().unwrap_or(0));
    let weights: Vec<u128> = jurisdictions
        .iter()
        .map(|place| u128::from(weight(place.id().as_str())))
        .collect();
    let total = weights.iter().sum::<u128>().max(1);
    let share = |weight: &u128| u64::try_from(u128::from(count) * weight / total).unwrap_or(0);
    let mut people: Vec<u64> = weights.iter().map(share).collect();
    let mut by_remainder: Vec<usize> = (0..people.len()).collect();
    by_remainder.sort_by_key(|&index| std::cmp::Reverse(u128::from(count) * weights[index] % total));
    let rest = count - people.iter().sum::<u64>();
    for &index in by_remainder
        .iter()
        .cycle()
        .take(usize::try_from(rest).unwrap_or(0))
    {
        people[index] += 1;
    }
    while count >= people.len() as u64 {
        let Some(empty) = people.iter().position(|people| *people == 0) else {
            break;
        };
        let Some(fullest) = (0..people.len()).max_by_key(|&index| people[index]) else {
            break;
        };
        people[fullest] -= 1;
        people[empty] += 1;
    }
    people
}

/// Writes `count` people.
pub(crate) fn write(
    definition: &Definition,
    weights: Option<&BTreeMap<String, u64>>,
    count: u64,
    seed: Option<u64>,
    out: impl Write,
) -> anyhow::Result<()> {
    let mut random = seed.map_or_else(Rng::new, Rng::with_seed);
    let places: Vec<&str> = definition
        .jurisdictions()
        .iter()
        .map(|place| place.id().as_str())
        .collect();
    let people = spread(definition, weights, count);
    let mut homes: Vec<u16> = Vec::new();
    for (index, people) in people.into_iter().enumerate() {
        let index = u16::try_from(index).context("too many jurisdictions")?;
        homes.extend(std::iter::repeat_n(
            index,
            usize::try_from(people).context("too many people")?,
        ));
    }
    random.shuffle(&mut homes);
    let bar = Bar::new("Making up voters");
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(HEADER)?;
    for (number, home) in homes.into_iter().enumerate() {
        let pick = |random: &mut Rng, from: &[&'static str]| from[random.usize(..from.len())];
        let name = format!(
            "{} {}",
            pick(&mut random, &FIRST_NAMES),
            pick(&mut random, &FAMILY_NAMES)
        );
        let address = format!("{} {}", random.u16(1..2000), pick(&mut random, &STREETS));
        writer.write_record([
            &format!("M-{:09}", number + 1),
            &name,
            &address,
            places[usize::from(home)],
        ])?;
        if number % 10_000 == 0 {
            bar.set(number as u64, Some(count));
        }
    }
    writer.flush().context("the roll can't be written")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn us_president() -> (Definition, BTreeMap<String, u64>) {
        let definition = Definition::parse(crate::demo::DEFINITION).unwrap();
        let weights = read_weights(&definition, crate::demo::WEIGHTS).unwrap();
        (definition, weights)
    }

    #[test]
    fn people_are_spread_in_proportion_and_somebody_lives_everywhere() {
        let (definition, weights) = us_president();
        for count in [51, 52, 1000, 1_000_000] {
            let people = spread(&definition, Some(&weights), count);
            assert_eq!(people.iter().sum::<u64>(), count);
            assert!(people.iter().all(|people| *people > 0), "{count}");
        }
        assert_eq!(spread(&definition, None, 102), [2; 51]);
        assert_eq!(spread(&definition, Some(&weights), 3).iter().sum::<u64>(), 3);
    }

    #[test]
    fn the_same_seed_makes_the_same_people() {
        let (definition, weights) = us_president();
        let roll = |seed| {
            let mut bytes = Vec::new();
            write(&definition, Some(&weights), 200, Some(seed), &mut bytes).unwrap();
            bytes
        };
        assert_eq!(roll(7), roll(7));
        assert_ne!(roll(7), roll(8));
    }

    #[test]
    fn wrong_weights_are_told_with_their_line() {
        let (definition, _) = us_president();
        for (csv, line) in [
            ("a,b\n", "line 1"),
            (
                "jurisdiction,contest,choice,votes\nxx,president,biden,1\n",
                "line 2",
            ),
            (
                "jurisdiction,contest,choice,votes\nca,president,biden,-1\n",
                "line 2",
            ),
        ] {
            let error = read_weights(&definition, csv.as_bytes()).unwrap_err();
            assert!(format!("{error:#}").contains(line), "{error:#}");
        }
    }
}
