//! Owns the reading of a roll: which rows are people that can be registered, and what is wrong with the
//! others.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use anyhow::Context;
use csv::{ByteRecord, Reader, ReaderBuilder, Terminator};
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
    /// Whether the last line is ended.
    ends_with_newline: bool,
}

impl RollReader {
    /// Opens a roll and checks its header.
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let named = || path.display().to_string();
        let mut file = File::open(path).with_context(named)?;
        let size_bytes = file.metadata().with_context(named)?.len();
        let ends_with_newline = ends_with_newline(&mut file, size_bytes).with_context(named)?;
        // Lines end with \n, so that they can be numbered; other systems' \r is trimmed from the last text.
        let mut reader = ReaderBuilder::new()
            .flexible(true)
            .terminator(Terminator::Any(b'\n'))
            .from_reader(file);
        let header = reader.byte_headers().with_context(named)?.iter();
        let header = header.map(|name| {
            name.strip_prefix(b"\xef\xbb\xbf")
                .unwrap_or(name)
                .trim_ascii_end()
        });
        if !header.eq(HEADER.map(str::as_bytes)) {
            anyhow::bail!("{}: line 1 has to be {}", path.display(), HEADER.join(","));
        }
        Ok(Self {
            reader,
            record: ByteRecord::new(),
            size_bytes,
            ends_with_newline,
        })
    }

    /// How many bytes are read.
    pub(super) fn position(&self) -> u64 {
        self.reader.position().byte()
    }

    /// The next row, or `None` at the end. Blank lines are no rows.
    pub(super) fn next(
        &mut self,
        definition: &Definition,
    ) -> anyhow::Result<Option<Result<RollRow, BadRow>>> {
        while self
            .reader
            .read_byte_record(&mut self.record)
            .context("the roll can't be read")?
        {
            let is_blank = self.record.len() == 1 && self.record[0].trim_ascii().is_empty();
            if !is_blank {
                return Ok(Some(parse(&self.record, definition, self.line())));
            }
        }
        Ok(None)
    }

    /// The line that the present row begins on, counted back from where it ends: the reader says of a row
    /// that it begins where the one before ended, blank lines between them or not.
    fn line(&self) -> u64 {
        let end = self.reader.position();
        let is_ended = end.byte() < self.size_bytes || self.ends_with_newline;
        let within = self
            .record
            .as_slice()
            .iter()
            .filter(|byte| **byte == b'\n')
            .count() as u64;
        end.line().saturating_sub(within + u64::from(is_ended))
    }
}

fn ends_with_newline(file: &mut File, size_bytes: u64) -> std::io::Result<bool> {
    let mut last = [0];
    if size_bytes > 0 {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
        file.rewind()?;
    }
    Ok(last == [b'\n'])
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
