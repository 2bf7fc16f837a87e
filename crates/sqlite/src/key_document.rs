//! Owns the form of `keys.json`. Its bytes are wiped wherever this holds them. No `Debug`.

use std::fmt;
use std::io;

use election_core::identifiers::ElectionId;
use serde::de::{Deserializer, Error, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use zeroize::Zeroizing;

use crate::wrapping::{Bytes, NoRandomness, random};

/// The one format so far.
pub(crate) const FORMAT: u8 = 1;

/// Bytes as hexadecimal digits.
#[derive(Clone)]
pub(crate) struct Hex(pub(crate) Bytes);

/// The stand-ins for a key service's keys.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KmsKeys {
    /// Wraps the data keys of voter records.
    pub(crate) records: Hex,
    /// Wraps the roll secret and the MAC secret.
    pub(crate) secrets: Hex,
    /// Wraps the ballot secret only; gone once that is destroyed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ballot: Option<Hex>,
}

/// The election's secrets as wrapped under [`KmsKeys`].
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrappedSecrets {
    pub(crate) roll: Hex,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ballot: Option<Hex>,
    pub(crate) mac: Hex,
}

/// The whole file.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Document {
    pub(crate) format: u8,
    pub(crate) election: ElectionId,
    pub(crate) kms_keys: KmsKeys,
    pub(crate) secrets: WrappedSecrets,
}

impl Document {
    /// More than any such file has. Buffers have it from the start: growing them would leave copies.
    pub(crate) const MOST_BYTES: usize = 4096;

    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let document: Self = serde_json::from_slice(bytes).ok()?;
        let keys = &document.kms_keys;
        let all_whole = [Some(&keys.records), Some(&keys.secrets), keys.ballot.as_ref()]
            .into_iter()
            .flatten()
            .all(|key| key.0.len() == 32);
        (document.format == FORMAT && all_whole).then_some(document)
    }

    pub(crate) fn to_json(&self) -> io::Result<Bytes> {
        let mut json = Bytes::new(Vec::with_capacity(Self::MOST_BYTES));
        serde_json::to_writer_pretty(&mut *json, self)?;
        json.push(b'\n');
        Ok(json)
    }

    pub(crate) fn without_ballot_secret(&self) -> Self {
        let mut document = self.clone();
        document.kms_keys.ballot = None;
        document.secrets.ballot = None;
        document
    }
}

impl Hex {
    /// A new key.
    pub(crate) fn random() -> Result<Self, NoRandomness> {
        Ok(Self(Bytes::new(random::<32>()?.to_vec())))
    }

    fn parse(digits: &str) -> Option<Self> {
        let digits = digits.as_bytes();
        let mut bytes = Bytes::new(Vec::with_capacity(digits.len() / 2));
        let value = |digit: u8| char::from(digit).to_digit(16);
        for pair in digits.chunks(2) {
            let [high, low] = *pair else { return None };
            bytes.push(u8::try_from(value(high)? * 16 + value(low)?).ok()?);
        }
        Some(Self(bytes))
    }
}

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut digits = Zeroizing::new(String::with_capacity(2 * self.0.len()));
        for nibble in self.0.iter().flat_map(|byte| [byte >> 4, byte & 15]) {
            digits.extend(char::from_digit(u32::from(nibble), 16));
        }
        serializer.serialize_str(&digits)
    }
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(HexVisitor)
    }
}

/// Reads the digits where they are in the file's bytes: a copy wouldn't be wiped.
struct HexVisitor;

impl Visitor<'_> for HexVisitor {
    type Value = Hex;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("hexadecimal digits")
    }

    fn visit_str<E: Error>(self, digits: &str) -> Result<Hex, E> {
        // The text says nothing of the digits.
        Hex::parse(digits).ok_or_else(|| E::custom("not hexadecimal digits"))
    }
}
