//! Owns the KMS engine: winterbaume-kms, which encrypts under keys and contexts and knows states of keys. Put
//! right here: a key's replicas have its material and id, each in its own region, and a key says where its
//! replicas are; and a key that waits for its deletion can't be scheduled for deletion again.
//!
//! It remains unlike KMS in that the primary of a multi-region key doesn't wait for its replicas, and that
//! no policy refuses anything.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use election_core::identifiers::RegionName;
use serde_json::{Value, json};
use winterbaume_core::{MockResponse, StatefulService, default_account_id};
use winterbaume_kms::{KmsService, KmsStateView};

use super::server::{Call, Engine, Server, output, refusal};

const PENDING: &str = "PendingDeletion";

#[derive(Default)]
struct Keys {
    service: KmsService,
    /// Each key's regions, that of the primary first.
    regions: Mutex<BTreeMap<String, Vec<RegionName>>>,
}

/// KMS in all regions.
pub struct Kms {
    keys: Arc<Keys>,
    server: Server,
}

impl Kms {
    /// Starts an engine without keys.
    pub async fn start() -> Self {
        let keys = Arc::new(Keys::default());
        let server = Server::start(Arc::clone(&keys) as Arc<dyn Engine>).await;
        Self { keys, server }
    }

    /// The end point, for `AWS_ENDPOINT_URL_KMS`.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Makes a key in the first of these regions, with replicas in the others. Returns its id, which is the
    /// same in all of them.
    pub async fn create_key(&self, regions: &[RegionName]) -> String {
        let service = &self.keys.service;
        let call = Call::new(
            &regions[0],
            "CreateKey",
            json!({"MultiRegion": regions.len() > 1}),
        );
        let created = output(&call.answered_by(service).await).unwrap();
        let id = created["KeyMetadata"]["KeyId"].as_str().unwrap().to_owned();
        let mut view = self.keys.view(regions[0].as_str()).await;
        view.keys.retain(|key, _| *key == id);
        for region in &regions[1..] {
            let mut replica = view.clone();
            for key in replica.keys.values_mut() {
                key.region = region.as_str().to_owned();
                key.arn = arn(region, &id);
            }
            service
                .merge(default_account_id(), region.as_str(), replica)
                .await
                .unwrap();
        }
        self.keys
            .regions
            .lock()
            .unwrap()
            .insert(id.clone(), regions.to_vec());
        id
    }

    /// A key's ARN in a region.
    pub fn arn(&self, region: &RegionName, key: &str) -> String {
        arn(region, key)
    }

    /// A key's state in a region, as `Enabled` or `PendingDeletion`; `None` if it isn't there.
    pub async fn state(&self, region: &RegionName, key: &str) -> Option<String> {
        let mut view = self.keys.view(region.as_str()).await;
        view.keys.remove(key).map(|key| key.key_state)
    }

    /// Lets a key's time before its deletion end.
    pub async fn forget(&self, region: &RegionName, key: &str) {
        let mut view = self.keys.view(region.as_str()).await;
        view.keys.remove(key);
        self.keys
            .service
            .restore(default_account_id(), region.as_str(), view)
            .await
            .unwrap();
    }

    /// How often an operation was called over HTTP, in all regions, failed calls included.
    pub fn calls(&self, action: &str) -> u64 {
        self.server.calls(action)
    }

    /// From now on a region's KMS answers 503, or works again.
    pub fn set_failed(&self, region: &RegionName, failed: bool) {
        self.server.set_failed(region, failed);
    }
}

fn arn(region: &RegionName, key: &str) -> String {
    format!(
        "arn:aws:kms:{}:{}:key/{key}",
        region.as_str(),
        default_account_id()
    )
}

impl Keys {
    async fn view(&self, region: &str) -> KmsStateView {
        self.service.snapshot(default_account_id(), region).await
    }

    fn multi_region(&self, key: &str) -> Option<Value> {
        let regions = self.regions.lock().unwrap();
        let (primary, replicas) = regions.get(key)?.split_first()?;
        let place = |region: &RegionName| json!({"Arn": arn(region, key), "Region": region.as_str()});
        (!replicas.is_empty()).then(|| {
            json!({
                "MultiRegionKeyType": "PRIMARY",
                "PrimaryKey": place(primary),
                "ReplicaKeys": replicas.iter().map(place).collect::<Vec<_>>(),
            })
        })
    }
}

#[async_trait]
impl Engine for Keys {
    async fn answer(&self, call: Call) -> MockResponse {
        match call.action.as_str() {
            "DescribeKey" => {
                let response = call.answered_by(&self.service).await;
                let Ok(mut output) = output(&response) else {
                    return response;
                };
                let metadata = &mut output["KeyMetadata"];
                if let Some(places) = metadata["KeyId"].as_str().and_then(|key| self.multi_region(key)) {
                    metadata["MultiRegionConfiguration"] = places;
                }
                MockResponse::json(200, output.to_string())
            }
            "ScheduleKeyDeletion" => {
                let named = call.input["KeyId"].as_str().unwrap_or_default();
                let id = named.rsplit('/').next().unwrap_or_default();
                let view = self.view(&call.region).await;
                if view.keys.get(id).is_some_and(|key| key.key_state == PENDING) {
                    return refusal(400, "KMSInvalidStateException", "the key is pending deletion");
                }
                call.answered_by(&self.service).await
            }
            _ => call.answered_by(&self.service).await,
        }
    }
}
