//! Owns the ballot as it is queued and recorded. Ballots, their ids and their content have no `Debug`.

use crate::identifiers::{ElectionHash, JurisdictionId};
use crate::keys::{BallotKey, EnvelopeMac, MacSecret};
use crate::receipt::{BallotDigest, Receipt};

/// The UUID that a voter's device makes for their ballot, so that a retry is the same vote.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct BallotId([u8; 16]);

/// The text isn't a UUID in its form of 36 characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a ballot id: it is a UUID, as 00112233-4455-6677-8899-aabbccddeeff")]
pub struct MalformedBallotId;

impl BallotId {
    /// Reads the hyphenated form of a UUID, in either case.
    pub fn parse(text: &str) -> Result<Self, MalformedBallotId> {
        let uuid: uuid::fmt::Hyphenated = text.parse().map_err(|_| MalformedBallotId)?;
        Ok(Self(*uuid.as_uuid().as_bytes()))
    }

    /// Wraps the UUID's bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The UUID's bytes.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The UUID in lower case with hyphens.
    pub fn printed(&self) -> String {
        uuid::Uuid::from_bytes(self.0).hyphenated().to_string()
    }
}

/// A ballot as the enqueuer sealed it and as the box records it: who (a pseudonym), what, and the
/// proof that it came from an enqueuer. Neither when nor where it was cast.
#[derive(Clone, PartialEq, Eq)]
pub struct Ballot {
    /// The voter's pseudonym.
    pub key: BallotKey,
    /// The id that the voter's device gave it.
    pub id: BallotId,
    /// The jurisdiction whose contests it answers.
    pub jurisdiction: JurisdictionId,
    /// How `content` is written; see [`crate::content`].
    pub format: u8,
    /// The voter's choices; opaque to queue, box, feed and receipt.
    pub content: Box<[u8]>,
    /// Proof of origin over all of the above.
    pub mac: EnvelopeMac,
}

impl Ballot {
    /// Seals a voter's content into a ballot.
    pub fn seal(
        secret: &MacSecret,
        key: BallotKey,
        id: BallotId,
        jurisdiction: JurisdictionId,
        format: u8,
        content: Box<[u8]>,
    ) -> Self {
        let digest = BallotDigest::of(&secret.election_hash(), &key, &id, format, &content);
        let mac = secret.authenticate(&key, &jurisdiction, &digest);
        Self {
            key,
            id,
            jurisdiction,
            format,
            content,
            mac,
        }
    }

    /// What makes this ballot this ballot.
    pub fn digest(&self, election: &ElectionHash) -> BallotDigest {
        BallotDigest::of(election, &self.key, &self.id, self.format, &self.content)
    }

    /// The voter's receipt for it.
    pub fn receipt(&self, election: &ElectionHash) -> Receipt {
        Receipt::new(self.key, &self.digest(election))
    }

    /// Whether an enqueuer of this election made it, exactly as it is now.
    pub fn is_authentic(&self, secret: &MacSecret) -> bool {
        let digest = self.digest(&secret.election_hash());
        secret.verify(&self.key, &self.jurisdiction, &digest, &self.mac)
    }

    /// Whether `other`, of the same voter, is this very ballot: what comparing digests would tell.
    pub fn is_same_vote(&self, other: &Self) -> bool {
        self.key == other.key
            && self.id == other.id
            && self.format == other.format
            && self.content == other.content
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identifiers::ElectionId;

    fn secret() -> MacSecret {
        let election = ElectionId::parse("club").unwrap();
        MacSecret::new(&[1; 32], &election, ElectionHash::from_bytes([2; 32]))
    }

    fn sealed() -> Ballot {
        let content = br#"{"dues":["yes"]}"#.to_vec().into();
        let north = JurisdictionId::parse("north").unwrap();
        Ballot::seal(
            &secret(),
            BallotKey([3; 12]),
            BallotId::from_bytes([4; 16]),
            north,
            1,
            content,
        )
    }

    #[test]
    fn ballot_ids_are_read_in_the_hyphenated_form_only() {
        let id = BallotId::parse("00112233-4455-6677-8899-AABBCCDDEEFF").unwrap();
        assert_eq!(id.printed(), "00112233-4455-6677-8899-aabbccddeeff");
        let braced = "{00112233-4455-6677-8899-aabbccddeeff}";
        for text in [
            "",
            "00112233445566778899aabbccddeeff",
            braced,
            "00112233-4455-6677-8899-aabbccddeefg",
        ] {
            assert!(BallotId::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_change_of_any_part_of_a_sealed_ballot_is_found() {
        assert!(sealed().is_authentic(&secret()));
        let changes: [fn(&mut Ballot); 6] = [
            |ballot| ballot.key = BallotKey([9; 12]),
            |ballot| ballot.id = BallotId::from_bytes([9; 16]),
            |ballot| ballot.jurisdiction = JurisdictionId::parse("south").unwrap(),
            |ballot| ballot.format = 2,
            |ballot| ballot.content = br#"{"dues":["no"]}"#.to_vec().into(),
            |ballot| ballot.mac.0[31] ^= 1,
        ];
        for (index, change) in changes.iter().enumerate() {
            let mut ballot = sealed();
            change(&mut ballot);
            assert!(!ballot.is_authentic(&secret()), "change {index}");
        }
    }
}
