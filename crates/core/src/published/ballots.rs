//! Owns the list of ballots: a line for each, sorted, with the jurisdiction and the exact bytes of the
//! content: `{"jurisdiction":"north","ballot":{"board":["chen"]}}`. It is written by [`BallotLines`], which
//! keeps each distinct line once, and read by [`BallotList`], which counts it. The content never holds a
//! line break: it is compact JSON.
//!
//! Lines are sorted by their bytes, as `LC_ALL=C sort` does, which sorts by jurisdiction and then content.

use std::collections::{BTreeMap, HashMap};

use sha2::{Digest, Sha256};

use super::{BALLOTS, FileDigest, Problems};
use crate::content::{self, Selections};
use crate::definition::Definition;
use crate::identifiers::JurisdictionId;
use crate::tally::Counts;

const BEFORE_JURISDICTION: &[u8] = br#"{"jurisdiction":""#;
const BEFORE_CONTENT: &[u8] = br#"","ballot":"#;
const AFTER_CONTENT: &[u8] = b"}\n";

/// No ballot is as long: a request for one has at most 64 KiB.
const LONGEST_LINE: usize = 1 << 20;

/// Gathers ballots in any order and writes their lines in the one order. Its size depends on the number of
/// distinct lines. No `Debug`: these are votes.
#[derive(Default)]
pub struct BallotLines {
    /// How many ballots have each line.
    lines: HashMap<Box<[u8]>, u64>,
}

impl BallotLines {
    /// Adds a ballot.
    pub fn add(&mut self, jurisdiction: &JurisdictionId, content: &[u8]) {
        let id = jurisdiction.as_str().as_bytes();
        let line = [BEFORE_JURISDICTION, id, BEFORE_CONTENT, content, AFTER_CONTENT].concat();
        *self.lines.entry(line.into()).or_default() += 1;
    }

    /// Each distinct line, ended, with how often it is to be written, in order.
    pub fn sorted(self) -> Vec<(Box<[u8]>, u64)> {
        let mut lines: Vec<_> = self.lines.into_iter().collect();
        lines.sort_unstable();
        lines
    }
}

/// What a list of ballots adds up to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BallotsFound {
    /// Counts of the lines that could be read.
    pub counts: BTreeMap<Option<JurisdictionId>, Counts>,
    /// Lines.
    pub lines: u64,
    /// SHA-256 of the whole list.
    pub digest: FileDigest,
    /// What is wrong with it.
    pub problems: Problems,
}

/// Reads a list of ballots piece by piece, and counts it. Equal lines follow each other, so each distinct
/// one is looked into once.
pub struct BallotList<'a> {
    definition: &'a Definition,
    hasher: Sha256,
    /// What isn't read yet: the beginning of a line.
    pending: Vec<u8>,
    /// The line before, ended; empty before the first.
    previous: Vec<u8>,
    /// What the line before says, unless it can't be read, and how many ballots in a row do.
    run: Option<(JurisdictionId, Selections)>,
    run_ballots: u64,
    counts: BTreeMap<Option<JurisdictionId>, Counts>,
    lines: u64,
    problems: Problems,
    /// Nothing more can be read: a line is too long.
    is_broken: bool,
}

impl<'a> BallotList<'a> {
    /// The list of an election.
    pub fn new(definition: &'a Definition) -> Self {
        Self {
            definition,
            hasher: Sha256::new(),
            pending: Vec::new(),
            previous: Vec::new(),
            run: None,
            run_ballots: 0,
            counts: BTreeMap::new(),
            lines: 0,
            problems: Problems::default(),
            is_broken: false,
        }
    }

    /// Reads the next piece, which may end anywhere.
    pub fn update(&mut self, piece: &[u8]) {
        self.hasher.update(piece);
        if self.is_broken {
            return;
        }
        let mut pending = std::mem::take(&mut self.pending);
        pending.extend_from_slice(piece);
        let mut rest = pending.as_slice();
        loop {
            while !self.previous.is_empty() && rest.starts_with(&self.previous) {
                rest = &rest[self.previous.len()..];
                self.lines += 1;
                self.run_ballots += 1;
                if self.run.is_none() {
                    self.unreadable();
                }
            }
            let Some(end) = rest.iter().position(|byte| *byte == b'\n') else {
                break;
            };
            let (line, after) = rest.split_at(end + 1);
            rest = after;
            self.begin_run(line);
        }
        if rest.len() > LONGEST_LINE {
            self.is_broken = true;
            self.problems.add(
                BALLOTS,
                Some(self.lines + 1),
                "the line is longer than a ballot can be",
            );
            return;
        }
        let read = pending.len() - rest.len();
        pending.drain(..read);
        self.pending = pending;
    }

    /// Lines read so far.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    fn begin_run(&mut self, line: &[u8]) {
        self.end_run();
        self.lines += 1;
        if line < self.previous.as_slice() {
            self.problems.add(
                BALLOTS,
                Some(self.lines),
                "the line isn't in order: it belongs before the line before",
            );
        }
        self.previous.clear();
        self.previous.extend_from_slice(line);
        self.run = read_line(self.definition, line);
        self.run_ballots = 1;
        if self.run.is_none() {
            self.unreadable();
        }
    }

    fn unreadable(&mut self) {
        self.problems
            .add(BALLOTS, Some(self.lines), "no ballot that the definition allows");
    }

    fn end_run(&mut self) {
        if let Some((jurisdiction, selections)) = self.run.take() {
            let counts = self.counts.entry(Some(jurisdiction.clone())).or_default();
            counts.add_ballots(self.definition, &jurisdiction, &selections, self.run_ballots);
        }
    }

    /// After the last piece.
    pub fn finish(mut self) -> BallotsFound {
        self.end_run();
        if !self.pending.is_empty() {
            self.problems.add(
                BALLOTS,
                Some(self.lines + 1),
                "the last line isn't ended by a line break",
            );
        }
        BallotsFound {
            counts: self.counts,
            lines: self.lines,
            digest: FileDigest::from_hasher(self.hasher),
            problems: self.problems,
        }
    }
}

fn read_line(definition: &Definition, line: &[u8]) -> Option<(JurisdictionId, Selections)> {
    let rest = line
        .strip_prefix(BEFORE_JURISDICTION)?
        .strip_suffix(AFTER_CONTENT)?;
    let end = rest.iter().position(|byte| *byte == b'"')?;
    let jurisdiction = JurisdictionId::parse(std::str::from_utf8(&rest[..end]).ok()?).ok()?;
    definition.jurisdiction(&jurisdiction)?;
    let content = rest[end..].strip_prefix(BEFORE_CONTENT)?;
    let selections = content::read(definition, &jurisdiction, content::FORMAT, content).ok()?;
    Some((jurisdiction, selections))
}
