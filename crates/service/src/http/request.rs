//! Owns the reading of request bodies: their type, size and shape. Nothing read here is ever logged.

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::header;
use election_core::ballot::BallotId;
use election_core::content::Selections;
use election_core::identifiers::ElectionHash;
use election_core::json::Json;
use election_core::voter_id::VoterId;
use utoipa::ToSchema;

use super::problem::Problem;
use crate::enqueuer::Vote;

/// The longest body, in bytes.
pub const BODY_BYTES: usize = 64 * 1024;

/// A body of type JSON within the limit, not parsed yet.
pub(crate) struct JsonBody(pub(crate) axum::body::Bytes);

impl<S: Send + Sync> FromRequest<S> for JsonBody {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let content_type = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        let media_type = content_type
            .and_then(|value| value.split(';').next())
            .unwrap_or_default();
        if !media_type.trim().eq_ignore_ascii_case("application/json") {
            return Err(Problem::MEDIA_TYPE);
        }
        let announced = request
            .headers()
            .get(header::CONTENT_LENGTH)
            .and_then(|value| value.to_str().ok());
        if announced
            .and_then(|value| value.parse::<usize>().ok())
            .is_some_and(|length| length > BODY_BYTES)
        {
            return Err(Problem::TOO_LARGE);
        }
        read(request.into_body()).await.map(Self)
    }
}

async fn read(body: Body) -> Result<axum::body::Bytes, Problem> {
    to_bytes(body, BODY_BYTES).await.map_err(|error| {
        let too_large = std::error::Error::source(&error)
            .is_some_and(|source| source.to_string().contains("length limit"));
        if too_large {
            Problem::TOO_LARGE
        } else {
            Problem::JSON
        }
    })
}

/// The body of `POST /votes`. No `Debug`: it is the vote.
#[derive(ToSchema)]
pub struct VoteRequest {
    /// The voter id on the letter; case, hyphens and spaces don't matter.
    #[schema(example = "K7RM2-9XQ4T-0WZ34")]
    pub voter_id: String,
    /// A UUID that the client makes once per ballot; a retry sends the same.
    #[schema(example = "00112233-4455-6677-8899-aabbccddeeff")]
    pub ballot_id: String,
    /// By contest: candidates' ids, or `{"write_in": "Jane Doe"}`.
    #[schema(value_type = std::collections::BTreeMap<String, Vec<serde_json::Value>>,
             example = json!({"president": ["biden"]}))]
    pub selections: Selections,
    /// The election hash that the ballot was shown under; refused if it is another.
    pub election_hash: Option<String>,
}

impl VoteRequest {
    /// Reads a body's shape: exactly these fields, with these types.
    pub fn parse(body: &[u8]) -> Result<Self, Problem> {
        let (mut voter_id, mut ballot_id, mut selections, mut election_hash) = (None, None, None, None);
        for (key, value) in object(body)? {
            match (key.as_str(), value) {
                ("voter_id", Json::Text(text)) => voter_id = Some(text),
                ("ballot_id", Json::Text(text)) => ballot_id = Some(text),
                ("election_hash", Json::Text(text)) => election_hash = Some(text),
                ("selections", json) => selections = Selections::from_json(&json),
                _ => return Err(Problem::SHAPE),
            }
        }
        match (voter_id, ballot_id, selections) {
            (Some(voter_id), Some(ballot_id), Some(selections)) => Ok(Self {
                voter_id,
                ballot_id,
                selections,
                election_hash,
            }),
            _ => Err(Problem::SHAPE),
        }
    }

    /// Reads its texts.
    pub(crate) fn vote(self) -> Result<Vote, Problem> {
        let voter_id = VoterId::parse(&self.voter_id).map_err(|_| Problem::VOTER_ID)?;
        let ballot_id = BallotId::parse(&self.ballot_id).map_err(|_| Problem::BALLOT_ID)?;
        // A hash that can't be read is another election's for sure.
        let read_hash =
            |text: String| ElectionHash::from_hex(&text).unwrap_or(ElectionHash::from_bytes([0; 32]));
        Ok(Vote {
            voter_id,
            ballot_id,
            selections: self.selections,
            election_hash: self.election_hash.map(read_hash),
        })
    }
}

/// The body of `POST /eligibility`. No `Debug`: it is the voter's credential.
#[derive(ToSchema)]
pub struct EligibilityRequest {
    /// The voter id on the letter; case, hyphens and spaces don't matter.
    #[schema(example = "K7RM2-9XQ4T-0WZ34")]
    pub voter_id: String,
}

impl EligibilityRequest {
    /// Reads a body's shape: exactly this field.
    pub fn parse(body: &[u8]) -> Result<Self, Problem> {
        let mut entries = object(body)?.into_iter();
        match (entries.next(), entries.next()) {
            (Some((key, Json::Text(voter_id))), None) if key == "voter_id" => Ok(Self { voter_id }),
            _ => Err(Problem::SHAPE),
        }
    }

    /// Reads its text.
    pub(crate) fn voter_id(&self) -> Result<VoterId, Problem> {
        VoterId::parse(&self.voter_id).map_err(|_| Problem::VOTER_ID)
    }
}

fn object(body: &[u8]) -> Result<Vec<(String, Json)>, Problem> {
    match Json::parse(body).map_err(|_| Problem::JSON)? {
        Json::Object(entries) => Ok(entries),
        _ => Err(Problem::SHAPE),
    }
}
