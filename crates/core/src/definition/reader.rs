//! Owns the walk over the TOML: a [`Field`] knows its path and its place in the file, and every
//! problem goes to one [`Problems`]. It knows types and keys, and must know no rule of elections.
//!
//! A reading function answers `None` once it has reported why; the walk goes on with the next
//! field, so that an author sees all problems at once.

use std::cell::RefCell;
use std::ops::RangeInclusive;

use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};
use toml::de::{DeInteger, DeTable, DeValue};
use toml::value::{Datetime, Offset};

use super::error::{DefinitionError, DefinitionErrorCode as Code, DefinitionErrors};

/// The problems found so far, and the file's lines.
pub(super) struct Problems {
    line_starts: Vec<usize>,
    found: RefCell<Vec<(usize, DefinitionError)>>,
}

impl Problems {
    pub(super) fn new(file: &[u8]) -> Self {
        let after_newlines = file
            .iter()
            .enumerate()
            .filter(|(_, byte)| **byte == b'\n')
            .map(|(at, _)| at + 1);
        Self {
            line_starts: std::iter::once(0).chain(after_newlines).collect(),
            found: RefCell::default(),
        }
    }

    /// The line, from 1, of a byte's offset in the file.
    pub(super) fn line(&self, offset: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= offset)
    }

    /// The column, from 1 and in characters, of a byte's offset in the file.
    pub(super) fn column(&self, text: &str, offset: usize) -> usize {
        let line_start = self
            .line_starts
            .get(self.line(offset) - 1)
            .copied()
            .unwrap_or_default();
        text.get(line_start..offset)
            .map_or(0, |before| before.chars().count())
            + 1
    }

    pub(super) fn report(&self, offset: usize, field: &str, code: Code, message: impl Into<String>) {
        let error = DefinitionError {
            line: self.line(offset),
            field: field.to_owned(),
            code,
            message: message.into(),
        };
        self.found.borrow_mut().push((offset, error));
    }

    /// All problems in the order of the file.
    pub(super) fn into_errors(self) -> DefinitionErrors {
        let mut found = self.found.into_inner();
        found.sort_by_key(|(offset, _)| *offset);
        found.into_iter().map(|(_, error)| error).collect()
    }
}

/// A value of the file, with the path and place that its problems are reported under.
pub(super) struct Field<'a> {
    value: &'a DeValue<'a>,
    path: String,
    offset: usize,
    problems: &'a Problems,
}

impl<'a> Field<'a> {
    pub(super) fn report(&self, code: Code, message: impl Into<String>) {
        self.problems.report(self.offset, &self.path, code, message);
    }

    /// The line, from 1, where the value starts.
    pub(super) fn line(&self) -> usize {
        self.problems.line(self.offset)
    }

    pub(super) fn is_table(&self) -> bool {
        self.value.is_table()
    }

    /// The string, or a report that `expected` belongs here.
    pub(super) fn string(&self, expected: &str) -> Option<&'a str> {
        self.typed(self.value.as_str(), expected)
    }

    /// The whole number, if it is within `range`.
    pub(super) fn number(&self, range: RangeInclusive<u32>) -> Option<u32> {
        let integer = self.typed(self.value.as_integer(), "a whole number")?;
        let number = wide(integer);
        if number < i128::from(*range.start()) {
            self.report(
                Code::NumberOutOfRange,
                format!("must be at least {}", range.start()),
            );
        } else if number > i128::from(*range.end()) {
            self.report(Code::NumberOutOfRange, format!("must be at most {}", range.end()));
        }
        u32::try_from(number).ok().filter(|number| range.contains(number))
    }

    /// The instant, with the offset that it is written with.
    pub(super) fn time(&self) -> Option<OffsetDateTime> {
        let expected = "a date and time with its offset and without quotes, as 2026-11-03T08:00:00-05:00";
        let written = self.typed(self.value.as_datetime(), expected)?;
        if written.date.is_none() || written.time.is_none() || written.offset.is_none() {
            self.report(Code::TimeWithoutOffset, format!("must be {expected}"));
            return None;
        }
        let instant = instant(written);
        if instant.is_none() {
            self.report(Code::TimeImpossible, "must be a date and time that exists");
        }
        instant
    }

    /// The items of a list, `[[...]]` tables included.
    pub(super) fn list(&self, expected: &str) -> Option<Vec<Field<'a>>> {
        let items = self.typed(self.value.as_array(), expected)?;
        let fields = items.iter().enumerate().map(|(position, item)| Field {
            value: item.get_ref(),
            path: format!("{}[{position}]", self.path),
            offset: item.span().start,
            problems: self.problems,
        });
        Some(fields.collect())
    }

    /// As [`Self::list`], with a report if there are no items.
    pub(super) fn filled_list(&self, expected: &str) -> Option<Vec<Field<'a>>> {
        let items = self.list(expected)?;
        if items.is_empty() {
            self.report(Code::Empty, "must have at least one entry");
            return None;
        }
        Some(items)
    }

    /// The table, with whichever keys it has.
    pub(super) fn table(&self) -> Option<Table<'a>> {
        let entries = self.typed(self.value.as_table(), "a table")?;
        Some(Table {
            entries,
            path: self.path.clone(),
            offset: self.offset,
            problems: self.problems,
        })
    }

    /// The table, with a report of each key that isn't one of `keys`.
    pub(super) fn table_of(&self, keys: &[&str]) -> Option<Table<'a>> {
        let table = self.table()?;
        table.report_keys_beside(keys);
        Some(table)
    }

    fn typed<T>(&self, value: Option<T>, expected: &str) -> Option<T> {
        if value.is_none() {
            let found = self.value.type_str();
            self.report(
                Code::WrongType,
                format!("must be {expected}, not of type {found}"),
            );
        }
        value
    }
}

/// A table of the file.
pub(super) struct Table<'a> {
    entries: &'a DeTable<'a>,
    path: String,
    offset: usize,
    problems: &'a Problems,
}

impl<'a> Table<'a> {
    /// The whole file, with whichever keys it has.
    pub(super) fn of_file(entries: &'a DeTable<'a>, problems: &'a Problems) -> Self {
        Self {
            entries,
            path: String::new(),
            offset: 0,
            problems,
        }
    }

    pub(super) fn optional(&self, key: &str) -> Option<Field<'a>> {
        let value = self.entries.get(key)?;
        Some(Field {
            value: value.get_ref(),
            path: self.path_of(key),
            offset: value.span().start,
            problems: self.problems,
        })
    }

    /// The value of `key`, or a report that it is missing.
    pub(super) fn required(&self, key: &str) -> Option<Field<'a>> {
        let field = self.optional(key);
        if field.is_none() {
            self.report_at(key, Code::MissingKey, format!("is missing; add `{key} = ...`"));
        }
        field
    }

    /// Reports under the path of `key`, which may be there or not.
    pub(super) fn report_at(&self, key: &str, code: Code, message: impl Into<String>) {
        let offset = self
            .entries
            .get(key)
            .map_or(self.offset, |value| value.span().start);
        self.problems.report(offset, &self.path_of(key), code, message);
    }

    /// All keys and values.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&'a str, Field<'a>)> {
        let keys = self.entries.keys().map(|key| key.get_ref().as_ref());
        keys.filter_map(|key| Some((key, self.optional(key)?)))
    }

    /// Reports each key that isn't one of `known`.
    pub(super) fn report_keys_beside(&self, known: &[&str]) {
        for (_, field) in self.entries().filter(|(key, _)| !known.contains(key)) {
            let message = format!("isn't a key that belongs here; the keys are {}", known.join(", "));
            field.report(Code::UnknownKey, message);
        }
    }

    fn path_of(&self, key: &str) -> String {
        let bare = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let separator = if self.path.is_empty() { "" } else { "." };
        if !key.is_empty() && key.bytes().all(bare) {
            format!("{}{separator}{key}", self.path)
        } else {
            // Quoted as in TOML, and escaped: a key may hold line breaks.
            format!("{}{separator}{key:?}", self.path)
        }
    }
}

/// Reads all items, also those after one that can't be read; `None` if one couldn't.
pub(super) fn every<T>(items: impl Iterator<Item = Option<T>>) -> Option<Vec<T>> {
    let read: Vec<Option<T>> = items.collect();
    read.into_iter().collect()
}

/// The integer, saturated: TOML's syntax doesn't bound its length.
fn wide(integer: &DeInteger<'_>) -> i128 {
    let saturated = if integer.as_str().starts_with('-') {
        i128::MIN
    } else {
        i128::MAX
    };
    i128::from_str_radix(integer.as_str(), integer.radix()).unwrap_or(saturated)
}

fn instant(written: &Datetime) -> Option<OffsetDateTime> {
    let (date, time) = (written.date?, written.time?);
    let offset_minutes = match written.offset? {
        Offset::Z => 0,
        Offset::Custom { minutes } => i32::from(minutes),
    };
    let date =
        Date::from_calendar_date(i32::from(date.year), Month::try_from(date.month).ok()?, date.day).ok()?;
    let (second, nanosecond) = (time.second.unwrap_or(0), time.nanosecond.unwrap_or(0));
    let time = Time::from_hms_nano(time.hour, time.minute, second, nanosecond).ok()?;
    let offset = UtcOffset::from_whole_seconds(offset_minutes * 60).ok()?;
    let instant = PrimitiveDateTime::new(date, time).assume_offset(offset);
    // RFC 3339 writes no other years.
    let year = instant.checked_to_offset(UtcOffset::UTC)?.year();
    (0..=9999).contains(&year).then_some(instant)
}
