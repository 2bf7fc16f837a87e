//! Owns the OpenAPI 3.1 document, made from the handlers and their types.

use axum::Json;
use utoipa::OpenApi;

use super::{health, reading, voting};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Election platform",
        description = "Cast a ballot, read the results, check a receipt. Every path is also served under \
                       `/regions/{name}/` by that region alone. Every error is an RFC 9457 problem document \
                       with a stable `code`. Besides the codes of each operation there are, at any address: \
                       400 query-parameter-unknown, 404 not-found and region-unknown, \
                       405 method-not-allowed, 503 unavailable and region-unavailable."
    ),
    tags(
        (name = "voting", description = "For the voter's page"),
        (name = "results", description = "For everybody"),
        (name = "operations", description = "For routing and monitoring"),
        (name = "website", description = "For the website"),
    ),
    paths(
        voting::eligibility, voting::cast,
        reading::votes, reading::election, reading::receipt, reading::add_visit, reading::visits,
        health::shallow, health::deep,
        answer,
    )
)]
struct Api;

/// The OpenAPI document.
pub fn document() -> utoipa::openapi::OpenApi {
    Api::openapi()
}

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "operations", responses((status = 200, description = "OpenAPI 3.1")))]
pub(crate) async fn answer() -> Json<utoipa::openapi::OpenApi> {
    Json(document())
}
