//! Owns an HTTP client that fails as planned, between the SDK and the engines.

use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;

use crate::cloud::http_client;

/// How a request fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It never arrives.
    NeverArrives,
    /// It arrives, and nobody learns what came of it.
    AnswerLost,
    /// The service has too much to do.
    Throttled,
    /// Something else than the service answers.
    Garbage,
    /// Nobody ever answers.
    Hangs,
    /// The service answers this, with this status.
    Answers(u16, &'static str),
}

pub(crate) const ALWAYS: usize = usize::MAX;

struct Planned {
    action: &'static str,
    fault: Fault,
    times: usize,
}

/// Fails the requests that are planned to fail; the others go through.
#[derive(Clone)]
pub(crate) struct FailingHttp {
    real: SharedHttpClient,
    plan: Arc<Mutex<Vec<Planned>>>,
}

impl FailingHttp {
    pub(crate) fn new() -> Self {
        Self {
            real: http_client(),
            plan: Arc::default(),
        }
    }

    /// From now on the next requests for an operation fail, that many times.
    pub(crate) fn fail(&self, action: &'static str, fault: Fault, times: usize) {
        self.plan.lock().unwrap().push(Planned { action, fault, times });
    }

    /// From now on nothing fails.
    pub(crate) fn recover(&self) {
        self.plan.lock().unwrap().clear();
    }

    fn next(&self, request: &HttpRequest) -> Option<Fault> {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let action = target.split('.').next_back().unwrap_or_default();
        let mut plan = self.plan.lock().unwrap();
        let planned = plan
            .iter_mut()
            .find(|planned| planned.action == action && planned.times > 0)?;
        planned.times -= 1;
        Some(planned.fault)
    }
}

impl std::fmt::Debug for FailingHttp {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("FailingHttp")
    }
}

impl HttpClient for FailingHttp {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector {
            real: self.real.http_connector(settings, components),
            client: self.clone(),
        })
    }
}

#[derive(Debug)]
struct Connector {
    real: SharedHttpConnector,
    client: FailingHttp,
}

fn broken() -> ConnectorError {
    ConnectorError::io("the connection broke, as planned".into())
}

fn answer(status: u16, body: &'static str) -> HttpConnectorFuture {
    let status = status.try_into().unwrap();
    HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(body))))
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        match self.client.next(&request) {
            None => self.real.call(request),
            Some(Fault::NeverArrives) => HttpConnectorFuture::ready(Err(broken())),
            Some(Fault::AnswerLost) => {
                let call = self.real.call(request);
                HttpConnectorFuture::new(async move { call.await.and(Err(broken())) })
            }
            Some(Fault::Throttled) => answer(400, r#"{"__type": "ThrottlingException"}"#),
            Some(Fault::Garbage) => answer(200, "<html>not the service</html>"),
            Some(Fault::Hangs) => HttpConnectorFuture::new(std::future::pending()),
            Some(Fault::Answers(status, body)) => answer(status, body),
        }
    }
}
