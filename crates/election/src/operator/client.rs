//! Owns the talking to a running server: to its operator listener, and to any website's results.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use reqwest::{Client, ClientBuilder};
use serde_json::Value;

use super::address_file;
use super::listener::{Address, Event};
use crate::failure::Failure;
use crate::operation::Operation;
use crate::progress::Bar;

fn client() -> ClientBuilder {
    // An error means that it was installed before.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
}

/// A server that answers.
pub(crate) struct Server {
    client: Client,
    address: Address,
}

impl Server {
    /// The server of a data folder, if one answers there now. What a killed server left behind doesn't.
    pub(crate) async fn find(folder: &Path) -> Option<Self> {
        let address: Address = serde_json::from_slice(&std::fs::read(address_file(folder)).ok()?).ok()?;
        let client = client()
            .connect_timeout(Duration::from_secs(2))
            .no_proxy()
            .build()
            .ok()?;
        let probe = client
            .get(format!("{}/operations", address.url))
            .bearer_auth(&address.token)
            .send()
            .await
            .ok()?;
        probe.status().is_success().then_some(Self { client, address })
    }

    /// Lets the server do an operation, and shows its progress.
    pub(crate) async fn run(&self, operation: &Operation, bar: &Bar) -> Result<Value, Failure> {
        let url = format!("{}/operations", self.address.url);
        let request = self
            .client
            .post(url)
            .bearer_auth(&self.address.token)
            .json(operation);
        let sent = async { request.send().await?.error_for_status() };
        let mut response = sent.await.context("the server doesn't take the operation")?;
        let mut line = Vec::new();
        while let Some(chunk) = response.chunk().await.context("the server stopped answering")? {
            for byte in chunk {
                if byte != b'\n' {
                    line.push(byte);
                    continue;
                }
                let event = serde_json::from_slice(&line).context("the server's answer can't be read")?;
                line.clear();
                match event {
                    Event::Progress { done, total } => bar.set(done, total),
                    Event::Done { answer } => return Ok(answer),
                    Event::Refused { text } => return Err(Failure::No(text)),
                    Event::Failed { text } => return Err(Failure::Internal(anyhow::anyhow!(text))),
                }
            }
        }
        Err(Failure::Internal(anyhow::anyhow!(
            "the server stopped before the operation was done"
        )))
    }
}

/// The results that a website tells everybody.
pub(crate) async fn fetch_results(url: &str) -> Result<Value, Failure> {
    let address = url.trim_end_matches('/');
    let address = if address.ends_with("/votes") {
        address.to_owned()
    } else {
        format!("{address}/votes")
    };
    let client = client()
        .timeout(Duration::from_secs(10))
        .build()
        .context("no HTTP client")?;
    let request = client
        .get(&address)
        .build()
        .map_err(|error| Failure::Usage(format!("--url {url}: {error}")))?;
    let fetched = async { client.execute(request).await?.error_for_status()?.json().await };
    fetched
        .await
        .map_err(|error| Failure::Internal(anyhow::Error::new(error).context("no results from there")))
}
