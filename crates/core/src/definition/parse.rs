//! Owns the walk from a file's bytes to a [`Definition`]: the file as such, the election's own
//! keys, and that every jurisdiction has something to vote on.

use std::collections::BTreeMap;
use std::num::NonZeroU64;

use time::OffsetDateTime;
use toml::de::DeTable;

use super::contest::{Contest, Jurisdiction};
use super::contests::{Scoped, contest};
use super::error::{DefinitionErrorCode as Code, DefinitionErrors};
use super::index::Indexed;
use super::reader::{Field, Problems, Table, every};
use super::text::Text;
use super::values::{self, Declared, Ids};
use super::{Definition, Mode, ResultsPolicy};
use crate::identifiers::{ElectionHash, ElectionId, JurisdictionId};

/// The format that this program reads.
pub(super) const FORMAT: u32 = 1;

const SIZE_LIMIT_BYTES: usize = 1024 * 1024;

/// One slip can make the rest of a file unreadable; more of its consequences help nobody.
const SYNTAX_ERROR_LIMIT: usize = 100;

const ELECTION_KEYS: &[&str] = &[
    "format",
    "mode",
    "id",
    "languages",
    "title",
    "opens_at",
    "closes_at",
    "results",
    "live_step",
    "jurisdictions",
    "contests",
];
const JURISDICTION_KEYS: &[&str] = &["id", "name"];

/// The party of all jurisdictions that aren't named is written under this key.
const RESERVED_JURISDICTION_IDS: &[&str] = &["default"];

const RESULTS: &str = "\"after-close\" or \"live\"";
const DEFAULT_LIVE_STEP_BALLOTS: u32 = 10;

pub(super) fn parse(bytes: &[u8], hash: ElectionHash) -> Result<Definition, DefinitionErrors> {
    let problems = Problems::new(bytes);
    let definition = text(bytes, &problems)
        .and_then(|text| toml(text, &problems))
        .and_then(|entries| election(&Table::of_file(&entries, &problems), hash));
    let errors = problems.into_errors();
    match definition {
        Some(definition) if errors.as_slice().is_empty() => Ok(definition),
        _ => Err(errors),
    }
}

fn text<'a>(bytes: &'a [u8], problems: &Problems) -> Option<&'a str> {
    if bytes.len() > SIZE_LIMIT_BYTES {
        problems.report(0, "", Code::FileTooLarge, "the file must have at most 1 MiB");
        return None;
    }
    if bytes.starts_with(b"\xEF\xBB\xBF") {
        let message = "the file starts with a byte order mark; save it as UTF-8 without one";
        problems.report(0, "", Code::ByteOrderMark, message);
        return None;
    }
    let not_utf8 = |error: std::str::Utf8Error| {
        let message = "the file has bytes that aren't UTF-8; save it as UTF-8";
        problems.report(error.valid_up_to(), "", Code::NotUtf8, message);
    };
    std::str::from_utf8(bytes).map_err(not_utf8).ok()
}

fn toml<'a>(text: &'a str, problems: &Problems) -> Option<DeTable<'a>> {
    let (entries, errors) = DeTable::parse_recoverable(text);
    for error in errors.iter().take(SYNTAX_ERROR_LIMIT) {
        let offset = error.span().map_or(0, |span| span.start);
        let column = problems.column(text, offset);
        let message = format!(
            "isn't TOML at column {column}: {}",
            error.message().replace('\n', " ")
        );
        problems.report(offset, "", Code::TomlSyntax, message);
    }
    errors.is_empty().then(|| entries.into_inner())
}

fn election(file: &Table<'_>, hash: ElectionHash) -> Option<Definition> {
    if let Some(format) = file.required("format")
        && format.number(0..=u32::MAX).is_some_and(|number| number != FORMAT)
    {
        // Nothing else in the file means what it means in this format.
        format.report(
            Code::UnsupportedFormat,
            format!("must be {FORMAT}, the format that this program reads"),
        );
        return None;
    }
    file.report_keys_beside(ELECTION_KEYS);
    let mode = file.required("mode").and_then(|field| mode(&field));
    let id = file
        .required("id")
        .and_then(|field| values::id(&field, ElectionId::parse));
    let languages = file
        .required("languages")
        .and_then(|field| values::languages(&field));
    let mut declared = Declared {
        languages,
        jurisdictions: None,
    };
    let title = file.required("title").and_then(|field| declared.text(&field));
    let opens_at = file.required("opens_at").and_then(|field| field.time());
    let closes_at = file
        .required("closes_at")
        .and_then(|field| closes_at(&field, opens_at));
    let results = results(file);

    let jurisdictions = jurisdictions(file, &mut declared);
    let contests = contests(file, &declared, &jurisdictions);
    report_empty_ballots(&jurisdictions, &contests);

    let jurisdictions = every(jurisdictions.into_iter().map(JurisdictionEntry::whole))?;
    let contests = every(contests.into_iter().map(|contest| contest.value))?;
    Some(Definition {
        id: id?,
        hash,
        mode: mode?,
        languages: declared.languages?,
        title: title?,
        opens_at: opens_at?,
        closes_at: closes_at?,
        results: results?,
        ballot_styles: ballot_styles(&jurisdictions, &contests),
        jurisdictions: Indexed::new(jurisdictions, |jurisdiction| jurisdiction.id.clone()),
        contests: Indexed::new(contests, |contest| contest.id.clone()),
    })
}

fn mode(field: &Field<'_>) -> Option<Mode> {
    match field.string("\"pseudonymous\"")? {
        "pseudonymous" => return Some(Mode::Pseudonymous),
        "sealed" => {
            let message = "\"sealed\" isn't supported yet; \"pseudonymous\" is the only mode";
            field.report(Code::UnsupportedMode, message);
        }
        _ => field.report(Code::UnknownValue, "must be \"pseudonymous\""),
    }
    None
}

fn closes_at(field: &Field<'_>, opens_at: Option<OffsetDateTime>) -> Option<OffsetDateTime> {
    let closes_at = field.time()?;
    if opens_at.is_some_and(|opens_at| closes_at <= opens_at) {
        field.report(Code::ClosesBeforeOpens, "must be later than `opens_at`");
    }
    Some(closes_at)
}

/// `results` and `live_step`.
fn results(file: &Table<'_>) -> Option<ResultsPolicy> {
    let step_field = file.optional("live_step");
    let step = match &step_field {
        Some(field) => field.number(1..=u32::MAX),
        None => Some(DEFAULT_LIVE_STEP_BALLOTS),
    };
    let policy = match file.optional("results") {
        Some(field) => field.string(RESULTS).map(|word| (word, Some(field)))?,
        None => ("after-close", None),
    };
    match policy {
        ("live", _) => Some(ResultsPolicy::Live {
            step: NonZeroU64::new(step?.into())?,
        }),
        ("after-close", _) => {
            if let Some(field) = step_field {
                let message = "has a meaning only with results = \"live\"; remove one or change the other";
                field.report(Code::LiveStepWithoutLive, message);
            }
            Some(ResultsPolicy::AfterClose)
        }
        (_, field) => {
            field?.report(Code::UnknownValue, format!("must be {RESULTS}"));
            None
        }
    }
}

/// One entry of `jurisdictions`, as far as it could be read.
struct JurisdictionEntry<'a> {
    field: Field<'a>,
    id: Option<JurisdictionId>,
    name: Option<Text>,
}

impl JurisdictionEntry<'_> {
    fn whole(self) -> Option<Jurisdiction> {
        Some(Jurisdiction {
            id: self.id?,
            name: self.name?,
        })
    }
}

/// Reads the jurisdictions and declares their ids.
fn jurisdictions<'a>(file: &Table<'a>, declared: &mut Declared<'a>) -> Vec<JurisdictionEntry<'a>> {
    let fields = file
        .required("jurisdictions")
        .and_then(|field| field.filled_list("[[jurisdictions]] tables"));
    let Some(fields) = fields else { return Vec::new() };
    let mut ids = Ids::default();
    let read = |field: Field<'a>| {
        let table = field.table_of(JURISDICTION_KEYS);
        let id = table.as_ref().and_then(|table| table.required("id"));
        let name = table.as_ref().and_then(|table| table.required("name"));
        JurisdictionEntry {
            id: id.and_then(|id| ids.declare(&id, RESERVED_JURISDICTION_IDS, JurisdictionId::parse)),
            name: name.and_then(|name| declared.text(&name)),
            field,
        }
    };
    let entries = fields.into_iter().map(read).collect();
    declared.jurisdictions = Some(ids);
    entries
}

fn contests<'a>(
    file: &Table<'a>,
    declared: &Declared<'_>,
    jurisdictions: &[JurisdictionEntry<'_>],
) -> Vec<Scoped<Contest>> {
    let fields = file
        .required("contests")
        .and_then(|field| field.filled_list("[[contests]] tables"));
    let mut ids = Ids::default();
    let voting: Vec<_> = jurisdictions
        .iter()
        .filter_map(|entry| entry.id.clone())
        .collect();
    let read = |field: &Field<'a>| contest(field, &mut ids, declared, &voting);
    fields.unwrap_or_default().iter().map(read).collect()
}

/// No contests at all is another problem, and reported as that.
fn report_empty_ballots(jurisdictions: &[JurisdictionEntry<'_>], contests: &[Scoped<Contest>]) {
    let without =
        |id: &JurisdictionId| !contests.is_empty() && !contests.iter().any(|contest| contest.may_hold_in(id));
    for entry in jurisdictions
        .iter()
        .filter(|entry| entry.id.as_ref().is_some_and(without))
    {
        let message = "has no contest on its ballot; add one, or remove the jurisdiction";
        entry.field.report(Code::EmptyBallot, message);
    }
}

fn ballot_styles(
    jurisdictions: &[Jurisdiction],
    contests: &[Contest],
) -> BTreeMap<JurisdictionId, Vec<usize>> {
    let style = |jurisdiction: &JurisdictionId| {
        let contests = contests.iter().enumerate();
        contests
            .filter(|(_, contest)| contest.is_on_ballot_of(jurisdiction))
            .map(|(position, _)| position)
            .collect()
    };
    jurisdictions
        .iter()
        .map(|jurisdiction| (jurisdiction.id.clone(), style(&jurisdiction.id)))
        .collect()
}
