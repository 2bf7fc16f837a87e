//! Owns the answers that anybody may cache: an entity tag over the exact bytes, and 304 for who has them.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use sha2::{Digest, Sha256};

/// A JSON document and its entity tag.
#[derive(Clone)]
pub(crate) struct Cacheable {
    body: Bytes,
    etag: HeaderValue,
}

impl Cacheable {
    pub(crate) fn new(body: Vec<u8>) -> Self {
        let digest = Sha256::digest(&body);
        let hexadecimal: String = digest[..12].iter().map(|byte| format!("{byte:02x}")).collect();
        let etag =
            HeaderValue::from_str(&format!("\"{hexadecimal}\"")).unwrap_or(HeaderValue::from_static("\"\""));
        Self {
            body: body.into(),
            etag,
        }
    }

    /// The document, or 304 if the client has it.
    pub(crate) fn answer(&self, request: &HeaderMap, cache_control: &'static str) -> Response {
        let known = request
            .get_all(header::IF_NONE_MATCH)
            .iter()
            .filter_map(|value| value.to_str().ok());
        let tags = known
            .flat_map(|value| value.split(','))
            .map(|tag| tag.trim().trim_start_matches("W/"));
        let unchanged = tags
            .into_iter()
            .any(|tag| tag == "*" || tag.as_bytes() == self.etag.as_bytes());
        let body = if unchanged {
            Body::empty()
        } else {
            Body::from(self.body.clone())
        };
        let mut response = Response::new(body);
        let headers = response.headers_mut();
        headers.insert(header::ETAG, self.etag.clone());
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache_control));
        if unchanged {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        } else {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        response
    }
}
