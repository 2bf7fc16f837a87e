//! Owns requests to the server from one thread. An answer that doesn't come is an answer here, too.

use std::time::Duration;

use anyhow::Context as _;
use reqwest::{Client, RequestBuilder};
use serde_json::Value;

/// More than the server takes to answer.
const TIMEOUT: Duration = Duration::from_secs(8);

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// 0 if the answer was lost or nobody listened.
    pub(crate) status: u16,
    /// Nobody listened: the request wasn't even sent.
    pub(crate) unsent: bool,
    pub(crate) body: Value,
    pub(crate) retry_after: Duration,
}

impl Answer {
    /// A problem's code.
    pub(crate) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// Whether this is the service's word, as website/shared/api.js has it.
    pub(crate) fn settles(&self) -> bool {
        !matches!(self.status, 0 | 408 | 429 | 500..)
    }
}

/// A client with connections of its own.
pub(crate) struct Http {
    runtime: tokio::runtime::Runtime,
    client: Client,
    base: String,
}

impl Http {
    pub(crate) fn new(port: u16) -> anyhow::Result<Self> {
        // An error means that it was installed before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let client = Client::builder()
            .no_proxy()
            .timeout(TIMEOUT)
            .build()
            .context("no HTTP client")?;
        Ok(Self {
            runtime,
            client,
            base: format!("http://127.0.0.1:{port}"),
        })
    }

    fn url(&self, region: Option<&str>, path: &str) -> String {
        match region {
            Some(region) => format!("{}/regions/{region}{path}", self.base),
            None => format!("{}{path}", self.base),
        }
    }

    fn vote(&self, region: Option<&str>, body: &str) -> RequestBuilder {
        self.client
            .post(self.url(region, "/votes"))
            .header("content-type", "application/json")
            .body(body.to_owned())
    }

    pub(crate) fn get(&self, region: Option<&str>, path: &str) -> Answer {
        self.runtime
            .block_on(send(self.client.get(self.url(region, path)), None))
    }

    /// Casts; `hang_up` is when the client goes away without waiting for the answer.
    pub(crate) fn cast(&self, region: Option<&str>, body: &str, hang_up: Option<Duration>) -> Answer {
        self.runtime.block_on(send(self.vote(region, body), hang_up))
    }

    /// Casts two ballots at the same time.
    pub(crate) fn cast_both(&self, votes: [(Option<&str>, &str); 2]) -> [Answer; 2] {
        let [first, second] = votes.map(|(region, body)| send(self.vote(region, body), None));
        self.runtime
            .block_on(async { tokio::join!(first, second) })
            .into()
    }
}

async fn send(request: RequestBuilder, hang_up: Option<Duration>) -> Answer {
    let asked = async {
        let response = request.send().await?;
        let retry_after = response
            .headers()
            .get("retry-after")
            .and_then(|value| value.to_str().ok()?.parse().ok());
        let status = response.status().as_u16();
        let text = response.text().await?;
        Ok::<_, reqwest::Error>(Answer {
            status,
            unsent: false,
            body: serde_json::from_str(&text).unwrap_or_default(),
            retry_after: Duration::from_secs(retry_after.unwrap_or(0)),
        })
    };
    let lost = |unsent| Answer {
        status: 0,
        unsent,
        body: Value::Null,
        retry_after: Duration::ZERO,
    };
    let patience = hang_up.unwrap_or(Duration::from_secs(60));
    match tokio::time::timeout(patience, asked).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => lost(error.is_connect()),
        Err(_) => lost(false),
    }
}
