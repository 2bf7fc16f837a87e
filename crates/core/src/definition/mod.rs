//! Owns the election definition: what is voted on, by whom, when, and in which languages.
//!
//! A [`Definition`] exists only if its file is valid as a whole, so that nothing that has one
//! checks it again. Where to find a rule:
//!
//! - `parse`: the file, the election's own keys, and that every ballot has a contest;
//! - `contests`: contests, candidates, parties, and that every contest offers a choice;
//! - `values`: one value: ids, texts and translations, languages, references to jurisdictions;
//! - `reader`: types, missing and unknown keys, numbers' ranges, times, lines and paths.

mod contest;
mod contests;
mod document;
mod error;
mod index;
mod parse;
mod reader;
#[cfg(test)]
mod tests;
mod text;
mod values;

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::num::NonZeroU64;

use serde::Serialize;
use sha2::{Digest, Sha256};
use time::{OffsetDateTime, UtcOffset};

pub use contest::{Candidate, Contest, Jurisdiction, Party};
pub use error::{DefinitionError, DefinitionErrorCode, DefinitionErrors};
pub use text::{Language, Text};

use crate::identifiers::{ContestId, ElectionHash, ElectionId, JurisdictionId};
use index::Indexed;

/// How voters and ballots are kept apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Ballots are keyed by a pseudonym that only the enqueuer can compute.
    Pseudonymous,
}

/// When results are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ResultsPolicy {
    /// Not before the polls have closed.
    AfterClose,
    /// While votes are cast.
    Live {
        /// Counts advance by this many ballots at a time, so that they don't show single votes.
        step: NonZeroU64,
    },
}

/// A valid election definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    id: ElectionId,
    hash: ElectionHash,
    mode: Mode,
    languages: Vec<Language>,
    title: Text,
    /// Both with the offsets that they are written with.
    opens_at: OffsetDateTime,
    closes_at: OffsetDateTime,
    results: ResultsPolicy,
    jurisdictions: Indexed<JurisdictionId, Jurisdiction>,
    contests: Indexed<ContestId, Contest>,
    /// The positions of the contests on each jurisdiction's ballot.
    ballot_styles: BTreeMap<JurisdictionId, Vec<usize>>,
}

impl Definition {
    /// Parses and validates the exact bytes of a definition file. An error lists every problem of a
    /// file that is TOML, and otherwise its first hundred syntax errors.
    pub fn parse(bytes: &[u8]) -> Result<Self, DefinitionErrors> {
        let hash = ElectionHash::from_bytes(Sha256::digest(bytes).into());
        parse::parse(bytes, hash)
    }

    /// The election's id.
    pub fn id(&self) -> &ElectionId {
        &self.id
    }

    /// SHA-256 of the file's exact bytes.
    pub fn hash(&self) -> ElectionHash {
        self.hash
    }

    /// How voters and ballots are kept apart.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// The languages, at least one; the first is the fallback.
    pub fn languages(&self) -> &[Language] {
        &self.languages
    }

    /// What voters read as the election's name.
    pub fn title(&self) -> &Text {
        &self.title
    }

    /// When the polls are announced to open, in UTC. Only a command opens them.
    pub fn opens_at(&self) -> OffsetDateTime {
        self.opens_at.to_offset(UtcOffset::UTC)
    }

    /// When the polls are announced to close, in UTC and after [`Self::opens_at`]. Only a command closes them.
    pub fn closes_at(&self) -> OffsetDateTime {
        self.closes_at.to_offset(UtcOffset::UTC)
    }

    /// When the polls are announced to open and to close, as the clocks show it that the definition was written
    /// by: for what is printed.
    pub fn written_times(&self) -> (OffsetDateTime, OffsetDateTime) {
        (self.opens_at, self.closes_at)
    }

    /// When results are shown.
    pub fn results(&self) -> ResultsPolicy {
        self.results
    }

    /// The jurisdictions, at least one, in the definition's order.
    pub fn jurisdictions(&self) -> &[Jurisdiction] {
        self.jurisdictions.as_slice()
    }

    /// The jurisdiction of that id.
    pub fn jurisdiction(&self, id: &(impl Borrow<str> + ?Sized)) -> Option<&Jurisdiction> {
        self.jurisdictions.get(id.borrow())
    }

    /// The contests, at least one, in the definition's order.
    pub fn contests(&self) -> &[Contest] {
        self.contests.as_slice()
    }

    /// The contest of that id.
    pub fn contest(&self, id: &(impl Borrow<str> + ?Sized)) -> Option<&Contest> {
        self.contests.get(id.borrow())
    }

    /// The contests on the ballot of `jurisdiction`, in the definition's order: at least one, or
    /// none if there is no such jurisdiction.
    pub fn ballot_style<'a>(
        &'a self,
        jurisdiction: &JurisdictionId,
    ) -> impl Iterator<Item = &'a Contest> + use<'a> {
        let positions = self.ballot_styles.get(jurisdiction).into_iter().flatten();
        positions.filter_map(|position| self.contests().get(*position))
    }

    /// The definition as `GET /election` shows it: the TOML's names, every text as a map from
    /// language to text, every party as a map from `default` or jurisdiction to name, times in
    /// RFC 3339 and UTC, and `null` for what isn't restricted or isn't given.
    pub fn document(&self) -> impl Serialize {
        document::Document::of(self)
    }
}
