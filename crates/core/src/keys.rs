//! Owns the election's secrets and the keys derived from them. Secrets and keys have no `Debug`;
//! no secret can be read back out of its type.
//!
//! Every key is HMAC-SHA256(secret, label ‖ 00 ‖ length of the election id ‖ election id ‖ data),
//! lengths being two bytes, most significant first.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::identifiers::{ElectionHash, ElectionId, JurisdictionId};
use crate::receipt::BallotDigest;
use crate::voter_id::VoterId;

type HmacSha256 = Hmac<Sha256>;

/// The length of each secret in bytes.
pub const SECRET_BYTES: usize = 32;

/// Where the roll keeps a voter: derived from the voter id, which can't be derived back.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VoterKey(pub [u8; 32]);

/// Who a voter is, over all their letters: derived from the registrar's external id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonId(pub [u8; 16]);

/// The pseudonym that a person's ballot is recorded under.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BallotKey(pub [u8; 12]);

/// Proof that an enqueuer of this election made an envelope.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct EnvelopeMac(pub [u8; 32]);

/// Tells whether two processes hold the same secret without telling the secret: 16 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Fingerprint(String);

impl fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// An HMAC over everything that all keys of one label share.
fn keyed(secret: &[u8; SECRET_BYTES], label: &str, election: &ElectionId) -> HmacSha256 {
    // HMAC pads a key with zeros to its block of 64 bytes; doing it here leaves no error to handle.
    let mut block = Zeroizing::new([0; 64]);
    block[..SECRET_BYTES].copy_from_slice(secret);
    let mut mac = <HmacSha256 as KeyInit>::new((&*block).into());
    mac.update(label.as_bytes());
    mac.update(&[0]);
    update_prefixed(&mut mac, election.as_str().as_bytes());
    mac
}

/// Adds a length of two bytes and the data, which is at most 64 KiB wherever this is used.
fn update_prefixed(mac: &mut HmacSha256, data: &[u8]) {
    let length = u16::try_from(data.len()).unwrap_or(u16::MAX);
    mac.update(&length.to_be_bytes());
    mac.update(data);
}

fn finish<const N: usize>(mac: HmacSha256) -> [u8; N] {
    let bytes = mac.finalize().into_bytes();
    std::array::from_fn(|index| bytes[index])
}

fn fingerprint(secret: &[u8; SECRET_BYTES], election: &ElectionId) -> Fingerprint {
    let bytes: [u8; 8] = finish(keyed(secret, "election/fingerprint/1", election));
    Fingerprint(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Finds voters in the roll. Held by the importer and the enqueuer.
pub struct RollSecret {
    voter_key: HmacSha256,
    person: HmacSha256,
    fingerprint: Fingerprint,
}

impl RollSecret {
    /// Prepares the secret for one election.
    pub fn new(secret: &[u8; SECRET_BYTES], election: &ElectionId) -> Self {
        Self {
            voter_key: keyed(secret, "election/voter-key/1", election),
            person: keyed(secret, "election/person/1", election),
            fingerprint: fingerprint(secret, election),
        }
    }

    /// The place of a voter id in the roll.
    pub fn voter_key(&self, voter_id: &VoterId) -> VoterKey {
        let mut mac = self.voter_key.clone();
        mac.update(&voter_id.canonical());
        VoterKey(finish(mac))
    }

    /// The person that the registrar calls `external_id`.
    pub fn person(&self, external_id: &str) -> PersonId {
        let mut mac = self.person.clone();
        mac.update(external_id.as_bytes());
        PersonId(finish(mac))
    }

    /// The secret's fingerprint.
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }
}

/// Joins persons to ballots. Held by the enqueuer only; destroyed after certification.
pub struct BallotSecret {
    ballot_key: HmacSha256,
    fingerprint: Fingerprint,
}

impl BallotSecret {
    /// Prepares the secret for one election.
    pub fn new(secret: &[u8; SECRET_BYTES], election: &ElectionId) -> Self {
        Self {
            ballot_key: keyed(secret, "election/ballot-key/1", election),
            fingerprint: fingerprint(secret, election),
        }
    }

    /// The pseudonym of a person's ballot, the same for all letters of that person.
    pub fn ballot_key(&self, person: &PersonId) -> BallotKey {
        let mut mac = self.ballot_key.clone();
        mac.update(&person.0);
        BallotKey(finish(mac))
    }

    /// The secret's fingerprint.
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }
}

/// Authenticates envelopes and recorded ballots. Held by the enqueuer, the processor, tally and recount.
pub struct MacSecret {
    mac: HmacSha256,
    election: ElectionHash,
    fingerprint: Fingerprint,
}

impl MacSecret {
    /// Prepares the secret for one election and its definition.
    pub fn new(secret: &[u8; SECRET_BYTES], election: &ElectionId, hash: ElectionHash) -> Self {
        Self {
            mac: keyed(secret, "election/mac/1", election),
            election: hash,
            fingerprint: fingerprint(secret, election),
        }
    }

    /// The MAC over election hash ‖ ballot key ‖ jurisdiction (with its length) ‖ digest.
    pub fn authenticate(
        &self,
        key: &BallotKey,
        jurisdiction: &JurisdictionId,
        digest: &BallotDigest,
    ) -> EnvelopeMac {
        EnvelopeMac(finish(self.message(key, jurisdiction, digest)))
    }

    /// Whether `mac` is the one that [`Self::authenticate`] makes; takes the same time either way.
    pub fn verify(
        &self,
        key: &BallotKey,
        jurisdiction: &JurisdictionId,
        digest: &BallotDigest,
        mac: &EnvelopeMac,
    ) -> bool {
        self.message(key, jurisdiction, digest)
            .verify(&mac.0.into())
            .is_ok()
    }

    /// The hash of the definition that this election is held under.
    pub fn election_hash(&self) -> ElectionHash {
        self.election
    }

    /// The secret's fingerprint.
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    fn message(&self, key: &BallotKey, jurisdiction: &JurisdictionId, digest: &BallotDigest) -> HmacSha256 {
        let mut mac = self.mac.clone();
        mac.update(self.election.as_bytes());
        mac.update(&key.0);
        update_prefixed(&mut mac, jurisdiction.as_str().as_bytes());
        mac.update(digest.as_bytes());
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn election(id: &str) -> ElectionId {
        ElectionId::parse(id).unwrap()
    }

    #[test]
    fn a_reissued_letter_is_another_voter_key_but_the_same_ballot() {
        let roll = RollSecret::new(&[1; 32], &election("club"));
        let ballots = BallotSecret::new(&[2; 32], &election("club"));
        let first = roll.voter_key(&VoterId::from_random([1; 14]));
        let second = roll.voter_key(&VoterId::from_random([2; 14]));
        assert!(first != second);
        let person = roll.person("A-1");
        assert!(ballots.ballot_key(&person) == ballots.ballot_key(&roll.person("A-1")));
        assert!(ballots.ballot_key(&person) != ballots.ballot_key(&roll.person("A-2")));
    }

    #[test]
    fn two_elections_share_no_pseudonym_and_no_fingerprint() {
        let one = RollSecret::new(&[1; 32], &election("one"));
        let two = RollSecret::new(&[1; 32], &election("two"));
        assert!(one.person("A-1") != two.person("A-1"));
        assert!(one.fingerprint() != two.fingerprint());
    }

    #[test]
    fn a_mac_holds_for_its_own_ballot_jurisdiction_and_election_only() {
        let hash = ElectionHash::from_bytes([7; 32]);
        let secret = MacSecret::new(&[3; 32], &election("club"), hash);
        let north = JurisdictionId::parse("north").unwrap();
        let south = JurisdictionId::parse("south").unwrap();
        let (key, digest) = (BallotKey([4; 12]), BallotDigest::from_bytes([5; 32]));
        let mac = secret.authenticate(&key, &north, &digest);
        assert!(secret.verify(&key, &north, &digest, &mac));
        assert!(!secret.verify(&key, &south, &digest, &mac));
        assert!(!secret.verify(&BallotKey([6; 12]), &north, &digest, &mac));
        assert!(!secret.verify(&key, &north, &BallotDigest::from_bytes([6; 32]), &mac));
        let other = MacSecret::new(&[3; 32], &election("club"), ElectionHash::from_bytes([8; 32]));
        assert!(!other.verify(&key, &north, &digest, &mac));
    }
}
