//! Owns the voter roll in memory.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;

use async_trait::async_trait;
use election_core::identifiers::JurisdictionId;
use election_core::keys::{PersonId, VoterKey};
use election_core::voter_record::KeyBatchId;
use election_service::ports::{
    AddOutcome, NewVoter, Person, PortError, PortResult, Registration, VoterRoll, WrappedDataKey,
};

use super::lock;

#[derive(Default)]
struct State {
    registrations: HashMap<VoterKey, Registration>,
    persons: HashMap<PersonId, Person>,
    data_keys: HashMap<KeyBatchId, WrappedDataKey>,
}

/// [`VoterRoll`] in memory.
#[derive(Default)]
pub struct MemoryRoll(Mutex<State>);

impl State {
    fn add(&mut self, voter: NewVoter) -> AddOutcome {
        if self.persons.contains_key(&voter.id) {
            return AddOutcome::PersonExists;
        }
        if self.registrations.contains_key(&voter.person.voter_key) {
            return AddOutcome::VoterKeyTaken;
        }
        let jurisdiction = voter.person.jurisdiction.clone();
        let registration = Registration {
            person: voter.id,
            jurisdiction,
            revoked: false,
        };
        self.registrations.insert(voter.person.voter_key, registration);
        self.persons.insert(voter.id, voter.person);
        AddOutcome::Added
    }
}

#[async_trait]
impl VoterRoll for MemoryRoll {
    async fn find(&self, key: &VoterKey) -> PortResult<Option<Registration>> {
        Ok(lock(&self.0).registrations.get(key).cloned())
    }

    async fn persons(&self, ids: &[PersonId]) -> PortResult<Vec<Option<Person>>> {
        let state = lock(&self.0);
        Ok(ids.iter().map(|id| state.persons.get(id).cloned()).collect())
    }

    async fn taken(&self, keys: &[VoterKey]) -> PortResult<Vec<bool>> {
        let state = lock(&self.0);
        Ok(keys
            .iter()
            .map(|key| state.registrations.contains_key(key))
            .collect())
    }

    async fn add(&self, voters: Vec<NewVoter>) -> PortResult<Vec<AddOutcome>> {
        let mut state = lock(&self.0);
        Ok(voters.into_iter().map(|voter| state.add(voter)).collect())
    }

    async fn reissue(&self, person: &PersonId, old: &VoterKey, new: &VoterKey) -> PortResult<bool> {
        let mut state = lock(&self.0);
        let state = &mut *state;
        let Some(entry) = state
            .persons
            .get_mut(person)
            .filter(|entry| entry.voter_key == *old)
        else {
            return Ok(false);
        };
        if state.registrations.contains_key(new) {
            return Err(PortError::Unavailable("the new voter key is taken".to_owned()));
        }
        entry.voter_key = *new;
        let jurisdiction = entry.jurisdiction.clone();
        state.registrations.insert(
            *new,
            Registration {
                person: *person,
                jurisdiction,
                revoked: false,
            },
        );
        if let Some(registration) = state.registrations.get_mut(old) {
            registration.revoked = true;
        }
        Ok(true)
    }

    async fn put_data_key(&self, batch: KeyBatchId, key: &WrappedDataKey) -> PortResult<()> {
        lock(&self.0).data_keys.insert(batch, key.clone());
        Ok(())
    }

    async fn data_key(&self, batch: KeyBatchId) -> PortResult<Option<WrappedDataKey>> {
        Ok(lock(&self.0).data_keys.get(&batch).cloned())
    }

    async fn registered(&self) -> PortResult<BTreeMap<JurisdictionId, u64>> {
        let mut counts = BTreeMap::new();
        for person in lock(&self.0).persons.values() {
            *counts.entry(person.jurisdiction.clone()).or_default() += 1;
        }
        Ok(counts)
    }
}
