//! Owns what the operators' page shows at a glance. It holds no candidate's count, in no phase.

use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use election_service::http::{DeepHealthAnswer, examine};
use election_service::metrics::Activity;
use election_service::ports::PortResult;
use election_service::regions::Region;
use serde::Serialize;
use serde_json::{Value, json};

use crate::election::Election;

/// The clock that rates are computed with.
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// What is going on in a region, beside its share of the status.
#[derive(Serialize)]
struct RegionOverview {
    name: String,
    /// Counted since the process began.
    #[serde(flatten)]
    activity: Activity,
    /// For how long the oldest message has waited that could be worked on; null if none does.
    overdue_ms: Option<u64>,
    /// Null while the region isn't active.
    health: Option<DeepHealthAnswer>,
}

/// What the page may know without the token: what is voted on.
pub(super) async fn definition(State(election): State<Arc<Election>>) -> Json<Value> {
    Json(json!({ "definition": election.definition.document() }))
}

pub(super) async fn overview(State(election): State<Arc<Election>>) -> Response {
    match gather(&election).await {
        Ok(overview) => ([(header::CACHE_CONTROL, "no-store")], Json(overview)).into_response(),
        Err(error) => {
            tracing::error!(%error, "the overview can't be made");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

async fn gather(election: &Election) -> PortResult<Value> {
    let mut regions = Vec::new();
    for region in election.regions.iter() {
        regions.push(region_overview(election, region).await?);
    }
    Ok(json!({
        "elapsed_ms": milliseconds(START.elapsed()),
        "status": election.operations.status().await?,
        "regions": regions,
    }))
}

async fn region_overview(election: &Election, region: &Region) -> PortResult<RegionOverview> {
    let overdue = match region.kept_stores() {
        Some(stores) => stores.intake.overdue().await?,
        None => None,
    };
    let health = if region.is_active() {
        Some(examine(region, election.operations.roll.as_ref(), &election.results).await)
    } else {
        None
    };
    Ok(RegionOverview {
        name: region.name().to_string(),
        activity: election.metrics.activity(region.name()),
        overdue_ms: overdue.map(milliseconds),
        health,
    })
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
