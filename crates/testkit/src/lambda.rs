//! Owns the Lambda service as a function's process sees it: the Runtime API, which hands it one event at a time
//! and takes the answer, and an environment with nothing in it but what is given. It never looks into the process:
//! what tests know of it are its answers, its output and its exit status.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path as Segment, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use serde_json::Value;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

/// The trace that every event is a part of.
pub const TRACE: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
const POLL: Duration = Duration::from_millis(2);

/// What became of an event.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The function's answer.
    Answered(Value),
    /// The function said that it failed.
    Failed(String),
    /// The process ended first, with this exit status or by a signal.
    Ended(Option<i32>),
}

impl Outcome {
    /// The answer that there has to be.
    pub fn answer(self) -> Value {
        match self {
            Self::Answered(answer) => answer,
            other => panic!("the function gave no answer: {other:?}"),
        }
    }
}

/// A function's process: one execution environment.
pub struct Function {
    events: mpsc::UnboundedSender<Event>,
    polled: watch::Receiver<bool>,
    process: Arc<Process>,
    server: JoinHandle<()>,
}

struct Process {
    child: Mutex<Child>,
    lines: Mutex<Vec<String>>,
}

struct Event {
    body: String,
    answer: oneshot::Sender<Outcome>,
}

struct Runtime {
    events: tokio::sync::Mutex<mpsc::UnboundedReceiver<Event>>,
    open: Mutex<HashMap<String, oneshot::Sender<Outcome>>>,
    polled: watch::Sender<bool>,
    count: AtomicU64,
}

impl Function {
    /// Starts a function's program with these variables, and those that Lambda sets.
    pub async fn start(program: &Path, name: &str, variables: &[(String, String)]) -> Self {
        let (events, queue) = mpsc::unbounded_channel();
        let (polling, polled) = watch::channel(false);
        let runtime = Arc::new(Runtime {
            events: tokio::sync::Mutex::new(queue),
            open: Mutex::default(),
            polled: polling,
            count: AtomicU64::new(0),
        });
        let routes = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .with_state(runtime);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        let mut child = Command::new(program)
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", name)
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let outputs: [Box<dyn Read + Send>; 2] = [
            Box::new(child.stdout.take().unwrap()),
            Box::new(child.stderr.take().unwrap()),
        ];
        let process = Arc::new(Process {
            child: Mutex::new(child),
            lines: Mutex::default(),
        });
        for output in outputs {
            let process = process.clone();
            std::thread::spawn(move || {
                let lines = BufReader::new(output).lines().map_while(Result::ok);
                lines.for_each(|line| process.lines.lock().unwrap().push(line));
            });
        }
        Self {
            events,
            polled,
            process,
            server,
        }
    }

    /// Gives the function an event, and waits for what becomes of it. Several wait for their turn.
    pub async fn invoke(&self, event: &Value) -> Outcome {
        let (sender, answer) = oneshot::channel();
        let event = Event {
            body: event.to_string(),
            answer: sender,
        };
        self.events.send(event).unwrap();
        tokio::select! {
            Ok(answer) = answer => answer,
            status = self.ended() => Outcome::Ended(status),
        }
    }

    /// Waits until the function asks for its first event, or ends.
    pub async fn started(&self) -> bool {
        let mut polled = self.polled.clone();
        tokio::select! {
            asked = polled.wait_for(|asked| *asked) => asked.is_ok(),
            _ = self.ended() => false,
        }
    }

    /// Waits until the process has ended. Gives its exit status, or `None` if a signal ended it.
    pub async fn ended(&self) -> Option<i32> {
        let status = loop {
            let status = self.process.child.lock().unwrap().try_wait().unwrap();
            tokio::time::sleep(POLL).await;
            if let Some(status) = status {
                break status;
            }
        };
        status.code()
    }

    /// Ends the process at whatever it is doing.
    pub fn kill(&self) {
        kill(&self.process);
    }

    /// What ends the process, for who doesn't own it.
    pub fn killer(&self) -> impl Fn() + Send + Sync + 'static {
        let process = self.process.clone();
        move || kill(&process)
    }

    /// All lines that it wrote so far, to either output.
    pub fn lines(&self) -> Vec<String> {
        self.process.lines.lock().unwrap().clone()
    }

    /// Waits for a line.
    pub async fn line(&self, is_wanted: impl Fn(&str) -> bool) -> String {
        for _ in 0..5_000 {
            if let Some(line) = self.lines().into_iter().find(|line| is_wanted(line)) {
                return line;
            }
            tokio::time::sleep(POLL).await;
        }
        panic!("the line never came; there are: {:#?}", self.lines());
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        kill(&self.process);
        self.server.abort();
    }
}

fn kill(process: &Process) {
    let mut child = process.child.lock().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
}

async fn next(State(runtime): State<Arc<Runtime>>) -> impl IntoResponse {
    runtime.polled.send_replace(true);
    let Some(event) = runtime.events.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let id = format!(
        "00000000-0000-4000-8000-{:012}",
        runtime.count.fetch_add(1, Ordering::Relaxed)
    );
    runtime.open.lock().unwrap().insert(id.clone(), event.answer);
    let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + Duration::from_secs(30);
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", id),
        ("lambda-runtime-deadline-ms", deadline.as_millis().to_string()),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:us-east-1:123456789012:function:it".to_owned(),
        ),
        ("lambda-runtime-trace-id", TRACE.to_owned()),
    ];
    (headers, event.body).into_response()
}

async fn response(
    State(runtime): State<Arc<Runtime>>,
    Segment(id): Segment<String>,
    body: Bytes,
) -> StatusCode {
    runtime.end(&id, Outcome::Answered(serde_json::from_slice(&body).unwrap()))
}

async fn error(State(runtime): State<Arc<Runtime>>, Segment(id): Segment<String>, body: Bytes) -> StatusCode {
    let error: Value = serde_json::from_slice(&body).unwrap();
    runtime.end(
        &id,
        Outcome::Failed(error["errorMessage"].as_str().unwrap().to_owned()),
    )
}

impl Runtime {
    fn end(&self, id: &str, outcome: Outcome) -> StatusCode {
        match self.open.lock().unwrap().remove(id) {
            Some(waiting) => {
                drop(waiting.send(outcome));
                StatusCode::ACCEPTED
            }
            None => StatusCode::FORBIDDEN,
        }
    }
}
