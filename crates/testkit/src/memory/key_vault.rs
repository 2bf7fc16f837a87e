//! Owns an imitation of a key service: it keeps the keys and gives out names instead of wrapping them.

use std::collections::HashMap;
use std::sync::Mutex;

use async_trait::async_trait;
use election_core::voter_record::{DataKey, KeyBatchId};
use election_service::ports::{KeyVault, PortError, PortResult, Secrets, WrappedDataKey};
use zeroize::Zeroizing;

use super::lock;
use crate::{Random, fixtures};

#[derive(Default)]
struct State {
    ballot_secret_destroyed: bool,
    data_keys: HashMap<Vec<u8>, (KeyBatchId, [u8; 32])>,
}

/// [`KeyVault`] in memory, with the secrets of [`fixtures`].
#[derive(Default)]
pub struct MemoryVault(Mutex<State>);

#[async_trait]
impl KeyVault for MemoryVault {
    async fn secrets(&self) -> PortResult<Secrets> {
        let destroyed = lock(&self.0).ballot_secret_destroyed;
        Ok(Secrets {
            roll: Zeroizing::new(fixtures::ROLL_SECRET),
            ballot: (!destroyed).then(|| Zeroizing::new(fixtures::BALLOT_SECRET)),
            mac: Zeroizing::new(fixtures::MAC_SECRET),
        })
    }

    async fn generate_data_key(&self, batch: KeyBatchId) -> PortResult<(DataKey, WrappedDataKey)> {
        let mut state = lock(&self.0);
        let number = state.data_keys.len() as u64;
        let key = Random::seeded(number).bytes();
        let name = format!("data key {number}").into_bytes();
        state.data_keys.insert(name.clone(), (batch, key));
        Ok((DataKey::new(key), WrappedDataKey(name)))
    }

    async fn unwrap_data_key(&self, batch: KeyBatchId, key: &WrappedDataKey) -> PortResult<DataKey> {
        match lock(&self.0).data_keys.get(&key.0) {
            Some((bound_to, key)) if *bound_to == batch => Ok(DataKey::new(*key)),
            _ => Err(PortError::Corrupt("not a data key of this batch".to_owned())),
        }
    }

    async fn destroy_ballot_secret(&self) -> PortResult<()> {
        lock(&self.0).ballot_secret_destroyed = true;
        Ok(())
    }
}
