//! Owns `POST /eligibility` and `POST /votes`.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Json;
use axum::extract::{ConnectInfo, FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use election_core::definition::Contest;
use election_core::identifiers::{ElectionHash, JurisdictionId};
use serde::Serialize;
use utoipa::ToSchema;

use super::problem::Problem;
use super::refusals::Refusals;
use super::request::{EligibilityRequest, JsonBody, VoteRequest};
use crate::enqueuer::{CastError, Enqueuer};
use crate::metrics::Metrics;

/// What voters need of a region.
pub struct VotingApi {
    /// Accepts votes.
    pub enqueuer: Arc<Enqueuer>,
    /// Counts what was accepted and refused.
    pub metrics: Arc<Metrics>,
    /// Limits guessing.
    pub refusals: Arc<Refusals>,
}

/// The address a request came from, where the server knows it.
pub(crate) struct Source(Option<IpAddr>);

impl<S: Send + Sync> FromRequestParts<S> for Source {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(
            parts
                .extensions
                .get::<ConnectInfo<SocketAddr>>()
                .map(|info| info.0.ip()),
        ))
    }
}

/// A jurisdiction's name on the ballot.
#[derive(Serialize, ToSchema)]
pub(crate) struct BallotJurisdiction {
    /// As in the definition.
    #[schema(example = "ca")]
    pub id: String,
    /// In the election's first language.
    pub name: String,
}

/// A candidate on the ballot.
#[derive(Serialize, ToSchema)]
pub(crate) struct BallotCandidate {
    /// What to send as a selection.
    #[schema(example = "biden")]
    pub id: String,
    /// In the election's first language.
    pub name: String,
    /// The party in this jurisdiction, if any.
    pub party: Option<String>,
}

/// A contest on the ballot.
#[derive(Serialize, ToSchema)]
pub(crate) struct BallotContest {
    /// The key of its selections.
    #[schema(example = "president")]
    pub id: String,
    /// In the election's first language.
    pub title: String,
    /// How many candidates may be chosen.
    pub votes_allowed: u32,
    /// How many of those may be written in.
    pub write_ins: u32,
    /// In the ballot's order.
    pub candidates: Vec<BallotCandidate>,
}

/// The answer to `POST /eligibility`: the voter's ballot.
#[derive(Serialize, ToSchema)]
pub(crate) struct EligibilityAnswer {
    /// Where the voter votes.
    pub jurisdiction: BallotJurisdiction,
    /// Whether a ballot of the voter is recorded.
    pub voted: bool,
    /// To be sent along with the vote.
    #[schema(value_type = String)]
    pub election_hash: ElectionHash,
    /// In the ballot's order.
    pub contests: Vec<BallotContest>,
}

/// The answer to an accepted vote.
#[derive(Serialize, ToSchema)]
pub(crate) struct AcceptedAnswer {
    /// Always `accepted`.
    #[schema(example = "accepted")]
    pub status: &'static str,
    /// Tells later whether this very ballot was recorded.
    #[schema(example = "1000-G40R-40M3-0E20-9185-WHKY-4RBC-S53J-J64K")]
    pub receipt: String,
    /// As sent.
    #[schema(example = "00112233-4455-6677-8899-aabbccddeeff")]
    pub ballot_id: String,
    /// The region that accepted it.
    #[schema(example = "us-east-1")]
    pub region: String,
}

/// Tells a voter's ballot and whether they voted.
#[utoipa::path(post, path = "/eligibility", request_body = EligibilityRequest, tag = "voting", responses(
    (status = 200, body = EligibilityAnswer),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "json-malformed, request-malformed, voter-id-malformed"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "voter-not-found, voter-id-revoked"),
    (status = 410, body = Problem, content_type = "application/problem+json", description = "keys-destroyed"),
    (status = 413, body = Problem, content_type = "application/problem+json", description = "body-too-large"),
    (status = 415, body = Problem, content_type = "application/problem+json", description = "media-type-unsupported"),
    (status = 429, body = Problem, content_type = "application/problem+json", description = "too-many-refused"),
    (status = 503, body = Problem, content_type = "application/problem+json", description = "unavailable, overloaded, region-unavailable"),
))]
pub(crate) async fn eligibility(
    State(api): State<Arc<VotingApi>>,
    source: Source,
    body: JsonBody,
) -> Result<Json<EligibilityAnswer>, Problem> {
    let voter_id = EligibilityRequest::parse(&body.0)?.voter_id()?;
    api.refusals.check(source.0)?;
    let eligibility = api.enqueuer.eligibility(&voter_id).await;
    let eligibility = eligibility.map_err(|error| refuse(&api, &source, error))?;
    let definition = &api.enqueuer.definition;
    let place = &eligibility.jurisdiction;
    let name = definition
        .jurisdiction(place)
        .map_or("", |jurisdiction| jurisdiction.name().fallback());
    Ok(Json(EligibilityAnswer {
        jurisdiction: BallotJurisdiction {
            id: place.to_string(),
            name: name.to_owned(),
        },
        voted: eligibility.voted,
        election_hash: definition.hash(),
        contests: definition
            .ballot_style(place)
            .map(|contest| ballot_contest(contest, place))
            .collect(),
    }))
}

fn ballot_contest(contest: &Contest, place: &JurisdictionId) -> BallotContest {
    let candidates = contest.candidates_in(place).map(|candidate| BallotCandidate {
        id: candidate.id().to_string(),
        name: candidate.name().fallback().to_owned(),
        party: candidate.party_in(place).map(str::to_owned),
    });
    BallotContest {
        id: contest.id().to_string(),
        title: contest.title().fallback().to_owned(),
        votes_allowed: contest.votes_allowed(),
        write_ins: contest.write_ins(),
        candidates: candidates.collect(),
    }
}

/// Casts a vote. 202 means that it is durable in two regions.
#[utoipa::path(post, path = "/votes", request_body = VoteRequest, tag = "voting", responses(
    (status = 202, body = AcceptedAnswer, description = "Durable in two regions, or recorded before"),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "json-malformed, request-malformed, voter-id-malformed, ballot-id-malformed"),
    (status = 403, body = Problem, content_type = "application/problem+json", description = "polls-not-open, polls-closed"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "voter-not-found, voter-id-revoked"),
    (status = 409, body = Problem, content_type = "application/problem+json", description = "already-voted, ballot-changed"),
    (status = 410, body = Problem, content_type = "application/problem+json", description = "keys-destroyed"),
    (status = 413, body = Problem, content_type = "application/problem+json", description = "body-too-large"),
    (status = 415, body = Problem, content_type = "application/problem+json", description = "media-type-unsupported"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "selections-invalid with errors, other-definition"),
    (status = 429, body = Problem, content_type = "application/problem+json", description = "too-many-refused"),
    (status = 503, body = Problem, content_type = "application/problem+json", description = "unavailable, overloaded, region-unavailable; promises nothing, retry the same ballot"),
))]
pub(crate) async fn cast(
    State(api): State<Arc<VotingApi>>,
    source: Source,
    body: JsonBody,
) -> Result<(StatusCode, Json<AcceptedAnswer>), Problem> {
    let vote = VoteRequest::parse(&body.0)?.vote()?;
    api.refusals.check(source.0)?;
    let accepted = api
        .enqueuer
        .cast(&vote)
        .await
        .map_err(|error| refuse(&api, &source, error))?;
    api.metrics.accepted(api.enqueuer.region.name());
    let answer = AcceptedAnswer {
        status: "accepted",
        receipt: accepted.receipt.printed(),
        ballot_id: vote.ballot_id.printed(),
        region: api.enqueuer.region.name().to_string(),
    };
    Ok((StatusCode::ACCEPTED, Json(answer)))
}

/// Maps a refusal, counts it, and counts a refused voter id towards its source's limit.
fn refuse(api: &VotingApi, source: &Source, error: CastError) -> Problem {
    if error == CastError::VoterNotFound {
        api.refusals.refused(source.0);
    }
    let problem = Problem::from(error);
    api.metrics.refused(api.enqueuer.region.name(), problem.code);
    problem
}
