//! Owns requests over HTTP/1.1: each user has a connection of its own to each server. It never follows a
//! redirect, never asks a proxy and never resolves a name again: nothing goes to a host that wasn't given.
//!
//! This isn't goose's reqwest, because a generator that shares two cores with the server must cost little:
//! docs/LOADTEST.md says how much. Goose is told of every request.

use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{Connection, SendRequest};
use hyper::header::{ACCEPT, CONTENT_TYPE, ETAG, HOST, HeaderMap, HeaderValue, IF_NONE_MATCH, RETRY_AFTER};
use hyper::{Method, Request, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::Instant;

/// The largest answer that is read: many times the results of a big election.
const LONGEST_ANSWER_BYTES: usize = 64 << 20;

/// What a server said.
pub(crate) struct Answer {
    /// The status code.
    pub(crate) status: u16,
    /// How long to wait before trying again; zero if it didn't say.
    pub(crate) retry_after: Duration,
    /// The document's version, for `If-None-Match`.
    pub(crate) etag: Option<HeaderValue>,
    /// The body, all of it.
    pub(crate) body: Bytes,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoAnswer {
    /// Nobody listens there; nothing was sent.
    #[error("connection refused")]
    Unreachable,
    /// It took too long; what was sent may have arrived.
    #[error("no answer in time")]
    TimedOut,
    /// The connection ended early; what was sent may have arrived.
    #[error("the connection was lost")]
    Lost,
    /// What came back isn't HTTP, or is too long.
    #[error("the answer isn't HTTP")]
    Garbage,
}

/// Where requests go: one server, as it was resolved once.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    /// The address that passed the check of public addresses.
    pub(crate) address: SocketAddr,
    /// The `Host` header.
    pub(crate) authority: HeaderValue,
}

struct Open {
    sender: SendRequest<Full<Bytes>>,
    driver: Pin<Box<Connection<TokioIo<TcpStream>, Full<Bytes>>>>,
}

/// One user's connection to one server, opened when it is needed.
pub(crate) struct Client {
    endpoint: Endpoint,
    timeout: Duration,
    open: Option<Open>,
}

/// A request, apart from where it goes.
pub(crate) struct Ask<'a> {
    /// GET or POST.
    pub(crate) method: Method,
    /// Path and query.
    pub(crate) uri: &'a Uri,
    /// A content type, with its body.
    pub(crate) body: Option<(&'static str, Bytes)>,
    /// For `If-None-Match`.
    pub(crate) etag: Option<&'a HeaderValue>,
}

impl<'a> Ask<'a> {
    /// A GET.
    pub(crate) fn get(uri: &'a Uri) -> Self {
        Self {
            method: Method::GET,
            uri,
            body: None,
            etag: None,
        }
    }

    /// A POST of JSON.
    pub(crate) fn post(uri: &'a Uri, body: impl Into<Bytes>) -> Self {
        Self {
            method: Method::POST,
            uri,
            body: Some(("application/json", body.into())),
            etag: None,
        }
    }
}

impl Client {
    /// Opens nothing yet.
    pub(crate) fn new(endpoint: Endpoint, timeout: Duration) -> Self {
        Self {
            endpoint,
            timeout,
            open: None,
        }
    }

    /// Sends a request and reads all of its answer, within the time-out.
    pub(crate) async fn send(&mut self, ask: &Ask<'_>) -> Result<Answer, NoAnswer> {
        let deadline = Instant::now() + self.timeout;
        // What the server closed while nothing was asked is opened again; that isn't a failure.
        let was_open = self.open.is_some();
        let first = self.attempt(ask, deadline).await;
        match first {
            Err(NoAnswer::Lost) if was_open => self.attempt(ask, deadline).await,
            answer => answer,
        }
    }

    async fn attempt(&mut self, ask: &Ask<'_>, deadline: Instant) -> Result<Answer, NoAnswer> {
        // Taken out: an attempt that is given up leaves no connection with half an answer in it.
        let mut open = match self.open.take() {
            Some(open) => open,
            None => tokio::time::timeout_at(deadline, connect(&self.endpoint))
                .await
                .map_err(|_| NoAnswer::TimedOut)??,
        };
        let request = self.request(ask).ok_or(NoAnswer::Garbage)?;
        let (answer, reusable) = tokio::time::timeout_at(deadline, exchange(&mut open, request))
            .await
            .map_err(|_| NoAnswer::TimedOut)??;
        if reusable {
            self.open = Some(open);
        }
        Ok(answer)
    }

    fn request(&self, ask: &Ask<'_>) -> Option<Request<Full<Bytes>>> {
        let mut headers = HeaderMap::with_capacity(4);
        headers.insert(HOST, self.endpoint.authority.clone());
        headers.insert(
            ACCEPT,
            HeaderValue::from_static("application/json, application/problem+json"),
        );
        if let Some(etag) = ask.etag {
            headers.insert(IF_NONE_MATCH, etag.clone());
        }
        let body = match &ask.body {
            Some((kind, body)) => {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
                body.clone()
            }
            None => Bytes::new(),
        };
        let builder = Request::builder().method(ask.method.clone()).uri(ask.uri.clone());
        let mut request = builder.body(Full::new(body)).ok()?;
        *request.headers_mut() = headers;
        Some(request)
    }
}

async fn connect(endpoint: &Endpoint) -> Result<Open, NoAnswer> {
    let stream = TcpStream::connect(endpoint.address)
        .await
        .map_err(|_| NoAnswer::Unreachable)?;
    stream.set_nodelay(true).map_err(|_| NoAnswer::Unreachable)?;
    let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|_| NoAnswer::Lost)?;
    Ok(Open {
        sender,
        driver: Box::pin(connection),
    })
}

/// Sends and reads in one task: a task of its own for the connection would wake another thread twice per
/// request.
async fn exchange(open: &mut Open, request: Request<Full<Bytes>>) -> Result<(Answer, bool), NoAnswer> {
    let Open { sender, driver } = open;
    let read = async {
        let response = sender.send_request(request).await.map_err(what_failed)?;
        let (head, body) = response.into_parts();
        let body = http_body_util::Limited::new(body, LONGEST_ANSWER_BYTES);
        let body = body.collect().await.map_err(|_| NoAnswer::Garbage)?.to_bytes();
        let seconds = |value: &HeaderValue| value.to_str().ok()?.parse().ok();
        Ok(Answer {
            status: head.status.as_u16(),
            retry_after: Duration::from_secs(head.headers.get(RETRY_AFTER).and_then(seconds).unwrap_or(0)),
            etag: head.headers.get(ETAG).cloned(),
            body,
        })
    };
    tokio::pin!(read);
    tokio::select! {
        answer = &mut read => answer.map(|answer| (answer, true)),
        // The connection is over: what it has delivered until then is there to be read.
        _ = driver.as_mut() => read.await.map(|answer| (answer, false)),
    }
}

fn what_failed(error: hyper::Error) -> NoAnswer {
    if error.is_parse() || error.is_parse_too_large() {
        NoAnswer::Garbage
    } else {
        NoAnswer::Lost
    }
}
