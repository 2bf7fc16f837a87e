//! Owns the documents of the HTTP API that the load test reads (docs/API.md), and where they are.

use std::time::Duration;

use hyper::Uri;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::failure::Failure;
use crate::http::{Answer, Ask, Client, Endpoint, NoAnswer};

/// One region, as the load test reaches it.
pub(crate) struct Target {
    /// The region's name, or the host's if it names none.
    pub(crate) name: String,
    /// The region, if the host names one.
    pub(crate) region: Option<String>,
    /// How many voters have it for their nearest one.
    pub(crate) weight: u32,
    /// The server.
    pub(crate) endpoint: Endpoint,
    /// What every path begins with.
    pub(crate) prefix: String,
    /// `/votes`.
    pub(crate) votes: Uri,
}

impl Target {
    /// A path there. `None` if it can't be part of a URL.
    pub(crate) fn uri(&self, path: &str) -> Option<Uri> {
        format!("{}{path}", self.prefix).parse().ok()
    }
}

/// `GET /election`, as far as it matters here.
#[derive(Deserialize)]
pub(crate) struct Election {
    pub(crate) election_hash: String,
    pub(crate) phase: String,
    pub(crate) regions: Vec<String>,
}

/// The answer 202 to `POST /votes`.
#[derive(Deserialize)]
pub(crate) struct Cast<'a> {
    pub(crate) receipt: &'a str,
    pub(crate) ballot_id: &'a str,
}

/// Every error.
#[derive(Deserialize)]
pub(crate) struct Problem {
    pub(crate) code: String,
}

/// `GET /receipts/{receipt}`.
#[derive(Deserialize)]
pub(crate) struct ReceiptStatus {
    pub(crate) status: String,
}

/// `POST /eligibility`, as far as it matters here.
#[derive(Deserialize)]
pub(crate) struct Eligibility {
    pub(crate) jurisdiction: Id,
    pub(crate) voted: bool,
}

/// Something with an id.
#[derive(Deserialize)]
pub(crate) struct Id {
    pub(crate) id: String,
}

/// `GET /votes`. Counts that are secret are missing.
#[derive(Clone, Deserialize)]
pub(crate) struct Results {
    pub(crate) seq: u64,
    pub(crate) tally_lag: Option<u64>,
    pub(crate) ballots_cast: u64,
    pub(crate) jurisdictions: Vec<JurisdictionResult>,
}

/// A jurisdiction's counts.
#[derive(Clone, Deserialize)]
pub(crate) struct JurisdictionResult {
    pub(crate) id: String,
    pub(crate) contests: Vec<ContestResult>,
}

/// A contest's counts.
#[derive(Clone, Deserialize)]
pub(crate) struct ContestResult {
    pub(crate) id: String,
    pub(crate) ballots_cast: u64,
    pub(crate) undervotes: Option<u64>,
    pub(crate) write_ins: Option<u64>,
    pub(crate) candidates: Vec<CandidateResult>,
}

/// A candidate's votes.
#[derive(Clone, Deserialize)]
pub(crate) struct CandidateResult {
    pub(crate) id: String,
    pub(crate) votes: Option<u64>,
}

/// Why a document couldn't be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoDocument {
    /// Nothing came back.
    #[error(transparent)]
    NoAnswer(#[from] NoAnswer),
    /// Something that isn't this API's came back.
    #[error("the answer ({0}) isn't what an election server says")]
    Garbage(u16),
    /// A problem came back.
    #[error("{0} {1}")]
    Problem(u16, String),
}

impl From<NoDocument> for Failure {
    fn from(error: NoDocument) -> Self {
        Self::Internal(error.into())
    }
}

/// Reads an answer as a document or as a problem.
pub(crate) fn read<T: DeserializeOwned>(answer: &Answer) -> Result<T, NoDocument> {
    if answer.status == 200 {
        return serde_json::from_slice(&answer.body).map_err(|_| NoDocument::Garbage(answer.status));
    }
    match serde_json::from_slice::<Problem>(&answer.body) {
        Ok(problem) if answer.status >= 400 => Err(NoDocument::Problem(answer.status, short(problem.code))),
        _ => Err(NoDocument::Garbage(answer.status)),
    }
}

/// A code as far as it can be one: what a foreign server says isn't repeated at length.
pub(crate) fn short(code: String) -> String {
    let is_code = |character: char| character.is_ascii_alphanumeric() || character == '-';
    if code.len() <= 40 && code.chars().all(is_code) {
        code
    } else {
        "(not a code)".to_owned()
    }
}

/// One user's connections, one to each server.
pub(crate) struct Clients(Vec<(std::net::SocketAddr, Client)>);

impl Clients {
    /// Opens nothing yet.
    pub(crate) fn new(targets: &[Target], timeout: Duration) -> Self {
        let mut clients: Vec<(std::net::SocketAddr, Client)> = Vec::new();
        for target in targets {
            if clients
                .iter()
                .all(|(address, _)| *address != target.endpoint.address)
            {
                clients.push((
                    target.endpoint.address,
                    Client::new(target.endpoint.clone(), timeout),
                ));
            }
        }
        Self(clients)
    }

    /// Sends to a target's server.
    pub(crate) async fn send(&mut self, target: &Target, ask: &Ask<'_>) -> Result<Answer, NoAnswer> {
        match self
            .0
            .iter_mut()
            .find(|(address, _)| *address == target.endpoint.address)
        {
            Some((_, client)) => client.send(ask).await,
            None => Err(NoAnswer::Unreachable),
        }
    }

    /// Gets a document; asks once more if there is no answer in time.
    pub(crate) async fn get<T: DeserializeOwned>(
        &mut self,
        target: &Target,
        path: &str,
    ) -> Result<T, NoDocument> {
        let uri = target.uri(path).ok_or(NoDocument::Garbage(0))?;
        let answer = match self.send(target, &Ask::get(&uri)).await {
            // One connection that got stuck is no reason to give up a whole run.
            Err(NoAnswer::TimedOut) => self.send(target, &Ask::get(&uri)).await,
            answer => answer,
        };
        read(&answer?)
    }

    /// Asks for a voter's ballot.
    pub(crate) async fn eligibility(
        &mut self,
        target: &Target,
        voter_id: &str,
    ) -> Result<Eligibility, NoDocument> {
        let uri = target.uri("/eligibility").ok_or(NoDocument::Garbage(0))?;
        let body = format!(r#"{{"voter_id":"{voter_id}"}}"#);
        read(&self.send(target, &Ask::post(&uri, body)).await?)
    }
}
