//! Owns what a verification has to say against a file.

use std::fmt;

use serde::Serialize;

/// So many problems of one file are told; the others are counted.
const TOLD: usize = 10;

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The file's name.
    pub file: String,
    /// The line, counted from one, if the problem is one line's.
    pub line: Option<u64>,
    /// What is wrong there.
    pub problem: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(formatter, "{} line {line}: {}", self.file, self.problem),
            None => write!(formatter, "{}: {}", self.file, self.problem),
        }
    }
}

/// The problems of some files, in the order found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems {
    told: Vec<Problem>,
    untold: u64,
}

impl Problems {
    /// Adds a problem, or counts it if the file has many.
    pub fn add(&mut self, file: &str, line: Option<u64>, problem: impl Into<String>) {
        if self.told.iter().filter(|told| told.file == file).count() < TOLD {
            self.told.push(Problem {
                file: file.to_owned(),
                line,
                problem: problem.into(),
            });
        } else {
            self.untold += 1;
        }
    }

    /// Adds the problems of other files.
    pub fn append(&mut self, others: Self) {
        self.told.extend(others.told);
        self.untold += others.untold;
    }

    /// Compares a file with what it has to be, and tells the first line that differs.
    pub(super) fn compare(&mut self, file: &str, actual: &[u8], expected: &[u8], problem: &str) {
        if actual == expected {
            return;
        }
        let same = actual
            .iter()
            .zip(expected)
            .take_while(|(one, other)| one == other)
            .count();
        let line = 1 + actual[..same].iter().filter(|byte| **byte == b'\n').count() as u64;
        self.add(file, Some(line), problem);
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.told.is_empty()
    }

    /// The problems told.
    pub fn told(&self) -> &[Problem] {
        &self.told
    }

    /// How many more there are.
    pub fn untold(&self) -> u64 {
        self.untold
    }
}
