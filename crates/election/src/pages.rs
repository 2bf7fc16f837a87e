//! Owns the website as this program serves it: the files of `website/`, compiled in, under a strict policy.

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tower::ServiceExt;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_bytes!(concat!("../../../website/", $name)))),*]
    };
}

const PAGES: &[(&str, &[u8])] = files!["404.html", "check.html", "index.html", "results.html"];

const ASSETS: &[(&str, &[u8])] = files![
    "api.js",
    "ballot.js",
    "cast.js",
    "check.js",
    "contest.js",
    "crockford.js",
    "favicon.svg",
    "outcomes.js",
    "page.js",
    "receipt.js",
    "results.js",
    "review.js",
    "style.css",
    "vote.js",
    "voter-id-form.js",
    "voter-id.js",
];

/// The pages, and everything else from `api`. Who asks for a page that isn't there gets a page that says so.
pub(crate) fn router(api: Router) -> Router {
    Router::new()
        .route("/", get(async || page("index.html", StatusCode::OK)))
        .route("/results", get(async || page("results.html", StatusCode::OK)))
        .route("/check", get(async || page("check.html", StatusCode::OK)))
        .route("/assets/{name}", get(asset))
        .fallback(elsewhere)
        .with_state(api)
}

async fn elsewhere(State(api): State<Router>, request: Request) -> Response {
    let accepts = request
        .headers()
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok());
    let wants_page = accepts.is_some_and(|types| types.contains("text/html"));
    let response = match api.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    if wants_page && response.status() == StatusCode::NOT_FOUND {
        return page("404.html", StatusCode::NOT_FOUND);
    }
    response
}

async fn asset(Path(name): Path<String>) -> Response {
    match ASSETS.iter().find(|(asset, _)| *asset == name) {
        Some((name, bytes)) => answer(StatusCode::OK, media_type(name), bytes),
        None => page("404.html", StatusCode::NOT_FOUND),
    }
}

fn page(name: &str, status: StatusCode) -> Response {
    let bytes = PAGES
        .iter()
        .find(|(page, _)| *page == name)
        .map_or(&b""[..], |(_, bytes)| bytes);
    answer(status, "text/html; charset=utf-8", bytes)
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.') {
        Some((_, "css")) => "text/css; charset=utf-8",
        Some((_, "js")) => "text/javascript; charset=utf-8",
        Some((_, "svg")) => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

fn answer(status: StatusCode, media_type: &'static str, bytes: &'static [u8]) -> Response {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        (header::CONTENT_TYPE, media_type),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Pages and modules have to fit each other: always ask whether they are still the same.
        (header::CACHE_CONTROL, "no-cache"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    (status, headers, bytes).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_website_is_compiled_in() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../website");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| !name.ends_with(".md"))
            .collect();
        files.sort();
        let mut compiled: Vec<&str> = PAGES.iter().chain(ASSETS).map(|(name, _)| *name).collect();
        compiled.sort_unstable();
        assert_eq!(files, compiled);
    }
}
