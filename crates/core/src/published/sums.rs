//! Owns `SHA256SUMS`: the digest of every file of an export, in the form that `sha256sum --check` reads,
//! sorted by name.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::identifiers::ElectionHash;

/// SHA-256 of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FileDigest([u8; 32]);

impl FileDigest {
    /// The digest of a whole file.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The digest of what was hashed piece by piece.
    pub fn from_hasher(hasher: Sha256) -> Self {
        Self(hasher.finalize().into())
    }
}

impl fmt::Display for FileDigest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&ElectionHash::from_bytes(self.0), formatter)
    }
}

impl Serialize for FileDigest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for FileDigest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ElectionHash::deserialize(deserializer).map(|hash| Self(*hash.as_bytes()))
    }
}

/// The digests by file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums(pub BTreeMap<String, FileDigest>);

impl Sums {
    /// The file's bytes.
    pub fn write(&self) -> Vec<u8> {
        let lines = self.0.iter().map(|(name, digest)| format!("{digest}  {name}\n"));
        lines.collect::<String>().into_bytes()
    }

    /// Reads a file as [`Self::write`] makes it; `None` for any other.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let line = |line: &str| {
            let (digest, name) = line.split_once("  ")?;
            Some((
                name.to_owned(),
                FileDigest(*ElectionHash::from_hex(digest)?.as_bytes()),
            ))
        };
        let sums = Self(text.lines().map(line).collect::<Option<_>>()?);
        (sums.write() == bytes).then_some(sums)
    }
}
