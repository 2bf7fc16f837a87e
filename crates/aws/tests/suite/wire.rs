//! Owns the wire between the SDK and an engine, which does to requests what a test plans: it loses them or their
//! answers, answers in DynamoDB's place, holds them up, cuts them into pieces.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use serde_json::{Value, json};

use crate::support::http_client;

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is never sent.
    NeverSent,
    /// It is made, and its answer is lost.
    AnswerLost,
    /// DynamoDB refuses it for now.
    Throttled,
    /// Another region writes the same item.
    WriteConflict,
    /// A transaction on the same item is under way.
    TransactionConflict,
    /// DynamoDB fails.
    ServerError,
    /// It is made, and its answer is garbage.
    Garbage,
    /// It is never sent, and never answered.
    Hangs,
    /// It is made, and never answered.
    AnswerHangs,
    /// Its refusal comes without the item that is there.
    ItemLeftOut,
    /// Only the first half of its keys or items is processed.
    HalfProcessed,
    /// None of its keys or items is processed.
    Unprocessed,
    /// A scan or query of at most so many items.
    Limited(u64),
}

impl Fault {
    /// Those after which the SDK, or the adapter, asks again.
    pub(crate) const PASSING: [Self; 7] = [
        Self::NeverSent,
        Self::AnswerLost,
        Self::Throttled,
        Self::WriteConflict,
        Self::ServerError,
        Self::Hangs,
        Self::AnswerHangs,
    ];

    /// Whether the request was made all the same.
    pub(crate) fn is_after(self) -> bool {
        matches!(self, Self::AnswerLost | Self::Garbage | Self::AnswerHangs)
    }
}

struct Rule {
    operation: &'static str,
    /// A part of the request's body, as a table's name or a kind of item.
    holding: &'static str,
    passes: usize,
    times: usize,
    fault: Fault,
}

struct State {
    inner: SharedHttpClient,
    rules: Mutex<Vec<Rule>>,
    /// How many requests of each operation arrived here.
    requests: Mutex<HashMap<String, usize>>,
    /// The operation whose requests are held until so many are here at once.
    gate: Mutex<Option<(&'static str, Arc<tokio::sync::Barrier>)>>,
    under_way: AtomicUsize,
    most_under_way: AtomicUsize,
    struck: AtomicUsize,
}

/// The wire, as the SDK's HTTP client.
#[derive(Clone)]
pub(crate) struct Wire(Arc<State>);

impl std::fmt::Debug for Wire {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Wire")
    }
}

impl Wire {
    pub(crate) fn new() -> Self {
        Self(Arc::new(State {
            inner: http_client(),
            rules: Mutex::default(),
            requests: Mutex::default(),
            gate: Mutex::default(),
            under_way: AtomicUsize::new(0),
            most_under_way: AtomicUsize::new(0),
            struck: AtomicUsize::new(0),
        }))
    }

    /// Lets a fault strike the next request of an operation that has `holding` in its body.
    pub(crate) fn strike(&self, operation: &'static str, holding: &'static str, fault: Fault) {
        self.strike_times(operation, holding, 0, 1, fault);
    }

    /// Lets a fault strike that many requests after as many that pass.
    pub(crate) fn strike_times(
        &self,
        operation: &'static str,
        holding: &'static str,
        passes: usize,
        times: usize,
        fault: Fault,
    ) {
        let rule = Rule {
            operation,
            holding,
            passes,
            times,
            fault,
        };
        self.0.rules.lock().unwrap().push(rule);
    }

    /// Lets everything through again.
    pub(crate) fn calm(&self) {
        self.0.rules.lock().unwrap().clear();
    }

    /// How often a fault struck.
    pub(crate) fn struck(&self) -> usize {
        self.0.struck.load(Ordering::SeqCst)
    }

    /// How many requests of an operation arrived here.
    pub(crate) fn requests(&self, operation: &str) -> usize {
        let requests = self.0.requests.lock().unwrap();
        requests.get(operation).copied().unwrap_or_default()
    }

    /// Holds the requests of an operation until that many are here at once.
    pub(crate) fn gather(&self, operation: &'static str, count: usize) {
        let barrier = Arc::new(tokio::sync::Barrier::new(count));
        *self.0.gate.lock().unwrap() = Some((operation, barrier));
    }

    /// The most requests of the gathered operation that were here at once.
    pub(crate) fn most_at_once(&self) -> usize {
        self.0.most_under_way.load(Ordering::SeqCst)
    }

    fn fault_of(&self, operation: &str, body: &str) -> Option<Fault> {
        let mut rules = self.0.rules.lock().unwrap();
        let rule = rules
            .iter_mut()
            .find(|rule| rule.operation == operation && body.contains(rule.holding) && rule.times > 0)?;
        if rule.passes > 0 {
            rule.passes -= 1;
            return None;
        }
        rule.times -= 1;
        self.0.struck.fetch_add(1, Ordering::SeqCst);
        Some(rule.fault)
    }
}

impl HttpClient for Wire {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.0.inner.http_connector(settings, components);
        SharedHttpConnector::new(End {
            wire: self.clone(),
            inner,
        })
    }
}

/// One end of the wire.
#[derive(Debug)]
struct End {
    wire: Wire,
    inner: SharedHttpConnector,
}

impl HttpConnector for End {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (wire, inner) = (self.wire.clone(), self.inner.clone());
        HttpConnectorFuture::new(async move { carry(wire, inner, request).await })
    }
}

async fn carry(
    wire: Wire,
    inner: SharedHttpConnector,
    request: HttpRequest,
) -> Result<HttpResponse, ConnectorError> {
    let target = request.headers().get("x-amz-target").unwrap_or_default();
    let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
    let body = String::from_utf8(request.body().bytes().unwrap_or_default().to_vec()).unwrap();
    *wire
        .0
        .requests
        .lock()
        .unwrap()
        .entry(operation.clone())
        .or_default() += 1;
    hold(&wire, &operation).await;
    let Some(fault) = wire.fault_of(&operation, &body) else {
        return inner.call(request).await;
    };
    match fault {
        Fault::NeverSent => Err(ConnectorError::io("the connection was refused".into())),
        Fault::AnswerLost => {
            send(&inner, request, body).await?;
            Err(ConnectorError::io("the connection was reset".into()))
        }
        Fault::Throttled => Ok(refusal(
            400,
            "ProvisionedThroughputExceededException",
            Value::Null,
        )),
        Fault::WriteConflict => Ok(refusal(400, "ReplicatedWriteConflictException", Value::Null)),
        Fault::TransactionConflict => {
            let reasons = json!([{"Code": "None"}, {"Code": "TransactionConflict"}]);
            Ok(refusal(400, "TransactionCanceledException", reasons))
        }
        Fault::ServerError => Ok(refusal(500, "InternalServerError", Value::Null)),
        Fault::Garbage => {
            send(&inner, request, body).await?;
            Ok(answer(200, "<html>\u{1f5f3}</html>".to_owned()))
        }
        Fault::Hangs => std::future::pending().await,
        Fault::AnswerHangs => {
            send(&inner, request, body).await?;
            std::future::pending().await
        }
        Fault::Limited(limit) => {
            let mut limited: Value = serde_json::from_str(&body).unwrap();
            let asked = limited["Limit"].as_u64().unwrap_or(limit);
            limited["Limit"] = limit.min(asked).into();
            let (status, body) = send(&inner, request, limited.to_string()).await?;
            Ok(answer(status, body))
        }
        Fault::ItemLeftOut => {
            let (status, body) = send(&inner, request, body).await?;
            let mut refusal: Value = serde_json::from_str(&body).unwrap();
            refusal
                .as_object_mut()
                .unwrap()
                .remove("Item")
                .expect("a refusal with an item");
            Ok(answer(status, refusal.to_string()))
        }
        Fault::HalfProcessed => process_some(&inner, request, &body, |count| count / 2).await,
        Fault::Unprocessed => process_some(&inner, request, &body, |_| 0).await,
    }
}

/// Holds a request of the gathered operation until the others are here, or gives up as the SDK does.
async fn hold(wire: &Wire, operation: &str) {
    let gate = wire.0.gate.lock().unwrap().clone();
    let Some((gathered, barrier)) = gate.filter(|(gathered, _)| *gathered == operation) else {
        return;
    };
    assert_eq!(gathered, operation);
    let under_way = wire.0.under_way.fetch_add(1, Ordering::SeqCst) + 1;
    wire.0.most_under_way.fetch_max(under_way, Ordering::SeqCst);
    // Shorter than a test's patience, so that one that never comes together fails by its count.
    drop(tokio::time::timeout(Duration::from_secs(1), barrier.wait()).await);
    wire.0.under_way.fetch_sub(1, Ordering::SeqCst);
}

async fn send(
    inner: &SharedHttpConnector,
    mut request: HttpRequest,
    body: String,
) -> Result<(u16, String), ConnectorError> {
    request
        .headers_mut()
        .insert("content-length", body.len().to_string());
    *request.body_mut() = SdkBody::from(body);
    let response = inner.call(request).await?;
    let status = response.status().as_u16();
    let body = ByteStream::new(response.into_body())
        .collect()
        .await
        .unwrap()
        .to_vec();
    Ok((status, String::from_utf8(body).unwrap()))
}

/// Sends only some of a batch's keys or items, and says of the others that they weren't processed.
async fn process_some(
    inner: &SharedHttpConnector,
    request: HttpRequest,
    body: &str,
    some: impl Fn(usize) -> usize,
) -> Result<HttpResponse, ConnectorError> {
    let mut batch: Value = serde_json::from_str(body).unwrap();
    let tables = batch["RequestItems"].as_object_mut().unwrap();
    let (_, of_table) = tables.iter_mut().next().unwrap();
    let (kind, left_out) = if of_table.is_array() {
        ("Items", of_table)
    } else {
        ("Keys", &mut of_table["Keys"])
    };
    let all = left_out.as_array().unwrap().clone();
    let (sent, left) = all.split_at(some(all.len()));
    *left_out = Value::from(left.to_vec());
    let unprocessed = batch["RequestItems"].clone();
    let mut response = json!({"Responses": {}});
    if !sent.is_empty() {
        let tables = batch["RequestItems"].as_object_mut().unwrap();
        let (_, of_table) = tables.iter_mut().next().unwrap();
        let place = if of_table.is_array() {
            of_table
        } else {
            &mut of_table["Keys"]
        };
        *place = Value::from(sent.to_vec());
        response = serde_json::from_str(&send(inner, request, batch.to_string()).await?.1).unwrap();
    }
    response[format!("Unprocessed{kind}")] = unprocessed;
    Ok(answer(200, response.to_string()))
}

fn refusal(status: u16, code: &str, reasons: Value) -> HttpResponse {
    let kind = format!("com.amazonaws.dynamodb.v20120810#{code}");
    let mut body = json!({"__type": kind, "message": "planned"});
    if !reasons.is_null() {
        body["CancellationReasons"] = reasons;
    }
    answer(status, body.to_string())
}

fn answer(status: u16, body: String) -> HttpResponse {
    let mut response = HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::from(body));
    response
        .headers_mut()
        .insert("content-type", "application/x-amz-json-1.0");
    response
}
