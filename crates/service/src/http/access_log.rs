//! Owns what is around every answer: the region's state, the time limit, the headers, the access log and
//! the metrics. The log has the route's template, never a path, a query or an address.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::problem::Problem;
use super::{REGION_HEADER, RegionApi};
use crate::regions::Region;

/// Puts the headers on an answer that all have, and logs and counts it.
pub(super) async fn answer(State(api): State<RegionApi>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map(|path| path.as_str().to_owned());
    let route = route.as_deref().unwrap_or("(none)");
    let method = request.method().clone();
    let mut response = next.run(request).await;
    let took = began.elapsed();
    let status = response.status().as_u16();
    let headers = response.headers_mut();
    if let Ok(name) = HeaderValue::from_str(api.region.name().as_str()) {
        headers.insert(REGION_HEADER, name);
    }
    protect(headers);
    api.metrics.request(route, status, took);
    let latency_ms = took.as_secs_f64() * 1000.0;
    tracing::debug!(target: "access", %method, route, status, latency_ms, region = %api.region.name(), "answered");
    response
}

/// What every answer says unless it says otherwise: nobody may keep it or guess its type.
pub(super) fn protect(headers: &mut HeaderMap) {
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
}

/// Answers for an active region only, and within the time limit.
pub(super) async fn in_time(
    State((region, timeout)): State<(Arc<Region>, Duration)>,
    request: Request,
    next: Next,
) -> Response {
    if !region.is_active() {
        return Problem::REGION_UNAVAILABLE.into_response();
    }
    let answered = tokio::time::timeout(timeout, next.run(request)).await;
    answered.unwrap_or_else(|_| Problem::UNAVAILABLE.into_response())
}

/// Refuses query parameters where there are none.
pub(super) async fn refuse_query(request: Request, next: Next) -> Response {
    match request.uri().query() {
        Some(query) if !query.is_empty() => Problem::QUERY.into_response(),
        _ => next.run(request).await,
    }
}
