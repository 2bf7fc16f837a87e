//! Owns what voters read in their language: language tags, and texts with their translations.

use std::fmt;

use serde::{Serialize, Serializer};

/// A language of the election, as `en` or `pt-BR`: `[a-z]{2,3}(-[A-Za-z0-9]{2,8})*`, the part of
/// BCP 47 (RFC 5646) that elections need.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Language(Box<str>);

impl Language {
    /// Parses a language tag; `None` for anything else.
    pub fn parse(tag: &str) -> Option<Self> {
        let mut parts = tag.split('-');
        let language = parts.next()?;
        let language_fits =
            (2..=3).contains(&language.len()) && language.bytes().all(|byte| byte.is_ascii_lowercase());
        let subtag_fits = |part: &str| {
            (2..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        (language_fits && parts.all(subtag_fits)).then(|| Self(tag.into()))
    }

    /// The tag as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Language {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A text in every language of the election. One that the definition gives once, without
/// translations, is the same in all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    fallback: (Language, Box<str>),
    others: Vec<(Language, Box<str>)>,
}

impl Text {
    /// Asks `text_in` for the text in each of `languages`, of which the first is the fallback;
    /// `None` if a text is lacking or there is no language.
    pub(super) fn of(
        languages: &[Language],
        text_in: impl Fn(&Language) -> Option<Box<str>>,
    ) -> Option<Self> {
        let translated = |language: &Language| Some((language.clone(), text_in(language)?));
        let (first, others) = languages.split_first()?;
        Some(Self {
            fallback: translated(first)?,
            others: others.iter().map(translated).collect::<Option<_>>()?,
        })
    }

    /// The text in `language`, or in the fallback language if the election doesn't have that one.
    pub fn in_language(&self, language: &Language) -> &str {
        let (_, text) = self
            .others
            .iter()
            .find(|(other, _)| other == language)
            .unwrap_or(&self.fallback);
        text
    }

    /// The text in the first of the election's languages.
    pub fn fallback(&self) -> &str {
        &self.fallback.1
    }

    /// Each language with its text, in the definition's order.
    pub fn translations(&self) -> impl Iterator<Item = (&Language, &str)> {
        std::iter::once(&self.fallback)
            .chain(&self.others)
            .map(|(language, text)| (language, &**text))
    }
}

/// A map from language to text.
impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.translations())
    }
}
