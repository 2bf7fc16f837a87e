//! The HTTP API of one region as an axum router, and of all regions of one process under one address.
//! Handlers parse, call one use case, and map the result.

mod access_log;
mod cached;
mod cross_origin;
mod health;
mod openapi;
mod problem;
mod reading;
mod refusals;
mod request;
mod site;
mod voting;

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderName, HeaderValue};
use axum::routing::{get, post};

pub use health::{DeepHealthAnswer, HealthApi, examine};
pub use openapi::document as openapi_document;
pub use problem::{FieldProblem, Problem};
pub use reading::ReadingApi;
pub use refusals::Refusals;
pub use request::{BODY_BYTES, EligibilityRequest, VoteRequest};
pub use site::site;
pub use voting::VotingApi;

use crate::metrics::Metrics;
use crate::regions::Region;

/// Names the region that answered.
pub const REGION_HEADER: HeaderName = HeaderName::from_static("x-election-region");

/// What the API of one region needs. Cloned several times for each request, so it is one reference.
#[derive(Clone)]
pub struct RegionApi(Arc<RegionParts>);

impl Deref for RegionApi {
    type Target = RegionParts;

    fn deref(&self) -> &RegionParts {
        &self.0
    }
}

/// The parts of a [`RegionApi`].
pub struct RegionParts {
    region: Arc<Region>,
    metrics: Arc<Metrics>,
    region_header: HeaderValue,
    website_origin: Option<HeaderValue>,
    request_timeout: Duration,
}

/// How the API behaves towards its clients.
#[derive(Clone)]
pub struct ApiSettings {
    /// The website's origin, if it is another than the API's: it alone may call the API from a browser.
    pub website_origin: Option<HeaderValue>,
    /// The longest that answering may take; then 503.
    pub request_timeout: Duration,
}

/// Some or all routes of one region, made by [`voting_routes`], [`reading_routes`] and [`health_routes`], with
/// what is around every answer.
pub fn region_router(
    region: Arc<Region>,
    metrics: Arc<Metrics>,
    settings: &ApiSettings,
    routes: Router,
) -> Router {
    // An identifier's characters are all allowed in a header.
    let region_header = HeaderValue::from_str(region.name().as_str()).unwrap_or(HeaderValue::from_static(""));
    let api = RegionApi(Arc::new(RegionParts {
        region,
        metrics,
        region_header,
        website_origin: settings.website_origin.clone(),
        request_timeout: settings.request_timeout,
    }));
    routes
        .fallback(async || Problem::NOT_FOUND)
        .method_not_allowed_fallback(async || Problem::METHOD)
        .layer(axum::middleware::from_fn_with_state(api, access_log::answer))
}

/// What voters send: the only routes that need a voter's secrets.
pub fn voting_routes(api: VotingApi) -> Router {
    Router::new()
        .route("/votes", post(voting::cast))
        .route("/eligibility", post(voting::eligibility))
        .route_layer(axum::middleware::from_fn(access_log::refuse_query))
        .with_state(Arc::new(api))
}

/// What anybody may read. Needs no secret.
pub fn reading_routes(api: ReadingApi) -> Router {
    Router::new()
        .route("/election", get(reading::election))
        .route("/receipts/{receipt}", get(reading::receipt))
        .route("/visits", get(reading::visits).post(reading::add_visit))
        .route("/openapi.json", get(openapi::answer))
        .route_layer(axum::middleware::from_fn(access_log::refuse_query))
        .route("/votes", get(reading::votes))
        .with_state(Arc::new(api))
}

/// What routing and monitoring ask.
pub fn health_routes(api: HealthApi) -> Router {
    Router::new()
        .route("/health", get(health::shallow))
        .route("/health/deep", get(health::deep))
        .route_layer(axum::middleware::from_fn(access_log::refuse_query))
        .with_state(Arc::new(api))
}
