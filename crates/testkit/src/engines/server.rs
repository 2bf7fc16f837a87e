//! Owns how an engine is served: one address for all regions, as the end points of the SDK have it. A
//! request's region is the one that it is signed for. Signatures aren't checked.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use election_core::identifiers::RegionName;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use winterbaume_core::auth::extract_region_from_headers;
use winterbaume_core::{MockRequest, MockResponse, MockService};

const TARGET: &str = "x-amz-target";

/// One call of a service's operation.
#[derive(Clone)]
pub(super) struct Call {
    /// The region it is signed for.
    pub(super) region: String,
    /// The operation's name.
    pub(super) action: String,
    /// Its input.
    pub(super) input: Value,
    headers: HeaderMap,
}

impl Call {
    /// The same caller's call of another operation.
    pub(super) fn to(&self, action: &str, input: Value) -> Self {
        let mut headers = self.headers.clone();
        headers.insert(
            TARGET,
            HeaderValue::from_str(&format!("Engine.{action}")).unwrap(),
        );
        Self {
            region: self.region.clone(),
            action: action.to_owned(),
            input,
            headers,
        }
    }

    /// A call of the tests' own.
    pub(super) fn new(region: &RegionName, action: &str, input: Value) -> Self {
        let headers = HeaderMap::new();
        let region = region.as_str().to_owned();
        let (action, input) = (action.to_owned(), input);
        let call = Self {
            region,
            action,
            input,
            headers,
        };
        call.to(&call.action, call.input.clone())
    }

    /// Lets a mock service answer. It takes the region from the address.
    pub(super) async fn answered_by(self, service: &dyn MockService) -> MockResponse {
        let request = MockRequest {
            method: "POST".to_owned(),
            uri: format!(
                "https://{}.{}.amazonaws.com/",
                service.service_name(),
                self.region
            ),
            headers: self.headers,
            body: self.input.to_string().into(),
        };
        service.handle(request).await
    }
}

/// A service's error, as the SDK reads it.
pub(super) fn refusal(status: u16, code: &str, message: &str) -> MockResponse {
    MockResponse::json(status, json!({"__type": code, "message": message}).to_string())
}

/// What a mock service answered, or its error.
pub(super) fn output(response: &MockResponse) -> Result<Value, Value> {
    let value = serde_json::from_slice(&response.body).unwrap_or(Value::Null);
    if response.status == 200 {
        Ok(value)
    } else {
        Err(value)
    }
}

/// What answers calls.
#[async_trait]
pub(super) trait Engine: Send + Sync + 'static {
    /// Answers one call.
    async fn answer(&self, call: Call) -> MockResponse;
}

#[derive(Default)]
struct Log {
    calls: BTreeMap<(String, String), u64>,
    failed_regions: BTreeSet<String>,
}

struct Served {
    engine: Arc<dyn Engine>,
    log: Mutex<Log>,
}

/// A served engine; stops when dropped.
pub(super) struct Server {
    served: Arc<Served>,
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Server {
    /// Serves an engine on a free port.
    pub(super) async fn start(engine: Arc<dyn Engine>) -> Self {
        let served = Arc::new(Served {
            engine,
            log: Mutex::default(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = axum::Router::new()
            .fallback(answer)
            .layer(DefaultBodyLimit::disable())
            .with_state(Arc::clone(&served));
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            served,
            address,
            task,
        }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How often an operation was called, in all regions, failed calls included.
    pub(super) fn calls(&self, action: &str) -> u64 {
        let log = self.served.log();
        let calls = log.calls.iter().filter(|((_, called), _)| called == action);
        calls.map(|(_, count)| count).sum()
    }

    /// From now on a region's service answers that it is unavailable, or works again.
    pub(super) fn set_failed(&self, region: &RegionName, failed: bool) {
        let mut log = self.served.log();
        if failed {
            log.failed_regions.insert(region.as_str().to_owned());
        } else {
            log.failed_regions.remove(region.as_str());
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Served {
    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn answer(&self, headers: HeaderMap, body: &[u8]) -> MockResponse {
        let Some(region) = extract_region_from_headers(&headers) else {
            return refusal(403, "MissingAuthenticationToken", "The request isn't signed");
        };
        let target = headers.get(TARGET).and_then(|target| target.to_str().ok());
        let Some(action) = target.and_then(|target| target.split('.').next_back()) else {
            return refusal(400, "MissingAction", "The request names no operation");
        };
        let Ok(input) = serde_json::from_slice(body) else {
            return refusal(400, "SerializationException", "The body isn't JSON");
        };
        let action = action.to_owned();
        let is_failed = {
            let mut log = self.log();
            *log.calls.entry((region.clone(), action.clone())).or_default() += 1;
            log.failed_regions.contains(&region)
        };
        if is_failed {
            return refusal(503, "ServiceUnavailable", "The region fails, as it was told to");
        }
        let call = Call {
            region,
            action,
            input,
            headers,
        };
        self.engine.answer(call).await
    }
}

async fn answer(State(served): State<Arc<Served>>, headers: HeaderMap, body: Bytes) -> Response {
    let response = served.answer(headers, &body).await;
    let status = StatusCode::from_u16(response.status).unwrap();
    (status, response.headers, response.body).into_response()
}
