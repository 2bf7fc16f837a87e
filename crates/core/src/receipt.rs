//! Owns the ballot's digest and the receipt, by which voters find out whether their very ballot
//! was recorded. A receipt has no `Debug`: it must not reach a log.

use sha2::{Digest, Sha256};

use crate::ballot::BallotId;
use crate::crockford;
use crate::identifiers::ElectionHash;
use crate::keys::BallotKey;

const VERSION: u8 = 1;

/// The length of [`Receipt::printed`].
pub const PRINTED_BYTES: usize = 44;

/// SHA-256 over everything that makes a ballot this ballot.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct BallotDigest([u8; 32]);

impl BallotDigest {
    /// SHA-256(`election/ballot/1` ‖ 00 ‖ election hash ‖ ballot key ‖ ballot id ‖ format ‖ content).
    pub fn of(election: &ElectionHash, key: &BallotKey, id: &BallotId, format: u8, content: &[u8]) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(b"election/ballot/1\0");
        hasher.update(election.as_bytes());
        hasher.update(key.0);
        hasher.update(id.as_bytes());
        hasher.update([format]);
        hasher.update(content);
        Self(hasher.finalize().into())
    }

    /// Wraps the 32 bytes of a digest made before.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Where a ballot is recorded (its key) and what it is (nine bytes of its digest): nine groups of four symbols.
/// Receipts are ordered as their printed forms are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Receipt {
    ballot_key: BallotKey,
    digest_start: [u8; 9],
}

/// The text isn't a receipt: wrong length, version, symbol or check symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a receipt: it has nine groups of four letters and digits and starts with 1")]
pub struct MalformedReceipt;

impl Receipt {
    /// The receipt of a ballot.
    pub fn new(ballot_key: BallotKey, digest: &BallotDigest) -> Self {
        let digest_start = std::array::from_fn(|index| digest.0[index]);
        Self {
            ballot_key,
            digest_start,
        }
    }

    /// Reads a receipt as leniently as a voter id.
    pub fn parse(text: &str) -> Result<Self, MalformedReceipt> {
        Self::of_values(&crockford::values(text).ok_or(MalformedReceipt)?)
    }

    fn of_values(values: &[u8; 36]) -> Result<Self, MalformedReceipt> {
        if values[0] != VERSION || crockford::check_value(&values[..35]) != values[35] {
            return Err(MalformedReceipt);
        }
        let bytes: [u8; 21] = crockford::join(&values[1..35]).ok_or(MalformedReceipt)?;
        Ok(Self {
            ballot_key: BallotKey(std::array::from_fn(|index| bytes[index])),
            digest_start: std::array::from_fn(|index| bytes[12 + index]),
        })
    }

    /// Reads the printed form and no other.
    pub fn parse_printed(printed: &[u8; PRINTED_BYTES]) -> Result<Self, MalformedReceipt> {
        let mut values = [0; 36];
        let groups = printed.chunks(5).zip(values.chunks_exact_mut(4));
        for (group, values) in groups {
            if group.get(4).is_some_and(|separator| *separator != b'-') {
                return Err(MalformedReceipt);
            }
            for (symbol, value) in group.iter().zip(values) {
                *value = crockford::printed_value(*symbol).ok_or(MalformedReceipt)?;
            }
        }
        Self::of_values(&values)
    }

    /// The form that voters read: `1000-G40R-…`.
    pub fn printed(&self) -> String {
        let mut printed = String::with_capacity(PRINTED_BYTES);
        self.print(&mut printed);
        printed
    }

    /// Appends the printed form.
    pub fn print(&self, printed: &mut String) {
        let mut bytes = [0; 21];
        bytes[..12].copy_from_slice(&self.ballot_key.0);
        bytes[12..].copy_from_slice(&self.digest_start);
        let mut values = [VERSION; 36];
        values[1..35].copy_from_slice(&crockford::split::<34>(&bytes));
        values[35] = crockford::check_value(&values[..35]);
        for (place, value) in values.iter().enumerate() {
            if place > 0 && place % 4 == 0 {
                printed.push('-');
            }
            printed.push(crockford::symbol(*value));
        }
    }

    /// Where to look: the one read that a receipt needs.
    pub fn ballot_key(&self) -> &BallotKey {
        &self.ballot_key
    }

    /// Whether the receipt was given for the ballot with this digest.
    pub fn is_for(&self, digest: &BallotDigest) -> bool {
        digest.0.starts_with(&self.digest_start)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const VECTOR: &str = "1000-G40R-40M3-0E20-9185-WHKY-4RBC-S53J-J64K";

    fn vector_digest(content: &[u8]) -> (BallotKey, BallotDigest) {
        let key = BallotKey(std::array::from_fn(|index| index as u8));
        let id = BallotId::parse("00112233-4455-6677-8899-aabbccddeeff").unwrap();
        (
            key,
            BallotDigest::of(&ElectionHash::from_bytes([0; 32]), &key, &id, 1, content),
        )
    }

    #[test]
    fn the_published_vector_gives_its_receipt() {
        let (key, digest) = vector_digest(br#"{"president":["biden"]}"#);
        assert_eq!(Receipt::new(key, &digest).printed(), VECTOR);
    }

    #[test]
    fn a_receipt_is_for_its_own_ballot_and_no_other() {
        let receipt = Receipt::parse(VECTOR).unwrap();
        let (key, digest) = vector_digest(br#"{"president":["biden"]}"#);
        assert!(receipt.ballot_key() == &key);
        assert!(receipt.is_for(&digest));
        assert!(!receipt.is_for(&vector_digest(br#"{"president":["trump"]}"#).1));
    }

    #[test]
    fn mistyped_receipts_are_malformed() {
        let transposed = "1000-G40R-40M3-0E20-9185-WHKY-4RBC-S53J-J46K";
        let other_version = "2000-G40R-40M3-0E20-9185-WHKY-4RBC-S53J-J64K";
        for text in [
            "",
            "1000",
            transposed,
            other_version,
            &VECTOR[..43],
            &format!("{VECTOR}K"),
        ] {
            assert!(Receipt::parse(text).is_err(), "{text}");
        }
        assert!(Receipt::parse(&VECTOR.to_lowercase().replace('0', "o").replace('-', " ")).is_ok());
    }

    proptest! {
        #[test]
        fn a_receipt_reads_back_as_printed(key in prop::array::uniform12(any::<u8>()), digest in prop::array::uniform32(any::<u8>())) {
            let receipt = Receipt::new(BallotKey(key), &BallotDigest::from_bytes(digest));
            prop_assert!(Receipt::parse(&receipt.printed()).is_ok_and(|parsed| parsed == receipt));
            let printed = receipt.printed().into_bytes().try_into().unwrap();
            prop_assert!(Receipt::parse_printed(&printed).is_ok_and(|parsed| parsed == receipt));
        }

        #[test]
        fn receipts_are_ordered_as_they_are_printed(one in prop::array::uniform21(0u8..4), other in prop::array::uniform21(0u8..4)) {
            let receipt = |bytes: [u8; 21]| Receipt {
                ballot_key: BallotKey(std::array::from_fn(|index| bytes[index])),
                digest_start: std::array::from_fn(|index| bytes[12 + index]),
            };
            let (one, other) = (receipt(one), receipt(other));
            prop_assert_eq!(one.cmp(&other), one.printed().cmp(&other.printed()));
        }

        #[test]
        fn a_change_of_any_symbol_of_the_printed_form_is_found(key in prop::array::uniform12(any::<u8>()), place in 0..PRINTED_BYTES, byte: u8) {
            let mut printed: [u8; PRINTED_BYTES] =
                Receipt::new(BallotKey(key), &BallotDigest::from_bytes([9; 32])).printed().into_bytes().try_into().unwrap();
            let before = std::mem::replace(&mut printed[place], byte);
            prop_assert_eq!(Receipt::parse_printed(&printed).is_ok(), byte == before);
        }

        #[test]
        fn no_text_makes_parsing_panic(text in ".*") {
            let _ = Receipt::parse(&text);
        }
    }
}
