//! Owns the operator listener: operations for who knows the token, a page for them, metrics for Prometheus. Its
//! address and token are in the data folder, mode 0600, new at each start. The token is in a header, which no
//! other website can make a browser send.

use std::convert::Infallible;
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use axum::body::{Body, Bytes};
use axum::extract::{Json, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Router, serve};
use election_service::operations::OperationError;
use election_service::randomness;
use futures_util::stream;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::overview::{definition, overview};
use super::{address_file, page};
use crate::election::Election;
use crate::operation::{Operation, execute};

/// How to reach a server. No `Debug`: the token is a secret.
#[derive(Serialize, Deserialize)]
pub(super) struct Address {
    pub(super) url: String,
    pub(super) token: String,
    pid: u32,
}

/// One line of an operation's answer.
#[derive(Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub(super) enum Event {
    Progress { done: u64, total: Option<u64> },
    Done { answer: Value },
    Refused { text: String },
    Failed { text: String },
}

/// The bound listener, and the file that tells of it.
pub(crate) struct Listener {
    listener: TcpListener,
    url: String,
    address_file: AddressFile,
    token_digest: [u8; 32],
}

/// Removed on drop: nobody looks for a server that is gone.
struct AddressFile(PathBuf);

impl Drop for AddressFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Listener {
    /// Listens, and tells where in the data folder.
    pub(crate) async fn bind(address: SocketAddr, folder: &Path) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(address)
            .await
            .with_context(|| format!("--operator-listen {address}"))?;
        let bytes: [u8; 32] = randomness::bytes()?;
        let token: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let token_digest = Sha256::digest(&token).into();
        let url = format!("http://{}", listener.local_addr()?);
        let file = address_file(folder);
        write_private(
            &file,
            &serde_json::to_vec(&Address {
                url: url.clone(),
                token,
                pid: std::process::id(),
            })?,
        )
        .with_context(|| file.display().to_string())?;
        Ok(Self {
            listener,
            url,
            address_file: AddressFile(file),
            token_digest,
        })
    }

    /// Where operators reach it.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Serves operators until `stopped`.
    pub(crate) async fn serve(
        self,
        election: Arc<Election>,
        stopped: impl Future<Output = ()> + Send + 'static,
    ) -> std::io::Result<()> {
        let operations = Router::new()
            .route("/operations", post(operate).get(async || StatusCode::NO_CONTENT))
            .route("/overview", get(overview))
            .layer(middleware::from_fn_with_state(self.token_digest, authorize));
        let router = operations
            .route("/election", get(definition))
            .route("/metrics", get(metrics))
            .merge(page::router())
            .with_state(election);
        let served = serve(self.listener, router).with_graceful_shutdown(stopped).await;
        drop(self.address_file);
        served
    }
}

/// Writes a file that only its owner may read, whole or not at all.
fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let temporary = path.with_extension("new");
    let _ = std::fs::remove_file(&temporary);
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&temporary)?;
    file.write_all(bytes)?;
    std::fs::rename(temporary, path)
}

async fn authorize(State(expected): State<[u8; 32]>, request: Request, next: Next) -> Response {
    let token = bearer(request.headers()).unwrap_or_default();
    // Digests are compared, so that the time tells nothing of the token.
    let given: [u8; 32] = Sha256::digest(token).into();
    if given == expected {
        next.run(request).await
    } else {
        StatusCode::UNAUTHORIZED.into_response()
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .strip_prefix("Bearer ")
}

/// Does an operation to its end, whether or not the client stays; answers with a line per event.
async fn operate(State(election): State<Arc<Election>>, Json(operation): Json<Operation>) -> Response {
    let (sender, receiver) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let progress = {
            let sender = sender.clone();
            move |done, total| drop(sender.send(Event::Progress { done, total }))
        };
        let event = match execute(&election, operation, &progress).await {
            Ok(answer) => Event::Done { answer },
            Err(OperationError::Refused(text)) => Event::Refused { text },
            Err(OperationError::Port(error)) => {
                tracing::error!(%error, "an operation failed");
                Event::Failed {
                    text: error.to_string(),
                }
            }
        };
        drop(sender.send(event));
    });
    let lines = stream::unfold(receiver, async |mut receiver| {
        let event = receiver.recv().await?;
        let mut line = serde_json::to_vec(&event).unwrap_or_default();
        line.push(b'\n');
        Some((Ok::<_, Infallible>(Bytes::from(line)), receiver))
    });
    (
        [(header::CONTENT_TYPE, "application/x-ndjson")],
        Body::from_stream(lines),
    )
        .into_response()
}

async fn metrics(State(election): State<Arc<Election>>) -> Response {
    match election.operations.status().await {
        Ok(status) => {
            let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            (
                [(header::CONTENT_TYPE, content_type)],
                election.metrics.render(&status),
            )
                .into_response()
        }
        Err(error) => {
            tracing::error!(%error, "the metrics can't be made");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}
