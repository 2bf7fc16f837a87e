//! Owns the translation between API Gateway's REST proxy events and the service's router: no request that gets
//! this far makes it panic, fail an invocation or lose a header. Never logs any of it.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html>

use std::collections::BTreeMap;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use election_service::regions::DeclaredStates;
use serde::Deserialize;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::destruction::Destruction;
use crate::invocation::{Answer, NotAnswered};

/// Answers REST proxy events by a region's router.
pub struct HttpApi {
    /// The routes of this function.
    pub router: Router,
    /// What is declared of the regions.
    pub states: DeclaredStates,
    /// What becomes of the ballot secret, where there is one.
    pub destruction: Option<Destruction>,
}

impl Answer for HttpApi {
    async fn answer(&self, event: Value) -> Result<Value, NotAnswered> {
        // What serde would say of it could repeat a part of the event.
        let event: RestEvent = serde_json::from_value(event)
            .map_err(|_| NotAnswered::because("the event is not a REST API's proxy request"))?;
        let request = event.into_request();
        self.states.refresh().await;
        if let Some(destruction) = &self.destruction {
            destruction.follow().await;
        }
        let response = match self.router.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        answer(response).await
    }
}

type Texts<T> = Option<BTreeMap<String, T>>;

/// What is used of a proxy event. Neither the client's address nor anything else that could tell who it is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RestEvent {
    http_method: String,
    path: String,
    multi_value_headers: Texts<Vec<String>>,
    headers: Texts<String>,
    multi_value_query_string_parameters: Texts<Vec<String>>,
    query_string_parameters: Texts<String>,
    body: Option<String>,
    is_base64_encoded: Option<bool>,
    request_context: Option<RequestContext>,
}

#[derive(Deserialize)]
struct RequestContext {
    stage: Option<String>,
}

impl RestEvent {
    fn into_request(self) -> Request<Body> {
        let mut request = Request::new(Body::empty());
        // What isn't a method is none that a route has.
        *request.method_mut() = Method::from_bytes(self.http_method.as_bytes()).unwrap_or(Method::TRACE);
        *request.uri_mut() = self.uri();
        *request.headers_mut() = headers(self.multi_value_headers, self.headers);
        let text = self.body.unwrap_or_default();
        let decoded = self
            .is_base64_encoded
            .unwrap_or(false)
            .then(|| STANDARD.decode(&text));
        // What isn't base64 isn't JSON either, and is refused as such.
        let bytes = decoded.and_then(Result::ok).unwrap_or_else(|| text.into_bytes());
        *request.body_mut() = Body::from(bytes);
        request
    }

    /// The path without the stage, which is there when the API is called by its own address and a custom
    /// domain's mapping doesn't take it away; and the parameters, which come decoded.
    fn uri(&self) -> Uri {
        let stage = self
            .request_context
            .as_ref()
            .and_then(|context| context.stage.as_deref());
        let path = stage
            .filter(|stage| !stage.is_empty())
            .and_then(|stage| self.path.strip_prefix('/')?.strip_prefix(stage))
            .filter(|rest| rest.starts_with('/'))
            .unwrap_or(&self.path);
        let mut text = String::new();
        escape(path, b"/%:@!$&'()*+,;=", &mut text);
        let parameters = match (
            &self.multi_value_query_string_parameters,
            &self.query_string_parameters,
        ) {
            (Some(several), _) => several
                .iter()
                .flat_map(|(name, values)| values.iter().map(move |value| (name, value)))
                .collect(),
            (None, Some(single)) => single.iter().collect(),
            (None, None) => Vec::new(),
        };
        for (place, (name, value)) in parameters.into_iter().enumerate() {
            text.push(if place == 0 { '?' } else { '&' });
            escape(name, b"", &mut text);
            text.push('=');
            escape(value, b"", &mut text);
        }
        // Too long, or no path at all: no route's, either way.
        let path = PathAndQuery::try_from(text)
            .ok()
            .filter(|path| path.as_str().starts_with('/'));
        Uri::from(path.unwrap_or(PathAndQuery::from_static("/-")))
    }
}

/// Writes a text as a part of an address: unreserved characters and the allowed ones as they are.
fn escape(text: &str, allowed: &[u8], into: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || allowed.contains(&byte) {
            into.push(char::from(byte));
        } else {
            into.push_str(&format!("%{byte:02X}"));
        }
    }
}

/// All values of all headers; what can't be one is left out.
fn headers(several: Texts<Vec<String>>, single: Texts<String>) -> HeaderMap {
    let several = several.unwrap_or_else(|| {
        let single = single.unwrap_or_default().into_iter();
        single.map(|(name, value)| (name, vec![value])).collect()
    });
    let mut headers = HeaderMap::new();
    for (name, values) in several {
        let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else {
            continue;
        };
        for value in values
            .iter()
            .filter_map(|value| HeaderValue::from_str(value).ok())
        {
            headers.append(name.clone(), value);
        }
    }
    headers
}

/// As a REST API takes it: bodies as text, and base64 for what is none.
async fn answer(response: Response) -> Result<Value, NotAnswered> {
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await;
    let bytes = bytes.map_err(|_| NotAnswered::because("an answer can't be written"))?;
    let mut headers: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (name, value) in &parts.headers {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        headers.entry(name.as_str()).or_default().push(value);
    }
    let (body, is_base64) = match String::from_utf8(bytes.to_vec()) {
        Ok(text) => (text, false),
        Err(_) => (STANDARD.encode(&bytes), true),
    };
    Ok(json!({
        "statusCode": parts.status.as_u16(),
        "multiValueHeaders": headers,
        "body": body,
        "isBase64Encoded": is_base64,
    }))
}
