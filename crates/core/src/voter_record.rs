//! Owns the encryption of voter records (name, address, external id) under data keys. Records and keys
//! have no `Debug`.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::identifiers::{ElectionId, JurisdictionId};
use crate::keys::PersonId;

const FORMAT: u8 = 1;

/// The most records under one data key.
pub const RECORDS_PER_KEY: u32 = 1 << 20;

/// What the registrar tells of a voter, needed again only to print another letter.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VoterRecord {
    /// The registrar's own id of the voter.
    pub external_id: String,
    /// As on the letter.
    pub name: String,
    /// As on the letter.
    pub address: String,
}

/// Names the data key of a batch of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyBatchId(pub [u8; 16]);

/// A plain data key of 256 bits; wiped when dropped.
pub struct DataKey(Zeroizing<[u8; 32]>);

impl DataKey {
    /// Wraps the key's bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The key's bytes, to be wrapped under a KMS key.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// An encrypted record as the roll keeps it.
#[derive(Clone, PartialEq, Eq)]
pub struct EncryptedVoterRecord(pub Vec<u8>);

/// The record doesn't decrypt: another key, another person, or changed bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the voter's record can't be decrypted")]
pub struct UndecryptableRecord;

/// Encrypts records under one data key with a counter as nonce. A new key is needed when it is used up
/// and at each start of a process, so that no nonce is ever used twice.
pub struct RecordCipher {
    cipher: Aes256Gcm,
    election: ElectionId,
    batch: KeyBatchId,
    used: u32,
}

impl RecordCipher {
    /// Prepares a fresh data key.
    pub fn new(key: &DataKey, election: ElectionId, batch: KeyBatchId) -> Self {
        Self {
            cipher: cipher(key),
            election,
            batch,
            used: 0,
        }
    }

    /// Encrypts the next record: format ‖ batch ‖ counter ‖ AES-256-GCM; `None` once the key is used up.
    pub fn encrypt(
        &mut self,
        record: &VoterRecord,
        person: &PersonId,
        jurisdiction: &JurisdictionId,
    ) -> Option<EncryptedVoterRecord> {
        if self.used == RECORDS_PER_KEY {
            return None;
        }
        let plain = Zeroizing::new(serde_json::to_vec(record).ok()?);
        let aad = associated_data(&self.election, &self.batch, person, jurisdiction);
        let payload = Payload {
            msg: &plain,
            aad: &aad,
        };
        let encrypted = self.cipher.encrypt(&nonce(self.used), payload).ok()?;
        let mut bytes = vec![FORMAT];
        bytes.extend_from_slice(&self.batch.0);
        bytes.extend_from_slice(&self.used.to_be_bytes());
        bytes.extend_from_slice(&encrypted);
        self.used += 1;
        Some(EncryptedVoterRecord(bytes))
    }
}

impl EncryptedVoterRecord {
    /// Which data key decrypts it; `None` if this isn't a record of a known format.
    pub fn batch(&self) -> Option<KeyBatchId> {
        self.parts().map(|(batch, _, _)| batch)
    }

    /// Decrypts the record of `person`.
    pub fn decrypt(
        &self,
        key: &DataKey,
        election: &ElectionId,
        person: &PersonId,
        jurisdiction: &JurisdictionId,
    ) -> Result<VoterRecord, UndecryptableRecord> {
        let (batch, used, encrypted) = self.parts().ok_or(UndecryptableRecord)?;
        let aad = associated_data(election, &batch, person, jurisdiction);
        let payload = Payload {
            msg: encrypted,
            aad: &aad,
        };
        let plain = cipher(key)
            .decrypt(&nonce(used), payload)
            .map_err(|_| UndecryptableRecord)?;
        serde_json::from_slice(&Zeroizing::new(plain)).map_err(|_| UndecryptableRecord)
    }

    fn parts(&self) -> Option<(KeyBatchId, u32, &[u8])> {
        let (format, rest) = self.0.split_first()?;
        let (batch, rest) = rest.split_first_chunk::<16>()?;
        let (used, encrypted) = rest.split_first_chunk::<4>()?;
        (*format == FORMAT).then_some((KeyBatchId(*batch), u32::from_be_bytes(*used), encrypted))
    }
}

fn cipher(key: &DataKey) -> Aes256Gcm {
    Aes256Gcm::new(key.as_bytes().into())
}

fn nonce(used: u32) -> Nonce<aes_gcm::aead::consts::U12> {
    let mut bytes = [0; 12];
    bytes[8..].copy_from_slice(&used.to_be_bytes());
    bytes.into()
}

/// Format ‖ length and election ‖ batch ‖ person ‖ jurisdiction.
fn associated_data(
    election: &ElectionId,
    batch: &KeyBatchId,
    person: &PersonId,
    jurisdiction: &JurisdictionId,
) -> Vec<u8> {
    let election = election.as_str().as_bytes();
    // An identifier has at most 40 bytes.
    let mut data = vec![FORMAT, election.len() as u8];
    data.extend_from_slice(election);
    data.extend_from_slice(&batch.0);
    data.extend_from_slice(&person.0);
    data.extend_from_slice(jurisdiction.as_str().as_bytes());
    data
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_decrypts_for_its_own_person_jurisdiction_and_election_only() {
        let (club, other) = (
            ElectionId::parse("club").unwrap(),
            ElectionId::parse("other").unwrap(),
        );
        let (north, south) = (
            JurisdictionId::parse("north").unwrap(),
            JurisdictionId::parse("south").unwrap(),
        );
        let key = DataKey::new([1; 32]);
        let record = VoterRecord {
            external_id: "A-1".into(),
            name: "Ana".into(),
            address: "1 Elm St".into(),
        };
        let mut cipher = RecordCipher::new(&key, club.clone(), KeyBatchId([2; 16]));
        let person = PersonId([3; 16]);
        let first = cipher.encrypt(&record, &person, &north).unwrap();
        let second = cipher.encrypt(&record, &person, &north).unwrap();
        assert!(first != second, "each record has a nonce of its own");
        assert!(
            first
                .decrypt(&key, &club, &person, &north)
                .is_ok_and(|read| read == record)
        );
        assert!(first.decrypt(&key, &club, &PersonId([4; 16]), &north).is_err());
        assert!(first.decrypt(&key, &club, &person, &south).is_err());
        assert!(first.decrypt(&key, &other, &person, &north).is_err());
        assert!(
            first
                .decrypt(&DataKey::new([9; 32]), &club, &person, &north)
                .is_err()
        );
        assert!(!first.0.windows(3).any(|bytes| bytes == b"Ana"));
    }

    #[test]
    fn a_data_key_is_used_up_after_its_batch() {
        let mut cipher = RecordCipher::new(
            &DataKey::new([1; 32]),
            ElectionId::parse("club").unwrap(),
            KeyBatchId([2; 16]),
        );
        cipher.used = RECORDS_PER_KEY;
        let record = VoterRecord {
            external_id: String::new(),
            name: String::new(),
            address: String::new(),
        };
        assert!(
            cipher
                .encrypt(
                    &record,
                    &PersonId([3; 16]),
                    &JurisdictionId::parse("north").unwrap()
                )
                .is_none()
        );
    }
}
