//! Owns the names that an election definition gives to its parts. It must never hold what
//! identifies a voter or a ballot: those are in [`crate::voter_id`] and [`crate::keys`].

use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

/// Why a text isn't an identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentifierError {
    /// Not one to forty of `a`–`z`, `0`–`9` and `-`.
    #[error("must be 1 to 40 characters out of a-z, 0-9 and -")]
    Malformed,
}

fn check(text: &str) -> Result<(), IdentifierError> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if (1..=40).contains(&text.len()) && text.bytes().all(allowed) {
        Ok(())
    } else {
        Err(IdentifierError::Malformed)
    }
}

macro_rules! identifier {
    ($(#[$documentation:meta])* $name:ident) => {
        $(#[$documentation])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Parses `[a-z0-9-]{1,40}`.
            pub fn parse(text: &str) -> Result<Self, IdentifierError> {
                check(text).map(|()| Self(text.into()))
            }

            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

identifier!(
    /// The election, as `us-president-2020`. Part of every key's input: two elections share no pseudonym.
    ElectionId
);
identifier!(
    /// A jurisdiction, as `ca`: who may vote on which contests, and the unit that results are reported by.
    JurisdictionId
);
identifier!(
    /// A contest on the ballot, as `president`.
    ContestId
);
identifier!(
    /// A candidate or option of a contest, as `biden`.
    CandidateId
);
identifier!(
    /// A region that serves the election, as `us-east-1`.
    RegionName
);

/// SHA-256 of the definition's exact bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ElectionHash([u8; 32]);

impl ElectionHash {
    /// Wraps the 32 bytes of a SHA-256 digest.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Parses 64 hexadecimal digits; `None` for anything else.
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        let mut bytes = [0; 32];
        if digits.len() != 64 {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let value = |digit: u8| char::from(digit).to_digit(16);
            *byte = u8::try_from(value(pair[0])? * 16 + value(pair[1])?).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for ElectionHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl Serialize for ElectionHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for ElectionHash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::from_hex(&text).ok_or_else(|| serde::de::Error::custom("not a SHA-256 in hexadecimal digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_short_lower_case_words() {
        assert!(ContestId::parse("us-president-2020").is_ok());
        for text in ["", "A", "a_b", "é", "a b", &"a".repeat(41)] {
            assert_eq!(ContestId::parse(text), Err(IdentifierError::Malformed), "{text}");
        }
    }

    #[test]
    fn an_election_hash_reads_back_from_its_hexadecimal_form() {
        let hash = ElectionHash::from_bytes([0xa7; 32]);
        assert_eq!(ElectionHash::from_hex(&hash.to_string()), Some(hash));
        assert_eq!(ElectionHash::from_hex("a7"), None);
        assert_eq!(ElectionHash::from_hex(&"é".repeat(32)), None);
    }
}
