//! Owns the reading of a roll: which rows are people that can be registered, and what is wrong with the
//! others.

use std::fs::File;
use std::path::Path;

use anyhow::Context;
use csv::{ByteRecord, Reader, ReaderBuilder};
use election_core::definition::Definition;
use election_core::identifiers::JurisdictionId;
use election_core::voter_record::VoterRecord;

/// The columns of a roll.
pub(crate) const HEADER: [&str; 4] = ["external_id", "name", "address", "jurisdiction"];

const LONGEST_ID: usize = 100;
const LONGEST_TEXT: usize = 300;

/// A row that can be registered.
pub(super) struct RollRow {
    pub(super) line: u64,
    pub(super) record: VoterRecord,
    pub(super) jurisdiction: JurisdictionId,
}

/// A row that can't. Holds nothing of what the row says.
pub(super) struct BadRow {
    pub(super) line: u64,
    pub(super) code: &'static str,
    pub(super) reason: &'static str,
}

/// A roll, read row by row.
pub(super) struct RollReader {
    reader: Reader<File>,
    record: ByteRecord,
    pub(super) size_bytes: u64,
}

impl RollReader {
    /// Opens a roll and checks its header.
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let file = File::open(path).with_context(|| path.display().to_string())?;
        let size_bytes = file.metadata().with_context(|| path.display().to_string())?.len();
        let mut reader = ReaderBuilder::new().flexible(true).from_reader(file);
        let header = reader
            .byte_headers()
            .with_context(|| path.display().to_string())?;
        let header = header
            .iter()
            .map(|name| name.strip_prefix(b"\xef\xbb\xbf").unwrap_or(name));
        if !header.eq(HEADER.map(str::as_bytes)) {
            anyhow::bail!("{}: line 1 has to be {}", path.display(), HEADER.join(","));
        }
        Ok(Self {
            reader,
            record: ByteRecord::new(),
            size_bytes,
        })
    }

    /// How many bytes are read.
    pub(super) fn position(&self) -> u64 {
        self.reader.position().byte()
    }

    /// The next row, or `None` at the end.
    pub(super) fn next(
        &mut self,
        definition: &Definition,
    ) -> anyhow::Result<Option<Result<RollRow, BadRow>>> {
        let read = self
            .reader
            .read_byte_record(&mut self.record)
            .context("the roll can't be read")?;
        let line = self.record.position().map_or(0, csv::Position::line);
        Ok(read.then(|| parse(&self.record, definition, line)))
    }
}

fn parse(row: &ByteRecord, definition: &Definition, line: u64) -> Result<RollRow, BadRow> {
    let bad = |code, reason| BadRow { line, code, reason };
    if row.len() != HEADER.len() {
        return Err(bad("columns", "the row doesn't have the four columns of line 1"));
    }
    let mut texts = row.iter().map(std::str::from_utf8);
    let mut text = || texts.next().and_then(Result::ok).map(str::trim);
    let (Some(external_id), Some(name), Some(address), Some(jurisdiction)) = (text(), text(), text(), text())
    else {
        return Err(bad("encoding", "the row isn't UTF-8"));
    };
    let is_text = |text: &str, longest: usize| {
        !text.is_empty() && text.chars().count() <= longest && !text.chars().any(char::is_control)
    };
    if !is_text(external_id, LONGEST_ID) {
        return Err(bad(
            "external-id",
            "external_id has to be 1 to 100 visible characters on one line",
        ));
    }
    if !is_text(name, LONGEST_TEXT) {
        return Err(bad(
            "name",
            "name has to be 1 to 300 visible characters on one line",
        ));
    }
    if !is_text(address, LONGEST_TEXT) {
        return Err(bad(
            "address",
            "address has to be 1 to 300 visible characters on one line",
        ));
    }
    let Some(jurisdiction) = definition.jurisdiction(jurisdiction) else {
        return Err(bad(
            "jurisdiction-unknown",
            "jurisdiction isn't one of the definition's",
        ));
    };
    let record = VoterRecord {
        external_id: external_id.into(),
        name: name.into(),
        address: address.into(),
    };
    Ok(RollRow {
        line,
        record,
        jurisdiction: jurisdiction.id().clone(),
    })
}
