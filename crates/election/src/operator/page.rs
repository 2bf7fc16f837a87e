//! Owns the operators' page: the files of `website/ops/` and those it shares with the website, compiled in. It holds
//! nothing secret; what it asks for needs the token.

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rust_embed::RustEmbed;

use crate::pages;

#[derive(RustEmbed)]
#[folder = "../../website"]
#[include = "config.json"]
#[include = "ops/*"]
#[include = "shared/*"]
struct Files;

pub(super) fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route(
            "/",
            get(async |headers: HeaderMap| file("ops/index.html", &headers)),
        )
        .route(
            "/config.json",
            get(async |headers: HeaderMap| file("config.json", &headers)),
        )
        .route(
            "/assets/{*name}",
            get(async |Path(name): Path<String>, headers: HeaderMap| file(&name, &headers)),
        )
}

fn file(name: &str, headers: &HeaderMap) -> Response {
    pages::answer::<Files>(name, headers).unwrap_or_else(|| StatusCode::NOT_FOUND.into_response())
}
