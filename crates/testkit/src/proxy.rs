//! Owns a proxy between a process and an engine of AWS: it sees each call, and decides what becomes of it. The
//! engines never fail; a network, a region and a set of credentials do.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hyper::body::Frame;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

/// A call of AWS.
#[derive(Clone, Debug)]
pub struct Call {
    /// As `PutItem`.
    pub operation: String,
    /// The region that it was signed for.
    pub region: String,
    /// As it was sent.
    pub headers: HeaderMap,
    /// As it was sent.
    pub body: Bytes,
}

impl Call {
    /// Its input.
    pub fn input(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// What becomes of a call.
pub enum Fate {
    /// The engine answers.
    Answered,
    /// The engine never gets it; an error of this status and code is answered.
    Refused(u16, &'static str),
    /// The engine carries it out, and the answer never comes.
    AnswerLost,
    /// The engine carries it out, then this is done, and the answer never comes.
    AnswerLostAfter(Arc<dyn Fn() + Send + Sync>),
    /// This is done before the engine would get it; there is no answer.
    LostAfter(Arc<dyn Fn() + Send + Sync>),
}

type Rule = Box<dyn FnMut(&Call) -> Fate + Send>;

struct Shared {
    target: String,
    rule: Mutex<Rule>,
    calls: Mutex<Vec<Call>>,
}

/// A proxy that serves until it is dropped.
pub struct Proxy {
    url: String,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

impl Proxy {
    /// Starts a proxy before the engine at this end point; everything is answered at first.
    pub async fn start(engine: &str) -> Self {
        let shared = Arc::new(Shared {
            target: engine
                .strip_prefix("http://")
                .unwrap()
                .trim_end_matches('/')
                .to_owned(),
            rule: Mutex::new(Box::new(|_| Fate::Answered)),
            calls: Mutex::default(),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let routes = Router::new().fallback(pass).with_state(shared.clone());
        let server = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { url, shared, server }
    }

    /// Its end point.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// Decides from now on what becomes of calls.
    pub fn rule(&self, rule: impl FnMut(&Call) -> Fate + Send + 'static) {
        *self.shared.rule.lock().unwrap() = Box::new(rule);
    }

    /// All calls so far.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.calls.lock().unwrap().clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn pass(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let text = |name: &str| {
        parts
            .headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    };
    let call = Call {
        operation: text("x-amz-target")
            .rsplit('.')
            .next()
            .unwrap_or_default()
            .to_owned(),
        // Credential=key/date/region/service/aws4_request
        region: text("authorization")
            .split('/')
            .nth(2)
            .unwrap_or_default()
            .to_owned(),
        headers: parts.headers.clone(),
        body: body.clone(),
    };
    let fate = (shared.rule.lock().unwrap())(&call);
    shared.calls.lock().unwrap().push(call);
    let mut request = Request::from_parts(parts, Body::from(body));
    match fate {
        Fate::Answered => shared.forward(&mut request).await,
        Fate::Refused(status, code) => {
            let answer = json!({ "__type": code, "message": "refused by a test" });
            let status = StatusCode::from_u16(status).unwrap();
            let content_type = [(header::CONTENT_TYPE, "application/x-amz-json-1.0")];
            (status, content_type, answer.to_string()).into_response()
        }
        Fate::AnswerLost => {
            shared.forward(&mut request).await;
            lost()
        }
        Fate::AnswerLostAfter(then) => {
            shared.forward(&mut request).await;
            then();
            lost()
        }
        Fate::LostAfter(then) => {
            then();
            lost()
        }
    }
}

impl Shared {
    async fn forward(&self, request: &mut Request) -> Response {
        let stream = TcpStream::connect(&self.target).await.unwrap();
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .unwrap();
        let connection = tokio::spawn(connection);
        let answer = sender.send_request(std::mem::take(request)).await.unwrap();
        let (parts, body) = answer.into_parts();
        let bytes = to_bytes(Body::new(body), usize::MAX).await.unwrap();
        connection.abort();
        Response::from_parts(parts, Body::from(bytes))
    }
}

/// An answer that breaks off, as a connection does.
fn lost() -> Response {
    Response::new(Body::new(Broken))
}

struct Broken;

impl axum::body::HttpBody for Broken {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        Poll::Ready(Some(Err(std::io::ErrorKind::ConnectionReset.into())))
    }
}
