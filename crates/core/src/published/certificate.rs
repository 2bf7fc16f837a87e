//! Owns the certificate: what was certified, and which files say so.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::results::lines;
use super::{CertifiedElection, FORMAT, FileDigest};
use crate::identifiers::{CandidateId, ContestId, ElectionHash, ElectionId, JurisdictionId};
use crate::tally::{ContestCounts, Counts};

/// The counts of a contest in a jurisdiction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertifiedContest {
    /// The contest.
    pub id: ContestId,
    /// Ballots that left it blank.
    pub blank: u64,
    /// Votes that it allowed and voters didn't use.
    pub undervotes: u64,
    /// Votes for names written in.
    pub write_ins: u64,
    /// Votes by candidate, of those who run there.
    pub votes: BTreeMap<CandidateId, u64>,
}

/// The counts of a jurisdiction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertifiedJurisdiction {
    /// The jurisdiction.
    pub id: JurisdictionId,
    /// Registered voters.
    pub registered: u64,
    /// Ballots counted.
    pub ballots: u64,
    /// The contests on its ballot, in the definition's order.
    pub contests: Vec<CertifiedContest>,
}

/// Ties an export's files together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// [`FORMAT`].
    pub format: u8,
    /// The election's id.
    pub election: ElectionId,
    /// SHA-256 of its definition.
    pub election_hash: ElectionHash,
    /// When it was certified, in UTC.
    #[serde(with = "time::serde::rfc3339")]
    pub certified_at: OffsetDateTime,
    /// Ballots counted.
    pub ballots: u64,
    /// Registered voters.
    pub registered: u64,
    /// In the definition's order.
    pub jurisdictions: Vec<CertifiedJurisdiction>,
    /// The digests of the lists and results that are exported.
    pub files: BTreeMap<String, FileDigest>,
}

/// Why bytes aren't a certificate that this version understands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct CertificateError {
    /// The line, if it is one line's fault.
    pub line: Option<u64>,
    /// What is wrong.
    pub reason: String,
}

impl Certificate {
    /// The certificate of an election and of the files exported so far.
    pub fn new(election: &CertifiedElection<'_>, files: BTreeMap<String, FileDigest>) -> Self {
        let none = Counts::default();
        let jurisdictions: Vec<_> = election
            .definition
            .jurisdictions()
            .iter()
            .map(|jurisdiction| {
                let id = jurisdiction.id();
                CertifiedJurisdiction {
                    id: id.clone(),
                    registered: election.registered_in(id),
                    ballots: election.ballots_in(id),
                    contests: contests(
                        election,
                        id,
                        election.counts.get(&Some(id.clone())).unwrap_or(&none),
                    ),
                }
            })
            .collect();
        Self {
            format: FORMAT,
            election: election.definition.id().clone(),
            election_hash: election.definition.hash(),
            certified_at: election.certified_at,
            ballots: jurisdictions
                .iter()
                .map(|jurisdiction| jurisdiction.ballots)
                .sum(),
            registered: jurisdictions
                .iter()
                .map(|jurisdiction| jurisdiction.registered)
                .sum(),
            jurisdictions,
            files,
        }
    }

    /// The file's bytes.
    pub fn write(&self) -> Result<Vec<u8>, serde_json::Error> {
        lines(self)
    }

    /// Reads a certificate. Whether its bytes are exactly what [`Self::write`] makes is another question.
    pub fn read(bytes: &[u8]) -> Result<Self, CertificateError> {
        let certificate: Self = serde_json::from_slice(bytes).map_err(|error| CertificateError {
            line: Some(error.line() as u64).filter(|line| *line > 0),
            reason: format!("no certificate: {error}"),
        })?;
        if certificate.format != FORMAT {
            return Err(CertificateError {
                line: None,
                reason: format!(
                    "format {} is of another version of this program",
                    certificate.format
                ),
            });
        }
        Ok(certificate)
    }

    /// Registered voters by jurisdiction.
    pub fn registered(&self) -> BTreeMap<JurisdictionId, u64> {
        let jurisdictions = self.jurisdictions.iter();
        jurisdictions
            .map(|jurisdiction| (jurisdiction.id.clone(), jurisdiction.registered))
            .collect()
    }
}

fn contests(election: &CertifiedElection<'_>, id: &JurisdictionId, counts: &Counts) -> Vec<CertifiedContest> {
    let none = ContestCounts::default();
    let contests = election.definition.ballot_style(id);
    contests
        .map(|contest| {
            let counts = counts.contests.get(contest.id()).unwrap_or(&none);
            let votes = |candidate: &CandidateId| counts.votes.get(candidate).copied().unwrap_or(0);
            CertifiedContest {
                id: contest.id().clone(),
                blank: counts.blank,
                undervotes: counts.undervotes,
                write_ins: counts.write_ins,
                votes: contest
                    .candidates_in(id)
                    .map(|candidate| (candidate.id().clone(), votes(candidate.id())))
                    .collect(),
            }
        })
        .collect()
}
