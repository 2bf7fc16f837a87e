//! Owns the envelope: one acceptance of a ballot on its way from the enqueuer to the box. A retry of
//! the same ballot is another envelope, so that each acceptance can be accounted for.

use crate::ballot::{Ballot, BallotId};
use crate::identifiers::JurisdictionId;
use crate::keys::{BallotKey, EnvelopeMac, MacSecret};

const VERSION: u8 = 1;
const FIXED_BYTES: usize = 1 + 16 + 32 + 1 + 1;

/// A random name of one envelope. Says nothing about the voter, the time or the region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EnvelopeId(pub [u8; 16]);

/// An envelope as a queue carries it. The attributes can be read even if the body is broken.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// Which acceptance this is; both copies of an envelope have the same.
    pub envelope: EnvelopeId,
    /// Whose ballot it is.
    pub ballot_key: BallotKey,
    /// The rest of the ballot; see [`Message::seal`].
    pub body: Box<[u8]>,
}

/// Why a message holds no ballot. Each goes to the dead letters at once: trying again can't help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    /// The body isn't an encoded ballot.
    #[error("the message can't be decoded")]
    Undecodable,
    /// The body is a ballot that no enqueuer of this election made.
    #[error("the message's authentication code is wrong")]
    Forged,
}

impl MessageError {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Undecodable => "undecodable",
            Self::Forged => "forged",
        }
    }
}

impl Message {
    /// Puts a ballot into a message: version ‖ ballot id ‖ MAC ‖ format ‖ length of the jurisdiction ‖
    /// jurisdiction ‖ content.
    pub fn seal(envelope: EnvelopeId, ballot: &Ballot) -> Self {
        let jurisdiction = ballot.jurisdiction.as_str().as_bytes();
        let mut body = Vec::with_capacity(FIXED_BYTES + jurisdiction.len() + ballot.content.len());
        body.push(VERSION);
        body.extend_from_slice(ballot.id.as_bytes());
        body.extend_from_slice(&ballot.mac.0);
        body.push(ballot.format);
        // An identifier has at most 40 bytes.
        body.push(jurisdiction.len() as u8);
        body.extend_from_slice(jurisdiction);
        body.extend_from_slice(&ballot.content);
        Self {
            envelope,
            ballot_key: ballot.key,
            body: body.into(),
        }
    }

    /// Takes the ballot out again, if it is one and an enqueuer of this election made it.
    pub fn open(&self, secret: &MacSecret) -> Result<Ballot, MessageError> {
        let ballot = self.decode().ok_or(MessageError::Undecodable)?;
        if ballot.is_authentic(secret) {
            Ok(ballot)
        } else {
            Err(MessageError::Forged)
        }
    }

    fn decode(&self) -> Option<Ballot> {
        let (version, rest) = self.body.split_first()?;
        let (id, rest) = rest.split_first_chunk::<16>()?;
        let (mac, rest) = rest.split_first_chunk::<32>()?;
        let (format, rest) = rest.split_first()?;
        let (length, rest) = rest.split_first()?;
        let (jurisdiction, content) = rest.split_at_checked(usize::from(*length))?;
        let jurisdiction = JurisdictionId::parse(std::str::from_utf8(jurisdiction).ok()?).ok()?;
        (*version == VERSION).then(|| Ballot {
            key: self.ballot_key,
            id: BallotId::from_bytes(*id),
            jurisdiction,
            format: *format,
            content: content.into(),
            mac: EnvelopeMac(*mac),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::identifiers::{ElectionHash, ElectionId};

    fn secret() -> MacSecret {
        MacSecret::new(
            &[1; 32],
            &ElectionId::parse("club").unwrap(),
            ElectionHash::from_bytes([2; 32]),
        )
    }

    fn message(content: &[u8]) -> Message {
        let north = JurisdictionId::parse("north").unwrap();
        let ballot = Ballot::seal(
            &secret(),
            BallotKey([3; 12]),
            BallotId::from_bytes([4; 16]),
            north,
            1,
            content.into(),
        );
        Message::seal(EnvelopeId([5; 16]), &ballot)
    }

    proptest! {
        #[test]
        fn a_ballot_survives_its_envelope(content in prop::collection::vec(any::<u8>(), 0..300)) {
            let message = message(&content);
            let ballot = message.open(&secret());
            prop_assert!(ballot.is_ok_and(|ballot| *ballot.content == *content));
        }

        #[test]
        fn no_flipped_bit_goes_unnoticed(byte in 0usize..60, bit in 0u8..8) {
            let mut message = message(br#"{"dues":["yes"]}"#);
            message.body[byte] ^= 1 << bit;
            prop_assert!(message.open(&secret()).is_err());
        }

        #[test]
        fn no_bytes_make_opening_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let message = Message { envelope: EnvelopeId([0; 16]), ballot_key: BallotKey([0; 12]), body: body.into() };
            prop_assert!(message.open(&secret()).is_err());
        }
    }

    #[test]
    fn broken_and_forged_messages_are_told_apart() {
        let mut short = message(b"{}");
        short.body = short.body[..20].into();
        assert!(short.open(&secret()).err() == Some(MessageError::Undecodable));
        let mut other = message(b"{}");
        other.ballot_key = BallotKey([9; 12]);
        assert!(other.open(&secret()).err() == Some(MessageError::Forged));
    }
}
