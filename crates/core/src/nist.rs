//! Owns the results in the format of NIST SP 1500-100 version 2 (Election Results Reporting), as JSON:
//! <https://doi.org/10.6028/NIST.SP.1500-100r2>, schema `NIST_V2_election_results_reporting.json` in
//! <https://github.com/usnistgov/ElectionResultsReporting>, branch `version2`.
//!
//! What the definition doesn't say isn't made up: there are no persons and offices, every contest is a
//! candidate contest, every choice a candidate, and the type of election and units is `other`.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use time::UtcOffset;
use time::format_description::well_known::Rfc3339;

use crate::definition::{Candidate, Contest, Definition, Text};
use crate::identifiers::JurisdictionId;
use crate::published::CertifiedElection;
use crate::tally::{ContestCounts, Counts};

/// The whole election's unit.
const WHOLE: &str = "unit";

/// The report. The same election always gives the same one: it is dated when it was certified.
pub fn report(election: &CertifiedElection<'_>) -> Value {
    let definition = election.definition;
    let title = definition.title();
    let parties = parties(definition);
    // The schema has no fractions of a second. Times in years of four digits can always be written.
    let certified_at = election.certified_at.to_offset(UtcOffset::UTC);
    let certified_at = certified_at.replace_nanosecond(0).unwrap_or(certified_at);
    let generated = certified_at.format(&Rfc3339).unwrap_or_default();
    let parties_json: Vec<Value> = parties
        .iter()
        .enumerate()
        .map(|(number, name)| {
            json!({
                "@type": "ElectionResults.Party",
                "@id": party_id(number),
                "Name": same_in_all(definition, name),
            })
        })
        .collect();
    json!({
        "@type": "ElectionResults.ElectionReport",
        "Format": "summary-contest",
        "GeneratedDate": generated,
        "Issuer": title.fallback(),
        "IssuerAbbreviation": definition.id(),
        "SequenceStart": 1,
        "SequenceEnd": 1,
        "Status": "certified",
        "VendorApplicationId": "election export results, format 1",
        "Election": [{
            "@type": "ElectionResults.Election",
            "ElectionScopeId": WHOLE,
            "Name": text(title),
            "StartDate": definition.opens_at().date().to_string(),
            "EndDate": definition.closes_at().date().to_string(),
            "Type": "other",
            "OtherType": "not stated",
            "BallotCounts": ballot_counts(election),
            "Candidate": candidates(definition, &parties),
            "Contest": definition.contests().iter().enumerate()
                .map(|(place, contest)| contest_json(election, &parties, place + 1, contest))
                .collect::<Vec<_>>(),
        }],
        "GpUnit": units(election),
        "Party": parties_json,
    })
}

fn unit_id(id: &JurisdictionId) -> String {
    format!("unit.{id}")
}

fn party_id(number: usize) -> String {
    format!("party.{}", number + 1)
}

fn candidate_id(contest: &Contest, candidate: &Candidate) -> String {
    format!("candidate.{}.{}", contest.id(), candidate.id())
}

fn text(text: &Text) -> Value {
    let strings = text.translations().map(|(language, content)| {
        json!({
            "@type": "ElectionResults.LanguageString",
            "Language": language,
            "Content": content,
        })
    });
    json!({
        "@type": "ElectionResults.InternationalizedText",
        "Text": strings.collect::<Vec<_>>(),
    })
}

fn same_in_all(definition: &Definition, content: &str) -> Value {
    let strings = definition.languages().iter().map(|language| {
        json!({
            "@type": "ElectionResults.LanguageString",
            "Language": language,
            "Content": content,
        })
    });
    json!({
        "@type": "ElectionResults.InternationalizedText",
        "Text": strings.collect::<Vec<_>>(),
    })
}

/// The parties of a candidate wherever they run, sorted.
fn parties_of<'a>(definition: &'a Definition, candidate: &'a Candidate) -> BTreeSet<&'a str> {
    let jurisdictions = definition
        .jurisdictions()
        .iter()
        .map(|jurisdiction| jurisdiction.id());
    jurisdictions
        .filter(|id| candidate.runs_in(id))
        .filter_map(|id| candidate.party_in(id))
        .chain(candidate.default_party())
        .collect()
}

fn parties(definition: &Definition) -> Vec<&str> {
    let candidates = definition.contests().iter().flat_map(Contest::candidates);
    let parties: BTreeSet<&str> = candidates
        .flat_map(|candidate| parties_of(definition, candidate))
        .collect();
    parties.into_iter().collect()
}

fn party_ids(parties: &[&str], names: BTreeSet<&str>) -> Vec<String> {
    let positions = names
        .into_iter()
        .filter_map(|name| parties.binary_search(&name).ok());
    positions.map(party_id).collect()
}

/// The unit that votes on a contest: all, one, or one made of several.
fn district_id(definition: &Definition, contest: &Contest) -> String {
    match contest.jurisdictions() {
        Some([only]) => unit_id(only),
        Some(some) if some.len() < definition.jurisdictions().len() => format!("district.{}", contest.id()),
        _ => WHOLE.to_owned(),
    }
}

/// The jurisdictions that vote on a contest, in the definition's order.
fn voting_on<'a>(
    definition: &'a Definition,
    contest: &'a Contest,
) -> impl Iterator<Item = &'a JurisdictionId> {
    let jurisdictions = definition
        .jurisdictions()
        .iter()
        .map(|jurisdiction| jurisdiction.id());
    jurisdictions.filter(|id| contest.is_on_ballot_of(id))
}

fn units(election: &CertifiedElection<'_>) -> Vec<Value> {
    let definition = election.definition;
    let all: Vec<&JurisdictionId> = definition.jurisdictions().iter().map(|each| each.id()).collect();
    let unit = |id: &str, kind: &str, name: Value, members: &[&JurisdictionId]| {
        let sum = |of: &dyn Fn(&JurisdictionId) -> u64| members.iter().map(|id| of(id)).sum::<u64>();
        let mut unit = json!({
            "@type": "ElectionResults.ReportingUnit",
            "@id": id,
            "Name": name,
            "Type": "other",
            "OtherType": kind,
            "VotersParticipated": sum(&|id| election.ballots_in(id)),
            "VotersRegistered": sum(&|id| election.registered_in(id)),
        });
        if kind != "jurisdiction" {
            unit["ComposingGpUnitIds"] = members.iter().map(|id| unit_id(id)).collect();
        }
        unit
    };
    let whole = unit(WHOLE, "election", text(definition.title()), &all);
    let jurisdictions = definition.jurisdictions().iter().map(|jurisdiction| {
        let id = jurisdiction.id();
        unit(&unit_id(id), "jurisdiction", text(jurisdiction.name()), &[id])
    });
    let districts = definition.contests().iter().filter_map(|contest| {
        let id = district_id(definition, contest);
        let members: Vec<_> = voting_on(definition, contest).collect();
        id.starts_with("district.")
            .then(|| unit(&id, "district", text(contest.title()), &members))
    });
    std::iter::once(whole)
        .chain(jurisdictions)
        .chain(districts)
        .collect()
}

fn ballot_counts(election: &CertifiedElection<'_>) -> Vec<Value> {
    let counts = |unit: &str, ballots: u64| {
        json!({
            "@type": "ElectionResults.BallotCounts",
            "GpUnitId": unit,
            "Type": "total",
            "BallotsCast": ballots,
        })
    };
    let ids = election
        .definition
        .jurisdictions()
        .iter()
        .map(|jurisdiction| jurisdiction.id());
    let each: Vec<_> = ids.map(|id| (unit_id(id), election.ballots_in(id))).collect();
    let whole = counts(WHOLE, each.iter().map(|(_, ballots)| ballots).sum());
    std::iter::once(whole)
        .chain(each.iter().map(|(unit, ballots)| counts(unit, *ballots)))
        .collect()
}

fn candidates(definition: &Definition, parties: &[&str]) -> Vec<Value> {
    let of_contest = |contest: &Contest| -> Vec<Value> {
        let candidates = contest.candidates().iter();
        candidates
            .map(|candidate| {
                let mut json = json!({
                    "@type": "ElectionResults.Candidate",
                    "@id": candidate_id(contest, candidate),
                    "BallotName": text(candidate.name()),
                });
                let party = candidate
                    .default_party()
                    .and_then(|name| parties.binary_search(&name).ok());
                if let Some(number) = party {
                    json["PartyId"] = party_id(number).into();
                }
                json
            })
            .collect()
    };
    definition.contests().iter().flat_map(of_contest).collect()
}

fn contest_json(
    election: &CertifiedElection<'_>,
    parties: &[&str],
    place: usize,
    contest: &Contest,
) -> Value {
    let definition = election.definition;
    let selections: Vec<Value> = contest
        .candidates()
        .iter()
        .enumerate()
        .map(|(place, candidate)| selection(election, parties, contest, place + 1, candidate))
        .collect();
    let other_counts = by_unit(
        election,
        contest,
        |_| true,
        |counts| (counts.undervotes, counts.write_ins),
    );
    let other_counts: Vec<Value> = other_counts
        .into_iter()
        .map(|(unit, numbers)| {
            json!({
                "@type": "ElectionResults.OtherCounts",
                "GpUnitId": unit,
                "Overvotes": 0,
                "Undervotes": numbers.iter().map(|(undervotes, _)| undervotes).sum::<u64>(),
                "WriteIns": numbers.iter().map(|(_, write_ins)| write_ins).sum::<u64>(),
            })
        })
        .collect();
    json!({
        "@type": "ElectionResults.CandidateContest",
        "@id": format!("contest.{}", contest.id()),
        "Name": contest.title().fallback(),
        "BallotTitle": text(contest.title()),
        "ElectionDistrictId": district_id(definition, contest),
        "SequenceOrder": place,
        "VotesAllowed": contest.votes_allowed(),
        "ContestSelection": selections,
        "OtherCounts": other_counts,
    })
}

fn selection(
    election: &CertifiedElection<'_>,
    parties: &[&str],
    contest: &Contest,
    place: usize,
    candidate: &Candidate,
) -> Value {
    let votes = by_unit(
        election,
        contest,
        |id| candidate.runs_in(id),
        |counts| counts.votes.get(candidate.id()).copied().unwrap_or(0),
    );
    let vote_counts: Vec<Value> = votes
        .into_iter()
        .map(|(unit, votes)| {
            json!({
                "@type": "ElectionResults.VoteCounts",
                "GpUnitId": unit,
                "Type": "total",
                "Count": votes.iter().sum::<u64>(),
            })
        })
        .collect();
    let mut json = json!({
        "@type": "ElectionResults.CandidateSelection",
        "@id": format!("selection.{}.{}", contest.id(), candidate.id()),
        "CandidateIds": [candidate_id(contest, candidate)],
        "SequenceOrder": place,
        "VoteCounts": vote_counts,
    });
    let names = parties_of(election.definition, candidate);
    // The candidate has one party, unless it differs between jurisdictions.
    if names.len() > 1 {
        json["EndorsementPartyIds"] = party_ids(parties, names).into();
    }
    json
}

/// A number of a contest: of all its district, then of each jurisdiction in it that `keep` keeps. The
/// district's is a list: to be added up.
fn by_unit<T: Clone>(
    election: &CertifiedElection<'_>,
    contest: &Contest,
    keep: impl Fn(&JurisdictionId) -> bool,
    number: impl Fn(&ContestCounts) -> T,
) -> Vec<(String, Vec<T>)> {
    let (none, no_counts) = (Counts::default(), ContestCounts::default());
    let each: Vec<(String, Vec<T>)> = voting_on(election.definition, contest)
        .filter(|id| keep(id))
        .map(|id| {
            let counts = election.counts.get(&Some(id.clone())).unwrap_or(&none);
            (
                unit_id(id),
                vec![number(counts.contests.get(contest.id()).unwrap_or(&no_counts))],
            )
        })
        .collect();
    let district = district_id(election.definition, contest);
    if each.iter().any(|(unit, _)| *unit == district) {
        return each;
    }
    let all = each.iter().flat_map(|(_, numbers)| numbers.clone()).collect();
    std::iter::once((district, all)).chain(each).collect()
}
