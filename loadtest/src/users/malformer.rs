//! Owns malformers: requests that nobody's page sends. Each has to get the status and code of docs/API.md.

use std::sync::Arc;
use std::time::{Duration, Instant};

use election_core::voter_id::VoterId;
use fastrand::Rng;
use goose::goose::{GooseUser, TransactionResult};
use hyper::body::Bytes;
use hyper::{Method, Uri};

use super::{Work, clients, sleep};
use crate::api::Problem;
use crate::casting::Run;
use crate::http::Ask;

/// A bad request and what has to come back.
struct Bad {
    name: &'static str,
    method: Method,
    path: String,
    body: Option<(&'static str, Bytes)>,
    /// More than one where a proxy or a policy may answer first.
    expected: &'static [(u16, &'static str)],
}

fn post(name: &'static str, body: impl Into<Bytes>, expected: &'static [(u16, &'static str)]) -> Bad {
    let body = Some(("application/json", body.into()));
    Bad {
        name,
        method: Method::POST,
        path: "/votes".to_owned(),
        body,
        expected,
    }
}

fn get(name: &'static str, path: &str, expected: &'static [(u16, &'static str)]) -> Bad {
    Bad {
        name,
        method: Method::GET,
        path: path.to_owned(),
        body: None,
        expected,
    }
}

const BALLOT_ID: &str = "00112233-4455-4677-8899-aabbccddeeff";

/// One of each kind.
fn requests(random: &mut Rng) -> Vec<Bad> {
    let unknown = VoterId::from_random(std::array::from_fn(|_| random.u8(..))).printed();
    let vote = |voter: &str, ballot: &str, selections: &str| {
        format!(r#"{{"voter_id":"{voter}","ballot_id":"{ballot}","selections":{selections}}}"#)
    };
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    vec![
        post(
            "voter id nobody has",
            vote(&unknown, BALLOT_ID, "{}"),
            &[(404, "voter-not-found"), (429, "too-many-refused")],
        ),
        post(
            "voter id malformed",
            vote("K7RM2-9XQ4T-0WZ35", BALLOT_ID, "{}"),
            &[(400, "voter-id-malformed")],
        ),
        post(
            "ballot id malformed",
            vote(&unknown, "no-uuid", "{}"),
            &[(400, "ballot-id-malformed")],
        ),
        post("no JSON", "{\"voter_id\":", &[(400, "json-malformed")]),
        post("nothing", "", &[(400, "json-malformed")]),
        post(
            "a key twice",
            r#"{"voter_id":"a","voter_id":"b"}"#,
            &[(400, "json-malformed")],
        ),
        post("too deep", deep, &[(400, "json-malformed")]),
        post("not UTF-8", vec![b'"', 0xff, b'"'], &[(400, "json-malformed")]),
        post("a list", "[]", &[(400, "request-malformed")]),
        post(
            "a field too many",
            r#"{"voter_id":"a","ballot_id":"b","selections":{},"admin":true}"#,
            &[(400, "request-malformed")],
        ),
        post(
            "selections of another type",
            vote(&unknown, BALLOT_ID, "7"),
            &[(400, "request-malformed")],
        ),
        post(
            "oversized",
            vec![b' '; (64 << 10) + 1],
            &[(413, "body-too-large")],
        ),
        Bad {
            body: Some(("text/plain", Bytes::from_static(b"{}"))),
            ..post("another type", "", &[(415, "media-type-unsupported")])
        },
        Bad {
            path: "/votes?admin=1".to_owned(),
            ..post("a query", "{}", &[(400, "query-parameter-unknown")])
        },
        Bad {
            method: Method::DELETE,
            body: None,
            ..post("DELETE", "", &[(405, "method-not-allowed")])
        },
        get(
            "receipt malformed",
            "/receipts/1000-G40R",
            &[(400, "receipt-malformed")],
        ),
        get("a path that isn't there", "/admin", &[(404, "not-found")]),
        get(
            "a jurisdiction that isn't there",
            "/votes?jurisdiction=nowhere",
            &[(404, "jurisdiction-unknown")],
        ),
    ]
}

/// Sends bad requests until the load ends.
pub(crate) fn work(user: &mut GooseUser, run: Arc<Run>) -> Work<'_> {
    Box::pin(malform(user, run))
}

async fn malform(user: &mut GooseUser, run: Arc<Run>) -> TransactionResult {
    let number = user.weighted_users_index;
    let mut random = Rng::with_seed(run.ballots.seed ^ number as u64);
    let mut clients = clients(&run);
    while !run.agenda.is_stopped() {
        let mut bad = requests(&mut random);
        random.shuffle(&mut bad);
        for Bad {
            name,
            method,
            path,
            body,
            expected,
        } in bad
        {
            if run.agenda.is_stopped() {
                break;
            }
            let target = &run.targets[random.usize(..run.targets.len())];
            let Ok(uri) = format!("{}{path}", target.prefix).parse::<Uri>() else {
                continue;
            };
            let began = Instant::now();
            let answer = clients
                .send(
                    target,
                    &Ask {
                        method: method.clone(),
                        uri: &uri,
                        body,
                        etag: None,
                    },
                )
                .await;
            let service = began.elapsed();
            let status = answer.as_ref().map_or(0, |answer| answer.status);
            let code = answer
                .ok()
                .and_then(|answer| serde_json::from_slice::<Problem>(&answer.body).ok())
                .map_or_else(String::new, |problem| crate::api::short(problem.code));
            // A server may hang up on an oversized body, or be out of order: that is no wrong answer.
            let is_fine = status == 0 || status == 503 || expected.contains(&(status, code.as_str()));
            if !is_fine {
                run.surprises
                    .note(format!("a bad request ({name}) was answered {status} {code}"));
            }
            let told = (status > 0).then_some(status);
            user.record_custom_request_duration(method.as_str(), name, service, is_fine, told, Some(&code))
                .await?;
            sleep(&run, Duration::from_millis(2)).await;
        }
    }
    Ok(())
}
