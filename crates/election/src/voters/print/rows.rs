//! Owns which letters are printed: the newest of each person, and none at all unless every line is right.

use std::collections::{HashMap, HashSet};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use csv::{ByteRecord, Reader, ReaderBuilder, Terminator};
use election_core::definition::Definition;
use election_core::identifiers::JurisdictionId;
use election_core::voter_id::VoterId;

use super::super::letters::HEADER;
use crate::failure::Failure;

/// So many wrong lines are told one by one.
const TOLD: usize = 20;

/// One line of the letters file.
pub(super) struct Letter {
    pub(super) line: u64,
    pub(super) voter_id: VoterId,
    pub(super) name: String,
    pub(super) address: String,
    pub(super) jurisdiction: JurisdictionId,
}

/// A letters file without a wrong line.
pub(super) struct LettersToPrint {
    bytes: Vec<u8>,
    count: u64,
    /// The lines that a later line of the same person replaces: their voter ids are revoked.
    replaced: HashSet<u64>,
}

impl LettersToPrint {
    /// Reads the letters and checks each line.
    pub(super) fn read(path: &Path, definition: &Definition) -> Result<Self, Failure> {
        let no = |problem: String| Failure::No(format!("{}: {problem}", path.display()));
        let bytes = read(path).map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))?;
        let Some(bytes) = bytes else {
            return Err(no(
                "others can read it: `chmod 600` it first, it holds voter ids".to_owned()
            ));
        };
        let header = HEADER.join(",");
        if !bytes.starts_with(format!("{header}\n").as_bytes()) {
            return Err(no(format!("these aren't letters: line 1 has to be {header}")));
        }
        if !bytes.ends_with(b"\n") {
            let line = 1 + bytes.iter().filter(|byte| **byte == b'\n').count();
            return Err(no(format!(
                "line {line} is cut off: `election voters import` mends it"
            )));
        }
        let mut letters = Self {
            bytes,
            count: 0,
            replaced: HashSet::new(),
        };
        letters.check(definition).map_err(no)?;
        if letters.count == 0 {
            return Err(no("there is no letter in it".to_owned()));
        }
        Ok(letters)
    }

    fn check(&mut self, definition: &Definition) -> Result<(), String> {
        let mut problems = Vec::new();
        let mut voter_ids = HashSet::new();
        let mut newest: HashMap<Box<[u8]>, u64> = HashMap::new();
        let mut rows = Rows::of(&self.bytes);
        while let Some((line, row)) = rows.next() {
            let problem = match parse(line, row, definition) {
                Err(problem) => Some(problem),
                Ok(letter) if !voter_ids.insert(letter.voter_id) => {
                    Some("its voter id is on an earlier line already")
                }
                Ok(_) => None,
            };
            problems.extend(problem.map(|problem| format!("\n  line {line}: {problem}")));
            if let Some(earlier) = row.get(1).and_then(|person| newest.insert(person.into(), line)) {
                self.replaced.insert(earlier);
            }
        }
        self.count = newest.len() as u64;
        if problems.is_empty() {
            return Ok(());
        }
        let further = match problems.len().saturating_sub(TOLD) {
            0 => String::new(),
            further => format!("\n  and {further} more"),
        };
        let noun = if problems.len() == 1 {
            "line is"
        } else {
            "lines are"
        };
        let told = problems.iter().take(TOLD).map(String::as_str).collect::<String>();
        Err(format!(
            "{} {noun} wrong, so nothing was written{told}{further}",
            problems.len()
        ))
    }

    /// How many letters are printed.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// The letters, in the file's order.
    pub(super) fn iter(&self, definition: &Definition) -> impl Iterator<Item = Letter> {
        let mut rows = Rows::of(&self.bytes);
        std::iter::from_fn(move || {
            loop {
                let (line, row) = rows.next()?;
                // All of them were right before.
                let letter = parse(line, row, definition).ok()?;
                if !self.replaced.contains(&line) {
                    return Some(letter);
                }
            }
        })
    }
}

/// The file's bytes, or `None` if others can read it.
fn read(path: &Path) -> std::io::Result<Option<Vec<u8>>> {
    let mut file = std::fs::File::open(path)?;
    if file.metadata()?.permissions().mode() & 0o077 != 0 {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// The rows, with the lines that they begin on.
struct Rows<'a> {
    bytes: &'a [u8],
    reader: Reader<&'a [u8]>,
    row: ByteRecord,
}

impl<'a> Rows<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        let mut builder = ReaderBuilder::new();
        builder.flexible(true).terminator(Terminator::Any(b'\n'));
        Self {
            bytes,
            reader: builder.from_reader(bytes),
            row: ByteRecord::new(),
        }
    }

    fn next(&mut self) -> Option<(u64, &ByteRecord)> {
        // Bytes in memory can always be read.
        let is_row = self.reader.read_byte_record(&mut self.row).unwrap_or(false);
        let begins = self.row.position().filter(|_| is_row)?;
        // To the reader, blank lines are the beginning of the row below.
        let above = usize::try_from(begins.byte())
            .ok()
            .and_then(|byte| self.bytes.get(byte..))?;
        let blank = above.iter().take_while(|byte| **byte == b'\n').count() as u64;
        Some((begins.line() + blank, &self.row))
    }
}

/// What a line says; or what is wrong with it, without anything that it says.
fn parse(line: u64, row: &ByteRecord, definition: &Definition) -> Result<Letter, &'static str> {
    if row.len() != HEADER.len() {
        return Err("it doesn't have the five columns of line 1");
    }
    let mut texts = row.iter().map_while(|text| std::str::from_utf8(text).ok());
    let (Some(voter_id), Some(external_id), Some(name), Some(address), Some(jurisdiction)) = (
        texts.next(),
        texts.next(),
        texts.next(),
        texts.next(),
        texts.next(),
    ) else {
        return Err("it isn't UTF-8");
    };
    let voter_id = VoterId::parse(voter_id).map_err(
        |_| "its voter id is mistyped: 15 letters and digits, of which the last one checks the others",
    )?;
    if [external_id, name, address]
        .iter()
        .any(|text| text.trim().is_empty() || text.chars().any(char::is_control))
    {
        return Err("name, address and external_id have to be visible text on one line");
    }
    let jurisdiction = definition.jurisdiction(jurisdiction).ok_or(
        "its jurisdiction isn't one of the definition's: are these the letters of another election?",
    )?;
    Ok(Letter {
        line,
        voter_id,
        name: name.to_owned(),
        address: address.to_owned(),
        jurisdiction: jurisdiction.id().clone(),
    })
}
