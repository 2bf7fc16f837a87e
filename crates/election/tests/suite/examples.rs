//! Owns the check that the examples agree with the data they were derived from, so that neither can
//! drift. It must never write to an example: a difference is for a person to explain.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::error::Error;
use std::path::{Path, PathBuf};

use election_core::definition::Definition;
use election_core::identifiers::JurisdictionId;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Votes by jurisdiction and choice.
type Votes = BTreeMap<(String, String), u64>;

const LEFT_OUT: [&str; 2] = ["OVERVOTES", "VOID"];
const BLANK: [&str; 2] = ["BLANK VOTES", "UNDERVOTES"];

struct SourceRow {
    jurisdiction: String,
    name: String,
    votes: u64,
}

struct Weight {
    jurisdiction: String,
    contest: String,
    choice: String,
    votes: u64,
}

fn example(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../examples")
        .join(file)
}

fn table(file: &str) -> Outcome<Vec<HashMap<String, String>>> {
    let mut reader = csv::Reader::from_path(example(file))?;
    let mut rows = Vec::new();
    for row in reader.deserialize::<HashMap<String, String>>() {
        rows.push(row?);
    }
    Ok(rows)
}

fn source() -> Outcome<Vec<SourceRow>> {
    let mut rows = Vec::new();
    for row in table("us-president-2020/source.csv")? {
        rows.push(SourceRow {
            jurisdiction: row["state"].to_lowercase(),
            name: row["candidate"].clone(),
            votes: row["votes"].parse()?,
        });
    }
    Ok(rows)
}

fn weights(name: &str) -> Outcome<Vec<Weight>> {
    let mut weights = Vec::new();
    for row in table(&format!("{name}/weights.csv"))? {
        weights.push(Weight {
            jurisdiction: row["jurisdiction"].clone(),
            contest: row["contest"].clone(),
            choice: row["choice"].clone(),
            votes: row["votes"].parse()?,
        });
    }
    Ok(weights)
}

/// The weights of the presidential example that `keep` chooses. Two rows for one choice are an error.
fn votes_where(keep: impl Fn(&str) -> bool) -> Outcome<Votes> {
    let mut votes = Votes::new();
    for weight in weights("us-president-2020")? {
        if keep(&weight.choice)
            && votes
                .insert((weight.jurisdiction.clone(), weight.choice.clone()), weight.votes)
                .is_some()
        {
            return Err(format!("{} has two rows for {}", weight.jurisdiction, weight.choice).into());
        }
    }
    Ok(votes)
}

fn is_candidate(choice: &str) -> bool {
    choice != "write-in" && choice != "blank"
}

/// The README's table under "Left out", by jurisdiction and the source's name for the row.
fn left_out() -> Outcome<Votes> {
    let readme = std::fs::read_to_string(example("us-president-2020/README.md"))?;
    let (_, after) = readme
        .split_once("## Left out")
        .ok_or("the README has no section \"Left out\"")?;
    let section = after.split("\n## ").next().unwrap_or(after);
    let mut votes = Votes::new();
    for line in section.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        if let ["", jurisdiction, row, count, ""] = cells[..]
            && jurisdiction != "jurisdiction"
            && jurisdiction != "---"
        {
            votes.insert(
                (jurisdiction.to_owned(), row.to_owned()),
                count.replace(',', "").parse()?,
            );
        }
    }
    Ok(votes)
}

/// What a row of the source counts for; `None` if it is left out.
fn choice(row: &SourceRow, candidates: &HashMap<String, String>) -> Outcome<Option<String>> {
    match row.name.as_str() {
        name if LEFT_OUT.contains(&name) => Ok(None),
        name if BLANK.contains(&name) => Ok(Some("blank".to_owned())),
        "" => Ok(Some("write-in".to_owned())),
        name => match candidates.get(name) {
            Some(candidate) => Ok(Some(candidate.clone())),
            None => Err(format!("names.csv lacks {name}").into()),
        },
    }
}

/// The source's votes by jurisdiction and choice, zeros included.
fn derived() -> Outcome<Votes> {
    let mut candidates = HashMap::new();
    for row in table("us-president-2020/names.csv")? {
        candidates.insert(row["source_name"].clone(), row["candidate"].clone());
    }
    let mut votes = Votes::new();
    for row in source()? {
        if let Some(choice) = choice(&row, &candidates)? {
            *votes.entry((row.jurisdiction, choice)).or_default() += row.votes;
        }
    }
    Ok(votes)
}

fn by_jurisdiction(votes: &Votes) -> BTreeMap<&str, u64> {
    let mut totals: BTreeMap<&str, u64> = BTreeMap::new();
    for ((jurisdiction, _), count) in votes {
        *totals.entry(jurisdiction.as_str()).or_default() += count;
    }
    totals
}

fn definition(name: &str) -> Outcome<Definition> {
    let bytes = std::fs::read(example(&format!("{name}/definition.toml")))?;
    Definition::parse(&bytes).map_err(|error| format!("{name}: {error:?}").into())
}

#[test]
fn every_source_vote_is_in_the_weights_or_in_the_left_out_table() -> Outcome {
    let counted: u64 = votes_where(|_| true)?.values().sum();
    let omitted: u64 = left_out()?.values().sum();
    let published: u64 = source()?.iter().map(|row| row.votes).sum();
    assert_eq!(published, 158_528_503);
    assert_eq!(counted + omitted, published);
    Ok(())
}

#[test]
fn the_left_out_table_lists_the_overvotes_and_void_ballots_and_nothing_else() -> Outcome {
    let mut expected = Votes::new();
    for row in source()? {
        if LEFT_OUT.contains(&row.name.as_str()) {
            expected.insert((row.jurisdiction, row.name), row.votes);
        }
    }
    assert_eq!(left_out()?, expected);
    Ok(())
}

#[test]
fn each_jurisdiction_has_as_many_votes_as_in_the_source() -> Outcome {
    let mut accounted = votes_where(|_| true)?;
    accounted.extend(left_out()?);
    let rows = source()?;
    let mut published: BTreeMap<&str, u64> = BTreeMap::new();
    for row in &rows {
        *published.entry(&row.jurisdiction).or_default() += row.votes;
    }
    assert_eq!(by_jurisdiction(&accounted), published);
    Ok(())
}

#[test]
fn fifty_states_and_the_district_of_columbia_vote() -> Outcome {
    let votes = votes_where(|_| true)?;
    let jurisdictions = by_jurisdiction(&votes);
    assert_eq!(jurisdictions.len(), 51);
    assert!(jurisdictions.contains_key("dc"));
    Ok(())
}

#[test]
fn rows_without_a_name_weigh_as_write_ins_and_blank_and_undervotes_as_blank() -> Outcome {
    let mut expected = Votes::new();
    for row in source()?.into_iter().filter(|row| row.votes > 0) {
        if row.name.is_empty() {
            *expected
                .entry((row.jurisdiction, "write-in".to_owned()))
                .or_default() += row.votes;
        } else if BLANK.contains(&row.name.as_str()) {
            *expected
                .entry((row.jurisdiction, "blank".to_owned()))
                .or_default() += row.votes;
        }
    }
    assert_eq!(votes_where(|choice| !is_candidate(choice))?, expected);
    Ok(())
}

#[test]
fn each_candidate_weighs_what_its_named_rows_in_that_jurisdiction_sum_up_to() -> Outcome {
    let mut expected = derived()?;
    expected.retain(|(_, choice), votes| is_candidate(choice) && *votes > 0);
    let actual = votes_where(is_candidate)?;
    assert_eq!(by_jurisdiction(&actual), by_jurisdiction(&expected));
    assert_eq!(actual, expected);
    Ok(())
}

#[test]
fn a_candidate_is_on_the_ballot_exactly_where_the_source_names_it() -> Outcome {
    let definition = definition("us-president-2020")?;
    let named: BTreeSet<_> = derived()?
        .into_keys()
        .filter(|(_, choice)| is_candidate(choice))
        .collect();
    let jurisdictions: BTreeSet<_> = source()?.into_iter().map(|row| row.jurisdiction).collect();
    let mut printed = BTreeSet::new();
    for jurisdiction in jurisdictions {
        let id = JurisdictionId::parse(&jurisdiction)?;
        for contest in definition.contests() {
            let ballot = contest
                .candidates()
                .iter()
                .filter(|candidate| candidate.runs_in(&id));
            printed.extend(ballot.map(|candidate| (jurisdiction.clone(), candidate.id().to_string())));
        }
    }
    assert_eq!(printed, named);
    Ok(())
}

#[test]
fn the_weights_are_in_the_order_of_the_source_and_then_of_the_candidates() -> Outcome {
    let definition = definition("us-president-2020")?;
    let mut choices: Vec<String> = Vec::new();
    for contest in definition.contests() {
        choices.extend(
            contest
                .candidates()
                .iter()
                .map(|candidate| candidate.id().to_string()),
        );
    }
    choices.extend(["write-in".to_owned(), "blank".to_owned()]);
    let mut jurisdictions: Vec<String> = source()?.into_iter().map(|row| row.jurisdiction).collect();
    jurisdictions.dedup();
    let places: Vec<_> = weights("us-president-2020")?
        .iter()
        .map(|weight| {
            let jurisdiction = jurisdictions.iter().position(|id| *id == weight.jurisdiction);
            (jurisdiction, choices.iter().position(|id| *id == weight.choice))
        })
        .collect();
    assert!(places.is_sorted());
    Ok(())
}

#[test]
fn every_weight_is_for_a_choice_on_the_ballot_of_its_jurisdiction() -> Outcome {
    for name in ["club-board", "us-president-2020"] {
        let definition = definition(name)?;
        for weight in weights(name)? {
            let id = JurisdictionId::parse(&weight.jurisdiction)?;
            let contest = definition
                .contests()
                .iter()
                .find(|contest| contest.id().as_str() == weight.contest);
            let contest = contest.ok_or_else(|| format!("{name} has no contest {}", weight.contest))?;
            let printed = |choice: &str| {
                contest
                    .candidates()
                    .iter()
                    .any(|each| each.id().as_str() == choice && each.runs_in(&id))
            };
            assert!(
                weight.votes > 0,
                "{name}: {} in {} weighs nothing",
                weight.choice,
                weight.jurisdiction
            );
            assert!(
                !is_candidate(&weight.choice) || printed(&weight.choice),
                "{name}: {} isn't on the ballot of {}",
                weight.choice,
                weight.jurisdiction
            );
        }
    }
    Ok(())
}
