//! Owns the rules for one value wherever it stands: ids, languages, texts, and references to
//! jurisdictions.

use std::collections::BTreeMap;

use super::contest::Scope;
use super::error::DefinitionErrorCode as Code;
use super::reader::{Field, every};
use super::text::{Language, Text};
use crate::identifiers::{IdentifierError, JurisdictionId};

/// The longest text that voters are shown in one piece.
const TEXT_LIMIT_CHARACTERS: usize = 200;

/// Parses an id.
pub(super) fn id<T>(field: &Field<'_>, parse: fn(&str) -> Result<T, IdentifierError>) -> Option<T> {
    let parsed = parse(field.string("an id in quotes")?);
    parsed
        .map_err(|error| field.report(Code::MalformedId, error.to_string()))
        .ok()
}

/// The ids that one list declares, malformed ones too, with their lines.
#[derive(Default)]
pub(super) struct Ids<'a> {
    lines: BTreeMap<&'a str, usize>,
}

impl<'a> Ids<'a> {
    /// Parses an id that must be new to the list and none of `reserved`.
    pub(super) fn declare<T>(
        &mut self,
        field: &Field<'a>,
        reserved: &[&str],
        parse: fn(&str) -> Result<T, IdentifierError>,
    ) -> Option<T> {
        let text = field.string("an id in quotes")?;
        if let Some(line) = self.lines.get(text) {
            field.report(
                Code::DuplicateId,
                format!("must be unique, but line {line} has this id already"),
            );
            return None;
        }
        self.lines.insert(text, field.line());
        if reserved.contains(&text) {
            field.report(
                Code::ReservedId,
                format!("can't be \"{text}\", which means something else"),
            );
            return None;
        }
        id(field, parse)
    }
}

/// What the rest of the file refers to. A part that couldn't be read is `None`; references to it
/// are then not reported, because the part itself is.
pub(super) struct Declared<'a> {
    pub(super) languages: Option<Vec<Language>>,
    pub(super) jurisdictions: Option<Ids<'a>>,
}

impl Declared<'_> {
    /// The jurisdiction that `field` names as `id`.
    pub(super) fn jurisdiction(&self, field: &Field<'_>, id: &str) -> Option<JurisdictionId> {
        if !self.jurisdictions.as_ref()?.lines.contains_key(id) {
            let message =
                format!("names the jurisdiction {id:?}, which isn't declared under [[jurisdictions]]");
            field.report(Code::UnknownJurisdiction, message);
        }
        JurisdictionId::parse(id).ok()
    }

    /// A list of jurisdictions, which must lie within the contest's when it is a candidate's.
    pub(super) fn scope(&self, field: &Field<'_>, within: &Scope) -> Option<Scope> {
        let mut listed = BTreeMap::new();
        let items = field.filled_list("a list of jurisdictions' ids")?;
        let jurisdictions = every(items.iter().map(|item| {
            let jurisdiction = self.jurisdiction(item, item.string("a jurisdiction's id")?)?;
            if let Some(line) = listed.insert(jurisdiction.clone(), item.line()) {
                let message = format!("repeats \"{jurisdiction}\" of line {line}; remove one of them");
                item.report(Code::DuplicateJurisdiction, message);
            }
            if !within.contains(&jurisdiction) {
                let message =
                    format!("names \"{jurisdiction}\", which isn't one of the contest's jurisdictions");
                item.report(Code::OutsideContest, message);
            }
            Some(jurisdiction)
        }))?;
        Some(Scope::only(jurisdictions))
    }

    /// A string for all languages, or a table with one for each.
    pub(super) fn text(&self, field: &Field<'_>) -> Option<Text> {
        if !field.is_table() {
            let text = plain_text(field, "a string, or a table of translations as { en = \"...\" }")?;
            return Text::of(self.languages.as_deref()?, |_| Some(text.into()));
        }
        let table = field.table()?;
        let mut translations = BTreeMap::new();
        for (tag, translation) in table.entries() {
            let declared = |languages: &[Language]| languages.iter().any(|language| language.as_str() == tag);
            if self
                .languages
                .as_deref()
                .is_some_and(|languages| !declared(languages))
            {
                translation.report(
                    Code::UnknownLanguage,
                    "isn't one of `languages`; add it there or remove this",
                );
            }
            translations.insert(tag, plain_text(&translation, "a string"));
        }
        let languages = self.languages.as_deref()?;
        for missing in languages
            .iter()
            .filter(|language| !translations.contains_key(language.as_str()))
        {
            let message = "is missing; every translated text needs all `languages`";
            table.report_at(missing.as_str(), Code::MissingTranslation, message);
        }
        Text::of(languages, |language| {
            Some((*translations.get(language.as_str())?)?.into())
        })
    }
}

/// The election's languages: a list of distinct tags.
pub(super) fn languages(field: &Field<'_>) -> Option<Vec<Language>> {
    let mut listed = BTreeMap::new();
    let items = field.filled_list("a list of languages as [\"en\", \"es\"]")?;
    every(items.iter().map(|item| {
        let tag = item.string("a language tag as \"en\"")?;
        let Some(language) = Language::parse(tag) else {
            item.report(
                Code::MalformedLanguage,
                "must be a language tag such as \"en\" or \"pt-BR\"",
            );
            return None;
        };
        // Language tags don't distinguish case (RFC 5646, section 2.1.1).
        if let Some(line) = listed.insert(tag.to_ascii_lowercase(), item.line()) {
            let message = format!("repeats \"{tag}\" of line {line}; remove one of them");
            item.report(Code::DuplicateLanguage, message);
        }
        Some(language)
    }))
}

/// A string that is shown to voters as it is.
pub(super) fn plain_text<'a>(field: &Field<'a>, expected: &str) -> Option<&'a str> {
    let text = field.string(expected)?;
    if text.trim().is_empty() {
        field.report(Code::TextEmpty, "must not be empty");
        return Some(text);
    }
    if text.trim() != text {
        field.report(Code::TextNotTrimmed, "must not start or end with white space");
    }
    let characters = text.chars().count();
    if characters > TEXT_LIMIT_CHARACTERS {
        let message = format!("must have at most {TEXT_LIMIT_CHARACTERS} characters; these are {characters}");
        field.report(Code::TextTooLong, message);
    }
    if let Some(character) = text.chars().find(|character| is_forbidden(*character)) {
        let message = format!(
            "must not contain the invisible character U+{:04X}",
            u32::from(character)
        );
        field.report(Code::TextForbiddenCharacter, message);
    }
    Some(text)
}

/// Control characters, and the characters that reverse what is written after them (Unicode
/// Standard Annex #9): they could make one candidate's name look like another's.
fn is_forbidden(character: char) -> bool {
    character.is_control() || matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}
