//! Owns the website as this program serves it: the files of `website/`, compiled in, under a strict policy.

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rust_embed::{EmbeddedFile, RustEmbed};
use tower::ServiceExt;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::SizeAbove;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What isn't worth compressing: an accepted vote's answer, a problem.
const SMALL_BYTES: u16 = 1024;

/// The files that browsers load, each at `/assets/` and its path in `website/`.
#[derive(RustEmbed)]
#[folder = "../../website"]
#[include = "config.json"]
#[include = "security.txt"]
#[include = "results/*"]
#[include = "shared/*"]
#[include = "vote/*"]
struct Website;

/// The pages, and everything else from `api`. Who asks for a page that isn't there gets a page that says so.
pub(crate) fn router(api: Router) -> Router {
    let file = |name| get(async move |headers: HeaderMap| page(name, &headers));
    Router::new()
        .route("/", file("vote/index.html"))
        .route("/check", file("vote/check.html"))
        .route("/results", file("results/index.html"))
        .route("/results/", file("results/index.html"))
        .route("/config.json", file("config.json"))
        .route("/.well-known/security.txt", file("security.txt"))
        .route("/assets/{*name}", get(asset))
        .fallback(elsewhere)
        .with_state(api)
        .layer(CompressionLayer::new().compress_when(SizeAbove::new(SMALL_BYTES)))
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
        return not_found();
    }
    response
}

async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    page(&name, &headers)
}

fn page(name: &str, headers: &HeaderMap) -> Response {
    answer::<Website>(name, headers).unwrap_or_else(not_found)
}

fn not_found() -> Response {
    let page = answer::<Website>("shared/404.html", &HeaderMap::new()).unwrap_or_default();
    (StatusCode::NOT_FOUND, page).into_response()
}

/// One of the files, or only that it is still the one that the browser has.
pub(crate) fn answer<Files: RustEmbed>(name: &str, request: &HeaderMap) -> Option<Response> {
    let EmbeddedFile { data, metadata } = Files::get(name)?;
    let etag = etag(&metadata.sha256_hash());
    let known = request.get(header::IF_NONE_MATCH) == Some(&etag);
    let mut headers = HeaderMap::new();
    headers.insert(header::ETAG, etag);
    for (name, value) in [
        (header::CONTENT_TYPE, media_type(name)),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Pages and modules have to fit each other: always ask whether they are still the same.
        (header::CACHE_CONTROL, "no-cache"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if known {
        return Some((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    Some((headers, data).into_response())
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.') {
        Some((_, "css")) => "text/css; charset=utf-8",
        Some((_, "ftl" | "txt")) => "text/plain; charset=utf-8",
        Some((_, "html")) => "text/html; charset=utf-8",
        Some((_, "js")) => "text/javascript; charset=utf-8",
        Some((_, "json")) => "application/json",
        Some((_, "svg")) => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

/// Weak: the same file is sent compressed in several ways.
fn etag(sha256: &[u8; 32]) -> HeaderValue {
    let hex: String = sha256.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    HeaderValue::from_str(&format!("W/\"{hex}\"")).unwrap_or(HeaderValue::from_static("W/\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_has_a_known_type() {
        for name in Website::iter() {
            assert_ne!(media_type(&name), "application/octet-stream", "{name}");
        }
    }

    #[test]
    fn operators_files_are_not_among_the_website() {
        assert!(Website::iter().all(|name| !name.starts_with("ops/")));
        assert!(Website::get("vote/index.html").is_some());
    }
}
