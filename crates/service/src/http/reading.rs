//! Owns what anybody may read: `GET /votes`, `GET /election`, `GET /receipts/{receipt}`, the visitor counter.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use election_core::identifiers::{ContestId, ElectionHash, JurisdictionId};
use election_core::phase::Phase;
use election_core::receipt::Receipt;
use election_core::results::Results;
use serde::Serialize;
use tokio::sync::Mutex;
use tokio::time::Instant;
use utoipa::ToSchema;

use super::cached::Cacheable;
use super::problem::Problem;
use crate::regions::Region;
use crate::results::ResultsReader;

/// Results are made at most this often per region.
const RESULTS_AGE: Duration = Duration::from_millis(250);
const RESULTS_CACHE_CONTROL: &str = "public, max-age=1, stale-while-revalidate=10";
const ELECTION_CACHE_CONTROL: &str = "public, max-age=1, stale-while-revalidate=10";

/// What anybody may read of a region.
pub struct ReadingApi {
    region: Arc<Region>,
    results: Arc<ResultsReader>,
    cache: ResultsCache,
}

impl ReadingApi {
    /// Reads the region's tally, and everything else from the whole election's stores.
    pub fn new(region: Arc<Region>, results: Arc<ResultsReader>) -> Self {
        Self {
            region,
            results,
            cache: ResultsCache::default(),
        }
    }
}

struct Made {
    at: Instant,
    results: Arc<Results>,
    whole: Cacheable,
}

/// A region's newest results.
#[derive(Default)]
pub(crate) struct ResultsCache(Mutex<Option<Made>>);

impl ResultsCache {
    async fn get(&self, api: &ReadingApi) -> Result<(Arc<Results>, Cacheable), Problem> {
        // One request makes new results, the others wait for them.
        let mut made = self.0.lock().await;
        if let Some(made) = made.as_ref().filter(|made| made.at.elapsed() < RESULTS_AGE) {
            return Ok((made.results.clone(), made.whole.clone()));
        }
        let at = Instant::now();
        let stores = api.region.active_stores().ok_or(Problem::REGION_UNAVAILABLE)?;
        let results = Arc::new(api.results.read(stores.tallies.as_ref()).await?);
        let whole = write(results.as_ref())?;
        *made = Some(Made {
            at,
            results: results.clone(),
            whole: whole.clone(),
        });
        Ok((results, whole))
    }
}

fn write(document: &impl Serialize) -> Result<Cacheable, Problem> {
    let body = serde_json::to_vec(document).map_err(|error| {
        tracing::error!(%error, "a document can't be written");
        Problem::UNAVAILABLE
    })?;
    Ok(Cacheable::new(body))
}

/// The results as this region has counted them.
#[utoipa::path(get, path = "/votes", tag = "results", params(
    ("jurisdiction" = Option<String>, Query, description = "Only this jurisdiction's ballots"),
    ("contest" = Option<String>, Query, description = "Only this contest"),
), responses(
    (status = 200, body = Results),
    (status = 304, description = "Not changed since the ETag in If-None-Match"),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "query-parameter-unknown"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "jurisdiction-unknown, contest-unknown"),
    (status = 503, body = Problem, content_type = "application/problem+json", description = "unavailable, region-unavailable"),
))]
pub(crate) async fn votes(
    State(api): State<Arc<ReadingApi>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let filter = Filter::parse(query.as_deref().unwrap_or_default())?;
    let definition = &api.results.definition;
    if filter
        .jurisdiction
        .as_ref()
        .is_some_and(|id| definition.jurisdiction(id).is_none())
    {
        return Err(Problem::JURISDICTION);
    }
    if filter
        .contest
        .as_ref()
        .is_some_and(|id| definition.contest(id).is_none())
    {
        return Err(Problem::CONTEST);
    }
    let (results, whole) = api.cache.get(&api).await?;
    if filter.jurisdiction.is_none() && filter.contest.is_none() {
        return Ok(whole.answer(&headers, RESULTS_CACHE_CONTROL));
    }
    let mut results = results.as_ref().clone();
    if let Some(id) = &filter.jurisdiction {
        results = results.in_jurisdiction(id);
    }
    if let Some(id) = &filter.contest {
        results = results.of_contest(id.as_str());
    }
    Ok(write(&results)?.answer(&headers, RESULTS_CACHE_CONTROL))
}

#[derive(Default)]
struct Filter {
    jurisdiction: Option<JurisdictionId>,
    contest: Option<ContestId>,
}

impl Filter {
    fn parse(query: &str) -> Result<Self, Problem> {
        let mut filter = Self::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("jurisdiction", id)) if filter.jurisdiction.is_none() => {
                    filter.jurisdiction = Some(JurisdictionId::parse(id).map_err(|_| Problem::JURISDICTION)?);
                }
                Some(("contest", id)) if filter.contest.is_none() => {
                    filter.contest = Some(ContestId::parse(id).map_err(|_| Problem::CONTEST)?);
                }
                _ => return Err(Problem::QUERY),
            }
        }
        Ok(filter)
    }
}

/// The answer to `GET /election`.
#[derive(Serialize, ToSchema)]
pub(crate) struct ElectionAnswer {
    /// SHA-256 of the definition file.
    #[schema(value_type = String)]
    pub election_hash: ElectionHash,
    /// Where the election stands.
    pub phase: Phase,
    /// The regions, each also under `/regions/{name}/`.
    pub regions: Vec<String>,
    /// The definition, with all translations.
    pub definition: serde_json::Value,
}

/// The definition, its hash, and where the election stands.
#[utoipa::path(get, path = "/election", tag = "results", responses(
    (status = 200, body = ElectionAnswer),
    (status = 304, description = "Not changed since the ETag in If-None-Match"),
    (status = 503, body = Problem, content_type = "application/problem+json", description = "unavailable, region-unavailable"),
))]
pub(crate) async fn election(
    State(api): State<Arc<ReadingApi>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let definition = &api.results.definition;
    let answer = ElectionAnswer {
        election_hash: definition.hash(),
        phase: api.results.phase.phase().await?.phase,
        regions: api
            .results
            .regions
            .iter()
            .map(|region| region.name().to_string())
            .collect(),
        definition: serde_json::to_value(definition.document()).map_err(|error| {
            tracing::error!(%error, "the definition can't be written");
            Problem::UNAVAILABLE
        })?,
    };
    Ok(write(&answer)?.answer(&headers, ELECTION_CACHE_CONTROL))
}

/// The answer to `GET /receipts/{receipt}`.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReceiptAnswer {
    /// `recorded`: this very ballot; `another-ballot-recorded`: another one of the same voter.
    #[schema(example = "recorded")]
    pub status: &'static str,
}

/// Whether the ballot that a receipt was given for is recorded.
#[utoipa::path(get, path = "/receipts/{receipt}", tag = "results",
    params(("receipt" = String, Path, example = "1000-G40R-40M3-0E20-9185-WHKY-4RBC-S53J-J64K")), responses(
    (status = 200, body = ReceiptAnswer),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "receipt-malformed"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "not-recorded (yet)"),
    (status = 503, body = Problem, content_type = "application/problem+json", description = "unavailable, region-unavailable"),
))]
pub(crate) async fn receipt(
    State(api): State<Arc<ReadingApi>>,
    receipt: Result<Path<String>, PathRejection>,
) -> Result<Json<ReceiptAnswer>, Problem> {
    // A path that isn't UTF-8 is no receipt either.
    let Path(receipt) = receipt.map_err(|_| Problem::RECEIPT)?;
    let receipt = Receipt::parse(&receipt).map_err(|_| Problem::RECEIPT)?;
    let recorded = api
        .results
        .ballots
        .find(receipt.ballot_key())
        .await?
        .ok_or(Problem::NOT_RECORDED)?;
    let is_this = receipt.is_for(&recorded.digest(&api.results.definition.hash()));
    Ok(Json(ReceiptAnswer {
        status: if is_this {
            "recorded"
        } else {
            "another-ballot-recorded"
        },
    }))
}

/// The answer to `/visits`.
#[derive(Serialize, ToSchema)]
pub(crate) struct VisitsAnswer {
    /// Visits of the website so far.
    pub visits: u64,
}

/// Counts a visit of the website.
#[utoipa::path(post, path = "/visits", tag = "website", responses(
    (status = 200, body = VisitsAnswer),
    (status = 503, body = Problem, content_type = "application/problem+json", description = "unavailable, region-unavailable"),
))]
pub(crate) async fn add_visit(State(api): State<Arc<ReadingApi>>) -> Result<Json<VisitsAnswer>, Problem> {
    Ok(Json(VisitsAnswer {
        visits: api.results.elections.add_visit().await?,
    }))
}

/// How many visits the website had.
#[utoipa::path(get, path = "/visits", tag = "website", responses(
    (status = 200, body = VisitsAnswer),
    (status = 503, body = Problem, content_type = "application/problem+json", description = "unavailable, region-unavailable"),
))]
pub(crate) async fn visits(State(api): State<Arc<ReadingApi>>) -> Result<Json<VisitsAnswer>, Problem> {
    Ok(Json(VisitsAnswer {
        visits: api.results.elections.visits().await?,
    }))
}
