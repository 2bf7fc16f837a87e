//! Owns what is published of a certified election: the form of each file, and the proof that they belong
//! together. Anybody can recount them: nothing here needs a store or a key, and nothing published has one.
//!
//! - `ballots`, `receipts`: the two lists, written and read a line at a time;
//! - `results`: the results in three forms, each derived from the counts;
//! - `certificate`, `sums`: what ties the files together;
//! - `verification`: recounts all of it.

mod ballots;
mod certificate;
mod problem;
mod receipts;
mod results;
mod sums;
mod verification;

pub use ballots::{BallotLines, BallotList, BallotsFound};
pub use certificate::{Certificate, CertificateError, CertifiedJurisdiction};
pub use problem::{Problem, Problems};
pub use receipts::{ReceiptList, ReceiptsFound, write_receipt};
pub use results::{CertifiedElection, csv};
pub use sums::{FileDigest, Sums};
pub use verification::{Summary, Verdict, Verification};

/// The format of all files together.
pub const FORMAT: u8 = 1;

/// Every ballot: its jurisdiction and content.
pub const BALLOTS: &str = "ballots.jsonl";
/// What ties the other files together.
pub const CERTIFICATE: &str = "certificate.json";
/// The exact bytes of the election definition.
pub const DEFINITION: &str = "definition.toml";
/// Every receipt.
pub const RECEIPTS: &str = "receipts.txt";
/// The results for spreadsheets.
pub const RESULTS_CSV: &str = "results.csv";
/// The results as `GET /votes` tells them.
pub const RESULTS_JSON: &str = "results.json";
/// The results in the format of NIST SP 1500-100 version 2.
pub const RESULTS_NIST: &str = "results-nist.json";
/// The SHA-256 of every other file.
pub const SUMS: &str = "SHA256SUMS";

/// The files that an export makes one kind at a time, sorted; the others come with each.
pub const LISTED: [&str; 5] = [BALLOTS, RECEIPTS, RESULTS_NIST, RESULTS_CSV, RESULTS_JSON];
