//! Owns the definition's JSON form in `GET /election`: the TOML's names, nothing left to look up.

use serde::Serialize;
use time::OffsetDateTime;

use super::contest::{Candidate, Contest, Jurisdiction, Party};
use super::parse::FORMAT;
use super::text::{Language, Text};
use super::{Definition, Mode, ResultsPolicy};
use crate::identifiers::{CandidateId, ContestId, ElectionId, JurisdictionId};

#[derive(Serialize)]
pub(super) struct Document<'a> {
    format: u32,
    mode: Mode,
    id: &'a ElectionId,
    languages: &'a [Language],
    title: &'a Text,
    #[serde(with = "time::serde::rfc3339")]
    opens_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    closes_at: OffsetDateTime,
    results: &'static str,
    live_step: Option<u64>,
    jurisdictions: &'a [Jurisdiction],
    contests: Vec<ContestDocument<'a>>,
}

#[derive(Serialize)]
struct ContestDocument<'a> {
    id: &'a ContestId,
    title: &'a Text,
    votes_allowed: u32,
    write_ins: u32,
    jurisdictions: Option<&'a [JurisdictionId]>,
    candidates: Vec<CandidateDocument<'a>>,
}

#[derive(Serialize)]
struct CandidateDocument<'a> {
    id: &'a CandidateId,
    name: &'a Text,
    party: Option<&'a Party>,
    jurisdictions: Option<&'a [JurisdictionId]>,
}

impl<'a> Document<'a> {
    pub(super) fn of(definition: &'a Definition) -> Self {
        let (results, live_step) = match definition.results() {
            ResultsPolicy::AfterClose => ("after-close", None),
            ResultsPolicy::Live { step } => ("live", Some(step.get())),
        };
        Self {
            format: FORMAT,
            mode: definition.mode(),
            id: definition.id(),
            languages: definition.languages(),
            title: definition.title(),
            opens_at: definition.opens_at(),
            closes_at: definition.closes_at(),
            results,
            live_step,
            jurisdictions: definition.jurisdictions(),
            contests: definition.contests().iter().map(ContestDocument::of).collect(),
        }
    }
}

impl<'a> ContestDocument<'a> {
    fn of(contest: &'a Contest) -> Self {
        Self {
            id: contest.id(),
            title: contest.title(),
            votes_allowed: contest.votes_allowed(),
            write_ins: contest.write_ins(),
            jurisdictions: contest.jurisdictions(),
            candidates: contest.candidates().iter().map(CandidateDocument::of).collect(),
        }
    }
}

impl<'a> CandidateDocument<'a> {
    fn of(candidate: &'a Candidate) -> Self {
        Self {
            id: candidate.id(),
            name: candidate.name(),
            party: candidate.party(),
            jurisdictions: candidate.jurisdictions(),
        }
    }
}
