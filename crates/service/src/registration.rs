//! Owns how people get on the voter roll: drawing voter ids, encrypting records, reissuing letters. It
//! never writes a letter; whoever calls it does so before the roll commits.

use std::collections::HashSet;
use std::sync::Arc;

use election_core::definition::Definition;
use election_core::identifiers::JurisdictionId;
use election_core::keys::{PersonId, RollSecret, VoterKey};
use election_core::voter_id::VoterId;
use election_core::voter_record::{EncryptedVoterRecord, KeyBatchId, RecordCipher, VoterRecord};
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use crate::ports::{AddOutcome, KeyVault, NewVoter, Person, PortError, PortResult, VoterRoll};
use crate::randomness;

/// The random bytes of a voter id.
const RANDOM_BYTES: usize = 14;

/// Puts people on the roll. Each has a data key of its own, made when the first record needs it.
pub struct Registrar {
    definition: Arc<Definition>,
    roll_secret: Arc<RollSecret>,
    roll: Arc<dyn VoterRoll>,
    vault: Arc<dyn KeyVault>,
    cipher: Mutex<Option<RecordCipher>>,
}

/// Somebody to be put on the roll under a voter id that their letter has.
pub struct Registrant {
    /// The id in the letter.
    pub voter_id: VoterId,
    /// Who, as [`Registrar::person`] says.
    pub person: PersonId,
    /// What the letter says of them.
    pub record: VoterRecord,
    /// Where they vote.
    pub jurisdiction: JurisdictionId,
}

/// Why a letter can't be reissued.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReissueError {
    /// Nobody on the roll has this external id.
    #[error("nobody on the roll has this external id")]
    NotOnRoll,
    /// Another reissue was faster.
    #[error("the letter was reissued by somebody else at this moment")]
    Raced,
    /// The record can't be decrypted with this election's keys.
    #[error("the voter's record can't be decrypted with these keys")]
    Undecryptable,
    /// A store failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// A new letter for somebody on the roll, not valid until [`Registrar::confirm_reissue`].
pub struct Reissue {
    /// The new id.
    pub voter_id: VoterId,
    /// Who it is for.
    pub record: VoterRecord,
    /// Where they vote.
    pub jurisdiction: JurisdictionId,
    person: PersonId,
    replaced: VoterKey,
}

impl Registrar {
    /// A registrar of one process.
    pub fn new(
        definition: Arc<Definition>,
        roll_secret: Arc<RollSecret>,
        roll: Arc<dyn VoterRoll>,
        vault: Arc<dyn KeyVault>,
    ) -> Self {
        Self {
            definition,
            roll_secret,
            roll,
            vault,
            cipher: Mutex::default(),
        }
    }

    /// The election.
    pub fn definition(&self) -> &Definition {
        &self.definition
    }

    /// Who the registrar's external id names.
    pub fn person(&self, external_id: &str) -> PersonId {
        self.roll_secret.person(external_id)
    }

    /// For each person the key of their valid voter id, if they are on the roll.
    pub async fn valid_keys(&self, persons: &[PersonId]) -> PortResult<Vec<Option<VoterKey>>> {
        let persons = self.roll.persons(persons).await?;
        Ok(persons
            .into_iter()
            .map(|person| person.map(|person| person.voter_key))
            .collect())
    }

    /// Whether a voter id is the one that leads to this key.
    pub fn is_key_of(&self, key: &VoterKey, voter_id: &VoterId) -> bool {
        self.roll_secret.voter_key(voter_id) == *key
    }

    /// Draws voter ids that nobody has or had; an id that is taken is drawn again.
    pub async fn draw(&self, count: usize) -> PortResult<Vec<VoterId>> {
        let mut drawn = Vec::with_capacity(count);
        let mut seen = HashSet::with_capacity(count);
        while drawn.len() < count {
            // All at once: asking the system for each would cost more than all else that an id does.
            let mut random = Zeroizing::new(vec![[0; RANDOM_BYTES]; count - drawn.len()]);
            randomness::fill(random.as_flattened_mut())?;
            let candidates = random.iter().map(|random| VoterId::from_random(*random));
            let candidates: Vec<VoterId> = candidates.filter(|id| seen.insert(*id)).collect();
            let keys: Vec<VoterKey> = candidates
                .iter()
                .map(|id| self.roll_secret.voter_key(id))
                .collect();
            let taken = self.roll.taken(&keys).await?;
            drawn.extend(
                candidates
                    .into_iter()
                    .zip(taken)
                    .filter(|(_, taken)| !taken)
                    .map(|(id, _)| id),
            );
        }
        Ok(drawn)
    }

    /// Makes what the roll keeps of people, in the same order. Their letters have to be durable before
    /// [`Self::add`].
    pub async fn seal(&self, registrants: &[Registrant]) -> PortResult<Vec<NewVoter>> {
        let mut cipher = self.cipher.lock().await;
        let mut voters = Vec::with_capacity(registrants.len());
        for registrant in registrants {
            let record = self.encrypt(&mut cipher, registrant).await?;
            let person = Person {
                voter_key: self.roll_secret.voter_key(&registrant.voter_id),
                jurisdiction: registrant.jurisdiction.clone(),
                record,
            };
            let id = registrant.person;
            voters.push(NewVoter { id, person });
        }
        Ok(voters)
    }

    /// Puts people on the roll, whose letters are written durably already. In the same order: whether
    /// each is on it now under the id of their letter.
    pub async fn add(&self, sealed: Vec<NewVoter>) -> PortResult<Vec<bool>> {
        let outcomes = self.roll.add(sealed).await?;
        Ok(outcomes
            .into_iter()
            .map(|outcome| outcome == AddOutcome::Added)
            .collect())
    }

    /// Prepares a new letter for somebody on the roll. The letter is to be written durably before
    /// [`Self::confirm_reissue`].
    pub async fn prepare_reissue(&self, external_id: &str) -> Result<Reissue, ReissueError> {
        let id = self.roll_secret.person(external_id);
        let person = self
            .roll
            .persons(&[id])
            .await?
            .pop()
            .flatten()
            .ok_or(ReissueError::NotOnRoll)?;
        let batch = person.record.batch().ok_or(ReissueError::Undecryptable)?;
        let wrapped = self
            .roll
            .data_key(batch)
            .await?
            .ok_or(ReissueError::Undecryptable)?;
        let key = self.vault.unwrap_data_key(batch, &wrapped).await?;
        let record = person
            .record
            .decrypt(&key, self.definition.id(), &id, &person.jurisdiction);
        let record = record.map_err(|_| ReissueError::Undecryptable)?;
        let voter_id = self.draw(1).await?.pop().ok_or(PortError::Overloaded)?;
        Ok(Reissue {
            voter_id,
            record,
            jurisdiction: person.jurisdiction,
            person: id,
            replaced: person.voter_key,
        })
    }

    /// Makes a prepared letter the valid one; the one before is revoked by the same write. Idempotent.
    pub async fn confirm_reissue(&self, reissue: &Reissue) -> Result<(), ReissueError> {
        let new = self.roll_secret.voter_key(&reissue.voter_id);
        let confirmed = self
            .roll
            .reissue(&reissue.person, &reissue.replaced, &new)
            .await?;
        if confirmed {
            return Ok(());
        }
        // It may have been this letter: the answer to an earlier call can have been lost.
        let person = self.roll.persons(&[reissue.person]).await?.pop().flatten();
        if person.is_some_and(|person| person.voter_key == new) {
            Ok(())
        } else {
            Err(ReissueError::Raced)
        }
    }

    async fn encrypt(
        &self,
        cipher: &mut Option<RecordCipher>,
        registrant: &Registrant,
    ) -> PortResult<EncryptedVoterRecord> {
        let Registrant {
            person,
            record,
            jurisdiction,
            ..
        } = registrant;
        if let Some(cipher) = cipher
            && let Some(encrypted) = cipher.encrypt(record, person, jurisdiction)
        {
            return Ok(encrypted);
        }
        let batch = KeyBatchId(randomness::bytes()?);
        let (key, wrapped) = self.vault.generate_data_key(batch).await?;
        self.roll.put_data_key(batch, &wrapped).await?;
        let cipher = cipher.insert(RecordCipher::new(&key, self.definition.id().clone(), batch));
        let encrypted = cipher.encrypt(record, person, jurisdiction);
        encrypted.ok_or_else(|| PortError::Unavailable("a voter's record can't be encrypted".to_owned()))
    }
}
