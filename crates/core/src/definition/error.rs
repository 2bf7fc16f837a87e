//! Owns what a definition's author reads when the file isn't valid: every problem at once, each
//! with its line, its field, a stable code and a sentence that says what to do.

use std::fmt;

use serde::Serialize;

macro_rules! codes {
    ($($(#[$documentation:meta])* $name:ident = $text:literal,)+) => {
        /// The kind of a problem in a definition; its text is stable, a message's wording isn't.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
        pub enum DefinitionErrorCode {
            $($(#[$documentation])* #[serde(rename = $text)] $name,)+
        }

        impl DefinitionErrorCode {
            /// The code as it stands in JSON.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

codes! {
    // The file.
    /// More than 1 MiB.
    FileTooLarge = "file-too-large",
    /// The bytes aren't UTF-8.
    NotUtf8 = "not-utf-8",
    /// The file starts with a byte order mark.
    ByteOrderMark = "byte-order-mark",
    /// Not TOML, which includes a key that is set twice.
    TomlSyntax = "toml-syntax",

    // The shape.
    /// A key that has no meaning where it stands.
    UnknownKey = "unknown-key",
    /// A key that must be there and isn't.
    MissingKey = "missing-key",
    /// A string where a number belongs, and the like.
    WrongType = "wrong-type",
    /// A list or table that must have an entry has none.
    Empty = "empty",

    // One value.
    /// A `format` that this program doesn't read.
    UnsupportedFormat = "unsupported-format",
    /// A `mode` that this program doesn't offer (yet).
    UnsupportedMode = "unsupported-mode",
    /// Not one of the words that are allowed there.
    UnknownValue = "unknown-value",
    /// A number that is too small or too large.
    NumberOutOfRange = "number-out-of-range",
    /// An id that isn't `[a-z0-9-]{1,40}`.
    MalformedId = "malformed-id",
    /// An id that means something else elsewhere.
    ReservedId = "reserved-id",
    /// A language tag that isn't like `en` or `pt-BR`.
    MalformedLanguage = "malformed-language",
    /// A text without a visible character.
    TextEmpty = "text-empty",
    /// A text that starts or ends with white space.
    TextNotTrimmed = "text-not-trimmed",
    /// A text of more than 200 characters.
    TextTooLong = "text-too-long",
    /// A control character, or one that changes the direction of the writing.
    TextForbiddenCharacter = "text-forbidden-character",
    /// A date or time whose instant depends on where one is.
    TimeWithoutOffset = "time-without-offset",
    /// A date and time that no clock shows.
    TimeImpossible = "time-impossible",

    // Values that must agree.
    /// `closes_at` isn't after `opens_at`.
    ClosesBeforeOpens = "closes-before-opens",
    /// `live_step` without `results = "live"`.
    LiveStepWithoutLive = "live-step-without-live",
    /// An id that another of its kind already has.
    DuplicateId = "duplicate-id",
    /// A language that is declared twice.
    DuplicateLanguage = "duplicate-language",
    /// A translation into a language that isn't declared.
    UnknownLanguage = "unknown-language",
    /// A translation that a declared language lacks.
    MissingTranslation = "missing-translation",
    /// A reference to a jurisdiction that isn't declared.
    UnknownJurisdiction = "unknown-jurisdiction",
    /// A jurisdiction that a list names twice.
    DuplicateJurisdiction = "duplicate-jurisdiction",
    /// A candidate of a jurisdiction that doesn't vote on the contest.
    OutsideContest = "outside-contest",
    /// More write-in lines than votes.
    TooManyWriteIns = "too-many-write-ins",
    /// A jurisdiction whose voters would find no contest on their ballot.
    EmptyBallot = "empty-ballot",
    /// A contest without a candidate or write-in line in some jurisdiction.
    NothingToChoose = "nothing-to-choose",
}

impl fmt::Display for DefinitionErrorCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// One problem of a definition file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DefinitionError {
    /// The line, from 1.
    pub line: usize,
    /// The field, as `contests[0].candidates[2].party`, counted from 0; empty for the file itself.
    pub field: String,
    /// The kind of problem.
    pub code: DefinitionErrorCode,
    /// What to do about it, in a plain sentence without the field's name.
    pub message: String,
}

impl fmt::Display for DefinitionError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}: ", self.line)?;
        if !self.field.is_empty() {
            write!(formatter, "{}: ", self.field)?;
        }
        formatter.write_str(&self.message)
    }
}

/// Every problem of a definition file, in the order of its lines; at least one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct DefinitionErrors {
    errors: Vec<DefinitionError>,
}

impl DefinitionErrors {
    /// The problems, in the order of the lines.
    pub fn as_slice(&self) -> &[DefinitionError] {
        &self.errors
    }
}

impl fmt::Display for DefinitionErrors {
    /// One problem per line, as `line 12: contests[0].votes_allowed: must be at least 1`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, error) in self.errors.iter().enumerate() {
            let separator = if position == 0 { "" } else { "\n" };
            write!(formatter, "{separator}{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for DefinitionErrors {}

impl FromIterator<DefinitionError> for DefinitionErrors {
    fn from_iter<I: IntoIterator<Item = DefinitionError>>(errors: I) -> Self {
        Self {
            errors: errors.into_iter().collect(),
        }
    }
}
