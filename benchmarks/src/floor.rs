//! Owns the floor of intake and of reading: the least that any server made with axum does for the same
//! bytes. It parses a vote and forgets it, and answers results that were made before. It must never
//! check, keep or look up anything: what the election adds to this is what is measured.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::post;
use axum::serve::ListenerExt;
use axum::{Json, Router};
use clap::Parser;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

/// A bare axum server: parses the body of POST /votes, answers GET /votes from memory.
#[derive(Parser)]
struct Arguments {
    /// The address to answer at
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8090")]
    listen: SocketAddr,
    /// The body of GET /votes: the bytes that the real server answered [default: an empty object]
    #[arg(long, value_name = "FILE")]
    results: Option<PathBuf>,
}

/// The body of `POST /votes`. No `Debug`: it is a vote, if a made-up one.
#[derive(Deserialize)]
struct Vote {
    voter_id: String,
    ballot_id: String,
    selections: BTreeMap<String, Vec<Choice>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Choice {
    Candidate(String),
    WriteIn { write_in: String },
}

/// An answer of the size of the real one.
#[derive(Serialize)]
struct Accepted {
    status: &'static str,
    receipt: &'static str,
    ballot_id: String,
    region: &'static str,
}

const RECEIPT: &str = "1000-G40R-40M3-0E20-9185-WHKY-4RBC-S53J-J64K";
const REGION: &str = "us-east-1";

type Headers = [(HeaderName, &'static str); 3];

/// The headers of the real server's answers.
fn headers(cache_control: &'static str) -> Headers {
    [
        (header::CACHE_CONTROL, cache_control),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("x-election-region"), REGION),
    ]
}

async fn cast(Json(vote): Json<Vote>) -> impl IntoResponse {
    // Everything that was parsed is read once, so that the compiler leaves nothing of it out.
    let choices = vote.selections.values().flatten();
    let text_bytes = choices.fold(vote.voter_id.len(), |sum, choice| match choice {
        Choice::Candidate(text) | Choice::WriteIn { write_in: text } => sum + text.len(),
    });
    std::hint::black_box(text_bytes);
    let answer = Accepted {
        status: "accepted",
        receipt: RECEIPT,
        ballot_id: vote.ballot_id,
        region: REGION,
    };
    (StatusCode::ACCEPTED, headers("no-store"), Json(answer))
}

async fn results(State(body): State<Bytes>) -> impl IntoResponse {
    let content_type = [(header::CONTENT_TYPE, "application/json")];
    (
        headers("public, max-age=1, stale-while-revalidate=10"),
        content_type,
        body,
    )
}

async fn serve(arguments: Arguments) -> anyhow::Result<()> {
    let body = match &arguments.results {
        Some(path) => std::fs::read(path)
            .with_context(|| path.display().to_string())?
            .into(),
        None => Bytes::from_static(b"{}"),
    };
    let listener = TcpListener::bind(arguments.listen)
        .await
        .with_context(|| format!("--listen {}", arguments.listen))?;
    // As the real server does: a connection that keeps its delayed sends is slower, not wrong.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let router = Router::new()
        .route("/votes", post(cast).get(results))
        .with_state(body);
    Ok(axum::serve(listener, router).await?)
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(arguments))
}
