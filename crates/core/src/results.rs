//! Owns the results as the public reads them, in the words of NIST SP 1500-100: counts are integers,
//! percentages are derived.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::definition::{Contest, Definition, ResultsPolicy};
use crate::identifiers::{ElectionHash, JurisdictionId};
use crate::phase::Phase;
use crate::tally::{ContestCounts, Counts};

/// How final the results are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ResultsStatus {
    /// Nothing can have been counted yet.
    PreElection,
    /// Votes are being cast or counted.
    UnofficialPartial,
    /// The polls are closed and every accepted ballot is counted.
    UnofficialComplete,
    /// Recounted, and for good.
    Certified,
}

impl ResultsStatus {
    /// The status in a phase; `complete` tells whether every accepted ballot is recorded and counted.
    pub fn of(phase: Phase, complete: bool) -> Self {
        match phase {
            Phase::PreElection => Self::PreElection,
            Phase::Closed | Phase::Certifying if complete => Self::UnofficialComplete,
            Phase::Open | Phase::Closed | Phase::Certifying => Self::UnofficialPartial,
            Phase::Certified => Self::Certified,
        }
    }
}

/// Votes as a share of a contest's votes, in hundredths of a percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Percent(u32);

impl Percent {
    /// `votes` of `total`, rounded half up to two decimals; `None` at a total of zero.
    pub fn of(votes: u64, total: u64) -> Option<Self> {
        let hundredths =
            (u128::from(votes) * 20_000 + u128::from(total)).checked_div(u128::from(total) * 2)?;
        u32::try_from(hundredths).ok().map(Self)
    }
}

impl Serialize for Percent {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(f64::from(self.0) / 100.0)
    }
}

/// A candidate's line. Votes are missing while they are secret.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CandidateResult {
    /// The candidate's id in the definition.
    pub id: String,
    /// The candidate's name in the election's first language.
    pub name: String,
    /// The party there, if any.
    pub party: Option<String>,
    /// Votes counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub votes: Option<u64>,
    /// Share of the contest's votes, write-ins included; null at zero votes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<f64>))]
    pub percent: Option<Option<Percent>>,
}

/// A contest's counts. All but the turnout are missing while votes are secret.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ContestResult {
    /// The contest's id in the definition.
    pub id: String,
    /// The contest's title in the election's first language.
    pub title: String,
    /// Ballots counted that have the contest.
    pub ballots_cast: u64,
    /// Always zero: an overvote is refused before it is accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overvotes: Option<u64>,
    /// Votes allowed and not used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undervotes: Option<u64>,
    /// Votes for names written in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub write_ins: Option<u64>,
    /// In the definition's order.
    pub candidates: Vec<CandidateResult>,
}

/// A jurisdiction's counts.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JurisdictionResult {
    /// The jurisdiction's id in the definition.
    pub id: String,
    /// Its name in the election's first language.
    pub name: String,
    /// Ballots counted there.
    pub ballots_cast: u64,
    /// The contests on its ballot.
    pub contests: Vec<ContestResult>,
}

/// The answer to `GET /votes`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Results {
    /// The election's id.
    pub election: String,
    /// SHA-256 of its definition.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub election_hash: ElectionHash,
    /// Where the election stands.
    pub phase: Phase,
    /// How final the counts are.
    pub status: ResultsStatus,
    /// Ballots counted so far by the region that answers; never goes back there.
    pub seq: u64,
    /// When a ballot was last counted; null before the first.
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_updated: Option<OffsetDateTime>,
    /// Ballots recorded and not counted yet.
    pub tally_lag: Option<u64>,
    /// Ballots counted.
    pub ballots_cast: u64,
    /// All jurisdictions together.
    pub contests: Vec<ContestResult>,
    /// In the definition's order.
    pub jurisdictions: Vec<JurisdictionResult>,
}

/// The counts that results are made of, and their circumstances.
pub struct ResultsInput<'a> {
    /// The election.
    pub definition: &'a Definition,
    /// Where it stands.
    pub phase: Phase,
    /// Whether every accepted ballot is recorded and counted.
    pub complete: bool,
    /// When a ballot was last counted, in UTC.
    pub last_updated: Option<OffsetDateTime>,
    /// Ballots recorded and not counted yet.
    pub tally_lag: Option<u64>,
    /// Counts by jurisdiction, as [`crate::tally::by_jurisdiction`] sums them.
    pub counts: &'a BTreeMap<Option<JurisdictionId>, Counts>,
}

impl Results {
    /// Makes the public document. Under `after-close` it tells the turnout only until the polls close.
    pub fn new(input: &ResultsInput<'_>) -> Self {
        let definition = input.definition;
        let secret = definition.results() == ResultsPolicy::AfterClose && input.phase < Phase::Closed;
        let none = Counts::default();
        let counts_of = |id: &JurisdictionId| input.counts.get(&Some(id.clone())).unwrap_or(&none);
        let jurisdictions: Vec<JurisdictionResult> = definition
            .jurisdictions()
            .iter()
            .map(|jurisdiction| {
                let counts = counts_of(jurisdiction.id());
                let contests = definition.ballot_style(jurisdiction.id());
                JurisdictionResult {
                    id: jurisdiction.id().to_string(),
                    name: jurisdiction.name().fallback().to_owned(),
                    ballots_cast: counts.ballots,
                    contests: contests
                        .map(|contest| {
                            contest_result(contest, Some(jurisdiction.id()), counts.ballots, counts, secret)
                        })
                        .collect(),
                }
            })
            .collect();
        let mut all = Counts::default();
        input.counts.values().for_each(|counts| all.merge(counts));
        let contests = definition
            .contests()
            .iter()
            .map(|contest| {
                let with_contest = definition
                    .jurisdictions()
                    .iter()
                    .filter(|jurisdiction| contest.is_on_ballot_of(jurisdiction.id()));
                let ballots = with_contest
                    .map(|jurisdiction| counts_of(jurisdiction.id()).ballots)
                    .sum();
                contest_result(contest, None, ballots, &all, secret)
            })
            .collect();
        Self {
            election: definition.id().to_string(),
            election_hash: definition.hash(),
            phase: input.phase,
            status: ResultsStatus::of(input.phase, input.complete),
            seq: all.ballots,
            last_updated: input.last_updated,
            tally_lag: input.tally_lag,
            ballots_cast: all.ballots,
            contests,
            jurisdictions,
        }
    }

    /// The same results for one jurisdiction: its ballots and contests only.
    pub fn in_jurisdiction(mut self, id: &JurisdictionId) -> Self {
        self.jurisdictions
            .retain(|jurisdiction| jurisdiction.id == id.as_str());
        if let Some(jurisdiction) = self.jurisdictions.first() {
            self.ballots_cast = jurisdiction.ballots_cast;
            self.contests = jurisdiction.contests.clone();
        }
        self
    }

    /// The same results with one contest only.
    pub fn of_contest(mut self, id: &str) -> Self {
        self.contests.retain(|contest| contest.id == id);
        for jurisdiction in &mut self.jurisdictions {
            jurisdiction.contests.retain(|contest| contest.id == id);
        }
        self
    }
}

fn contest_result(
    contest: &Contest,
    jurisdiction: Option<&JurisdictionId>,
    ballots_cast: u64,
    counts: &Counts,
    secret: bool,
) -> ContestResult {
    let none = ContestCounts::default();
    let counts = counts.contests.get(contest.id()).unwrap_or(&none);
    let shown = |number: u64| (!secret).then_some(number);
    let total = counts.write_ins + counts.votes.values().sum::<u64>();
    let candidates = contest.candidates().iter();
    ContestResult {
        id: contest.id().to_string(),
        title: contest.title().fallback().to_owned(),
        ballots_cast,
        overvotes: shown(0),
        undervotes: shown(counts.undervotes),
        write_ins: shown(counts.write_ins),
        candidates: candidates
            .filter(|candidate| jurisdiction.is_none_or(|id| candidate.runs_in(id)))
            .map(|candidate| {
                let votes = counts.votes.get(candidate.id()).copied().unwrap_or(0);
                let party =
                    jurisdiction.map_or_else(|| candidate.default_party(), |id| candidate.party_in(id));
                CandidateResult {
                    id: candidate.id().to_string(),
                    name: candidate.name().fallback().to_owned(),
                    party: party.map(str::to_owned),
                    votes: shown(votes),
                    percent: (!secret).then(|| Percent::of(votes, total)),
                }
            })
            .collect(),
    }
}
