//! Owns the verification of an export: everything that can be derived is derived again from the ballots, and
//! has to be the same bytes. What it can't know: whether the whole of it was replaced by another consistent
//! export. For that, the digest of `SHA256SUMS` has to be published where it can't be replaced.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use time::OffsetDateTime;

use super::{
    BALLOTS, BallotList, BallotsFound, CERTIFICATE, Certificate, CertifiedElection, DEFINITION, FileDigest,
    LISTED, Problem, Problems, RECEIPTS, ReceiptsFound, SUMS, Sums,
};
use crate::definition::Definition;
use crate::identifiers::{ElectionHash, ElectionId};

/// What was verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// The election's id.
    pub election: ElectionId,
    /// SHA-256 of its definition.
    pub election_hash: ElectionHash,
    /// When it was certified, in UTC.
    #[serde(with = "time::serde::rfc3339")]
    pub certified_at: OffsetDateTime,
    /// Ballots recounted.
    pub ballots: u64,
    /// Receipts read.
    pub receipts: u64,
    /// Registered voters, as certified.
    pub registered: u64,
    /// SHA-256 of `SHA256SUMS`: whoever has the same one has the same export.
    pub export: FileDigest,
}

/// What a verification found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Whether nothing speaks against the export.
    pub verified: bool,
    /// Missing if it isn't verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<Summary>,
    /// What speaks against it.
    pub problems: Vec<Problem>,
    /// How many more problems there are.
    pub further_problems: u64,
}

impl Verdict {
    fn against(problems: &Problems) -> Self {
        Self {
            verified: false,
            summary: None,
            problems: problems.told().to_vec(),
            further_problems: problems.untold(),
        }
    }
}

/// A verification under way: the documents are read, the lists not yet.
pub struct Verification {
    /// The bytes of every file but the lists.
    documents: BTreeMap<String, Vec<u8>>,
    names: BTreeSet<String>,
    sums: Option<Sums>,
    definition: Definition,
    certificate: Certificate,
    problems: Problems,
}

impl Verification {
    /// Begins with the names of all files in the export, and the bytes of those that aren't lists. The verdict
    /// is clear at once if there is nothing that ballots could be counted by.
    pub fn begin(
        names: BTreeSet<String>,
        documents: BTreeMap<String, Vec<u8>>,
    ) -> Result<Self, Box<Verdict>> {
        let mut problems = Problems::default();
        let expected = LISTED.into_iter().chain([CERTIFICATE, DEFINITION, SUMS]);
        for name in expected.clone().filter(|name| !names.contains(*name)) {
            problems.add(name, None, "the file is missing");
        }
        for name in names
            .iter()
            .filter(|name| !expected.clone().any(|known| known == name.as_str()))
        {
            problems.add(name, None, "the file isn't a part of an export");
        }
        let document = |name: &str| documents.get(name).map_or(&[][..], Vec::as_slice);
        let definition = Definition::parse(document(DEFINITION));
        if let (true, Err(errors)) = (names.contains(DEFINITION), &definition) {
            let first = errors.as_slice().first();
            let text = first.map(ToString::to_string).unwrap_or_default();
            problems.add(DEFINITION, None, format!("no election definition: {text}"));
        }
        let certificate = Certificate::read(document(CERTIFICATE));
        if let (true, Err(error)) = (names.contains(CERTIFICATE), &certificate) {
            problems.add(CERTIFICATE, error.line, error.reason.clone());
        }
        match (definition, certificate) {
            (Ok(definition), Ok(certificate)) => Ok(Self {
                sums: Sums::read(document(SUMS)),
                documents,
                names,
                definition,
                certificate,
                problems,
            }),
            _ => Err(Box::new(Verdict::against(&problems))),
        }
    }

    /// Reads the list of ballots.
    pub fn ballot_list(&self) -> BallotList<'_> {
        BallotList::new(&self.definition)
    }

    /// How many ballots there should be.
    pub fn expected_ballots(&self) -> u64 {
        self.certificate.ballots
    }

    /// Compares everything with everything.
    pub fn finish(mut self, ballots: BallotsFound, receipts: ReceiptsFound) -> Verdict {
        let mut digests: BTreeMap<String, FileDigest> = self
            .documents
            .iter()
            .map(|(name, bytes)| (name.clone(), FileDigest::of(bytes)))
            .collect();
        digests.insert(BALLOTS.to_owned(), ballots.digest);
        digests.insert(RECEIPTS.to_owned(), receipts.digest);
        digests.retain(|name, _| self.names.contains(name));
        let export = digests.remove(SUMS);

        self.problems.append(ballots.problems);
        self.problems.append(receipts.problems);
        let (missing, lines) = (!self.names.contains(RECEIPTS), receipts.lines);
        if !missing && lines != ballots.lines {
            let text = format!("{lines} receipts, but {} ballots", ballots.lines);
            self.problems.add(RECEIPTS, None, text);
        }
        let recounted = CertifiedElection {
            definition: &self.definition,
            certified_at: self.certificate.certified_at,
            counts: &ballots.counts,
            registered: &self.certificate.registered(),
        };
        compare_documents(&mut self.problems, &self.documents, &recounted, &digests);
        self.compare_sums(&digests);
        for jurisdiction in &self.certificate.jurisdictions {
            if jurisdiction.ballots > jurisdiction.registered {
                let text = format!(
                    "{}: {} ballots, but {} registered voters",
                    jurisdiction.id, jurisdiction.ballots, jurisdiction.registered
                );
                self.problems.add(CERTIFICATE, None, text);
            }
        }
        match export {
            Some(export) if self.problems.is_empty() => Verdict {
                verified: true,
                summary: Some(Summary {
                    election: self.certificate.election,
                    election_hash: self.certificate.election_hash,
                    certified_at: self.certificate.certified_at,
                    ballots: ballots.lines,
                    receipts: receipts.lines,
                    registered: self.certificate.registered,
                    export,
                }),
                problems: Vec::new(),
                further_problems: 0,
            },
            _ => Verdict::against(&self.problems),
        }
    }

    fn compare_sums(&mut self, digests: &BTreeMap<String, FileDigest>) {
        let Some(bytes) = self.documents.get(SUMS) else {
            return;
        };
        let problem = "not what the files give";
        self.problems
            .compare(SUMS, bytes, &Sums(digests.clone()).write(), problem);
        let Some(sums) = &self.sums else { return };
        for (name, listed) in &sums.0 {
            if digests.get(name).is_some_and(|digest| digest != listed) {
                self.problems
                    .add(name, None, format!("not the file that {SUMS} lists"));
            }
        }
    }
}

/// Compares the certificate and the results with what the recounted ballots give.
fn compare_documents(
    problems: &mut Problems,
    documents: &BTreeMap<String, Vec<u8>>,
    recounted: &CertifiedElection<'_>,
    digests: &BTreeMap<String, FileDigest>,
) {
    let listed = LISTED
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), *digests.get(*name)?)));
    let certificate = Certificate::new(recounted, listed.collect());
    // Writing these documents can't fail: their keys are texts.
    let certificate = certificate.write().unwrap_or_default();
    let results = recounted.result_files().unwrap_or_default();
    let expected = results.into_iter().chain([(CERTIFICATE, certificate)]);
    for (name, bytes) in expected {
        if let Some(actual) = documents.get(name) {
            let problem = "not what the definition, the ballots and the other files give";
            problems.compare(name, actual, &bytes, problem);
        }
    }
}
