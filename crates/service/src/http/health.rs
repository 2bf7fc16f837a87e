//! Owns the health checks. Neither says 200 out of habit: the shallow one needs a readable election, the
//! deep one everything that a vote needs.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use election_core::keys::{BallotKey, VoterKey};
use serde::Serialize;
use tokio::sync::watch;
use utoipa::ToSchema;

use super::problem::Problem;
use crate::ports::{PortError, PortResult, VoterRoll};
use crate::regions::Region;
use crate::results::ResultsReader;
use crate::tally::lag;

/// What a region's health depends on.
pub struct HealthApi {
    /// The region.
    pub region: Arc<Region>,
    /// The voter roll.
    pub roll: Arc<dyn VoterRoll>,
    /// The election, its ballot box and its other regions.
    pub results: Arc<ResultsReader>,
    /// Becomes true when the process begins to stop: health checks fail from then on.
    pub stopping: watch::Receiver<bool>,
}

/// The answer to `GET /health`.
#[derive(Serialize, ToSchema)]
pub(crate) struct HealthAnswer {
    /// Always `ok`; anything else is a problem document.
    #[schema(example = "ok")]
    pub status: &'static str,
}

/// The answer to `GET /health/deep`: `ok` or `failing` for each part.
#[derive(Serialize, ToSchema)]
pub struct DeepHealthAnswer {
    /// All together.
    pub status: &'static str,
    /// The region's queue.
    pub queue: &'static str,
    /// A peer's queue, for second copies.
    pub peer_queue: &'static str,
    /// The ballot box.
    pub ballot_box: &'static str,
    /// The voter roll.
    pub voter_roll: &'static str,
    /// The tally.
    pub tally: &'static str,
    /// Recorded ballots that the tally hasn't folded; null if it can't be told.
    pub tally_lag: Option<u64>,
}

/// Whether requests should be routed here.
#[utoipa::path(get, path = "/health", tag = "operations", responses(
    (status = 200, body = HealthAnswer),
    (status = 503, body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn shallow(State(api): State<Arc<HealthApi>>) -> Result<Json<HealthAnswer>, Problem> {
    if *api.stopping.borrow() {
        return Err(Problem::UNAVAILABLE);
    }
    api.results.phase.phase().await?;
    Ok(Json(HealthAnswer { status: "ok" }))
}

/// Whether everything that a vote needs works.
#[utoipa::path(get, path = "/health/deep", tag = "operations", responses(
    (status = 200, body = DeepHealthAnswer), (status = 503, body = DeepHealthAnswer),
))]
pub(crate) async fn deep(State(api): State<Arc<HealthApi>>) -> (StatusCode, Json<DeepHealthAnswer>) {
    let answer = examine(&api.region, api.roll.as_ref(), &api.results).await;
    let status = if answer.status == word(true) {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(answer))
}

/// Tries everything that a vote in a region needs.
pub async fn examine(region: &Region, roll: &dyn VoterRoll, results: &ResultsReader) -> DeepHealthAnswer {
    let own = region.active_stores();
    let peer = results
        .regions
        .peers_of(region.name())
        .find_map(|peer| peer.active_intake());
    let queue = match &own {
        Some(stores) => stores.intake.depth().await.is_ok(),
        None => false,
    };
    let peer_queue = match peer {
        Some(peer) => peer.depth().await.is_ok(),
        None => false,
    };
    let ballot_box = results.ballots.find(&BallotKey([0; 12])).await.is_ok();
    let voter_roll = roll.find(&VoterKey([0; 32])).await.is_ok();
    let tally_lag = tally_lag(region, results).await;
    let tally = tally_lag.is_ok();
    let parts = [queue, peer_queue, ballot_box, voter_roll, tally];
    DeepHealthAnswer {
        status: word(parts.into_iter().all(|ok| ok)),
        queue: word(queue),
        peer_queue: word(peer_queue),
        ballot_box: word(ballot_box),
        voter_roll: word(voter_roll),
        tally: word(tally),
        tally_lag: tally_lag.ok().flatten(),
    }
}

fn word(ok: bool) -> &'static str {
    if ok { "ok" } else { "failing" }
}

async fn tally_lag(region: &Region, results: &ResultsReader) -> PortResult<Option<u64>> {
    let stores = region.active_stores();
    let stores = stores.ok_or_else(|| PortError::Unavailable("the region isn't active".to_owned()))?;
    let tally = stores.tallies.load().await?.tally;
    lag(
        &results.definition,
        results.ballots.as_ref(),
        &results.phase,
        &tally,
    )
    .await
}
