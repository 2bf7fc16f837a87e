//! Owns which websites' scripts may call the API from a browser: anybody's may read the results and the
//! definition, everything else is for the election's own website.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, header};

/// What a request may be told, found out before it is answered.
pub(super) struct Permission {
    is_public: bool,
    /// Whether it only asks what it may do: then the answer is 204.
    pub(super) is_preflight: bool,
    allowed: Option<HeaderValue>,
}

impl Permission {
    /// Of a request, where the website has an origin other than the API's or none.
    pub(super) fn of(request: &Request, website: Option<&HeaderValue>) -> Self {
        let requested = request.headers().get(header::ACCESS_CONTROL_REQUEST_METHOD);
        let preflight = requested.filter(|_| request.method() == Method::OPTIONS);
        let method = preflight.map_or(request.method().as_str().as_bytes(), HeaderValue::as_bytes);
        let reads = method == Method::GET.as_str().as_bytes() || method == Method::HEAD.as_str().as_bytes();
        let is_public = reads && matches!(request.uri().path(), "/votes" | "/election");
        let allowed = if is_public {
            Some(HeaderValue::from_static("*"))
        } else {
            website
                .filter(|origin| request.headers().get(header::ORIGIN) == Some(origin))
                .cloned()
        };
        Self {
            is_public,
            is_preflight: preflight.is_some(),
            allowed,
        }
    }

    /// Says in the answer who may read it.
    pub(super) fn tell(self, headers: &mut HeaderMap) {
        if !self.is_public {
            headers.append(header::VARY, HeaderValue::from_static("origin"));
        }
        if let Some(origin) = self.allowed {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            if self.is_preflight {
                allow_request(headers);
            } else {
                let exposed = HeaderValue::from_static("etag, retry-after, x-election-region");
                headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
            }
        }
    }
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
