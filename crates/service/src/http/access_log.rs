//! Owns what is around every answer: the region's state, the time limit, the headers, the access log and
//! the metrics. The log has the route's template, never a path, a query or an address.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::cross_origin::Permission;
use super::problem::Problem;
use super::{REGION_HEADER, RegionApi};

/// Answers in time, puts the headers on the answer that all have, and logs and counts it. One middleware: each
/// has its price, and every request would pay it.
pub(super) async fn answer(State(api): State<RegionApi>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("(none)", MatchedPath::as_str);
    let method = request.method().clone();
    let permission = Permission::of(&request, api.website_origin.as_ref());
    let mut response = if permission.is_preflight {
        StatusCode::NO_CONTENT.into_response()
    } else {
        in_time(&api, request, next).await
    };
    let headers = response.headers_mut();
    // Also where the answer is that it took too long: a website can read why it has to try again.
    permission.tell(headers);
    headers.insert(REGION_HEADER, api.region_header.clone());
    protect(headers);
    let took = began.elapsed();
    let status = response.status().as_u16();
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
async fn in_time(api: &RegionApi, request: Request, next: Next) -> Response {
    if !api.region.is_active() {
        return Problem::REGION_UNAVAILABLE.into_response();
    }
    let answered = tokio::time::timeout(api.request_timeout, next.run(request)).await;
    answered.unwrap_or_else(|_| Problem::UNAVAILABLE.into_response())
}

/// Refuses query parameters where there are none.
pub(super) async fn refuse_query(request: Request, next: Next) -> Response {
    match request.uri().query() {
        Some(query) if !query.is_empty() => Problem::QUERY.into_response(),
        _ => next.run(request).await,
    }
}
