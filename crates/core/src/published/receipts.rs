//! Owns the list of receipts: one per line in the printed form, sorted. It shows that every voter with a
//! receipt can find it, and that there are as many receipts as ballots; nothing joins the two lists.

use sha2::{Digest, Sha256};

use super::{FileDigest, Problems, RECEIPTS};
use crate::receipt::{PRINTED_BYTES, Receipt};

/// Writes a receipt's line.
pub fn write_receipt(receipt: &Receipt, list: &mut String) {
    receipt.print(list);
    list.push('\n');
}

/// What a list of receipts adds up to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptsFound {
    /// Lines.
    pub lines: u64,
    /// SHA-256 of the whole list.
    pub digest: FileDigest,
    /// What is wrong with it.
    pub problems: Problems,
}

/// Reads a list of receipts piece by piece.
#[derive(Default)]
pub struct ReceiptList {
    hasher: Sha256,
    /// What isn't read yet: the beginning of a line.
    pending: Vec<u8>,
    previous: Option<Receipt>,
    lines: u64,
    problems: Problems,
    /// Nothing more can be read: a line is too long.
    is_broken: bool,
}

impl ReceiptList {
    /// Reads the next piece, which may end anywhere.
    pub fn update(&mut self, piece: &[u8]) {
        self.hasher.update(piece);
        if self.is_broken {
            return;
        }
        let mut pending = std::mem::take(&mut self.pending);
        pending.extend_from_slice(piece);
        let mut rest = pending.as_slice();
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            self.read_line(&rest[..end]);
            rest = &rest[end + 1..];
        }
        if rest.len() > PRINTED_BYTES {
            self.is_broken = true;
            self.problems.add(
                RECEIPTS,
                Some(self.lines + 1),
                "the line is longer than a receipt",
            );
            return;
        }
        let read = pending.len() - rest.len();
        pending.drain(..read);
        self.pending = pending;
    }

    fn read_line(&mut self, line: &[u8]) {
        self.lines += 1;
        let receipt = line
            .try_into()
            .ok()
            .and_then(|printed| Receipt::parse_printed(printed).ok());
        let problem = match (&receipt, &self.previous) {
            (None, _) => Some("no receipt in its printed form"),
            (Some(receipt), Some(previous)) if receipt == previous => Some("the receipt is there twice"),
            (Some(receipt), Some(previous)) if receipt.ballot_key() == previous.ballot_key() => {
                Some("a second receipt of the same voter")
            }
            (Some(receipt), Some(previous)) if receipt < previous => {
                Some("the line isn't in order: it belongs before the line before")
            }
            _ => None,
        };
        if let Some(problem) = problem {
            self.problems.add(RECEIPTS, Some(self.lines), problem);
        }
        self.previous = receipt.or(self.previous);
    }

    /// After the last piece.
    pub fn finish(mut self) -> ReceiptsFound {
        if !self.pending.is_empty() {
            self.problems.add(
                RECEIPTS,
                Some(self.lines + 1),
                "the last line isn't ended by a line break",
            );
        }
        ReceiptsFound {
            lines: self.lines,
            digest: FileDigest::from_hasher(self.hasher),
            problems: self.problems,
        }
    }
}
