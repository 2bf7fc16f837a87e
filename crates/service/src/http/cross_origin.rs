//! Owns which websites' scripts may call the API from a browser: anybody's may read the results and the
//! definition, everything else is for the election's own website.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// The website's origin, if it is another than the API's.
#[derive(Clone)]
pub(super) struct Website(pub(super) Option<HeaderValue>);

/// Answers preflight requests and says who may read an answer.
pub(super) async fn allow(State(website): State<Website>, request: Request, next: Next) -> Response {
    let requested = request.headers().get(header::ACCESS_CONTROL_REQUEST_METHOD);
    let preflight = requested.filter(|_| request.method() == Method::OPTIONS);
    let method = preflight.map_or(request.method().as_str().as_bytes(), HeaderValue::as_bytes);
    let reads = method == Method::GET.as_str().as_bytes() || method == Method::HEAD.as_str().as_bytes();
    let is_public = reads && matches!(request.uri().path(), "/votes" | "/election");
    let allowed = if is_public {
        Some(HeaderValue::from_static("*"))
    } else {
        website
            .0
            .filter(|origin| request.headers().get(header::ORIGIN) == Some(origin))
    };
    let is_preflight = preflight.is_some();
    let mut response = if is_preflight {
        StatusCode::NO_CONTENT.into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    if !is_public {
        headers.append(header::VARY, HeaderValue::from_static("origin"));
    }
    if let Some(origin) = allowed {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        if is_preflight {
            allow_request(headers);
        } else {
            let exposed = HeaderValue::from_static("etag, retry-after, x-election-region");
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
        }
    }
    response
}

fn allow_request(headers: &mut HeaderMap) {
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("GET, POST"),
    );
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("content-type, if-none-match"),
    );
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
}
