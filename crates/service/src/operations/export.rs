//! Owns what is read of a certified election to be published: its record, and the ballots without anything
//! that could tell whose they are or when and where they came.

use std::collections::BTreeMap;

use election_core::content;
use election_core::definition::Definition;
use election_core::identifiers::JurisdictionId;
use election_core::phase::Phase;
use election_core::published::{BallotLines, CertifiedElection};
use election_core::receipt::Receipt;
use election_core::tally::{FeedEvent, Sequence};
use time::OffsetDateTime;
use tokio::sync::mpsc;

use super::{OperationError, Operations, Progress};
use crate::ports::PortError;
use crate::results::{CountsByJurisdiction, decode_counts};

/// The record of a certified election.
#[derive(Clone, Debug)]
pub struct CertifiedRecord {
    /// The exact bytes of the definition file.
    pub definition: Vec<u8>,
    /// When it was certified, in UTC.
    pub certified_at: OffsetDateTime,
    /// The certified counts.
    pub counts: CountsByJurisdiction,
    /// Registered voters.
    pub registered: BTreeMap<JurisdictionId, u64>,
}

impl CertifiedRecord {
    /// The record as files are made from it.
    pub fn election<'a>(&'a self, definition: &'a Definition) -> CertifiedElection<'a> {
        CertifiedElection {
            definition,
            certified_at: self.certified_at,
            counts: &self.counts,
            registered: &self.registered,
        }
    }

    /// Ballots certified.
    pub fn ballots(&self) -> u64 {
        self.counts.values().map(|counts| counts.ballots).sum()
    }
}

/// The refusal to publish ballots that aren't those that were certified.
pub fn not_what_was_certified(what: &str) -> OperationError {
    OperationError::Refused(format!(
        "the ballot box isn't what was certified: {what}. Nothing was exported. Look at `election recount`, then \
         restore the data folder from a backup made after the certification"
    ))
}

impl Operations {
    /// The certified record; refused before certification.
    pub async fn certified_record(&self) -> Result<CertifiedRecord, OperationError> {
        let record = self.elections.load().await?;
        let record = record.ok_or_else(|| PortError::Corrupt("the election is gone".to_owned()))?;
        let phase = record.phase.phase;
        if phase != Phase::Certified {
            return Err(OperationError::Refused(format!(
                "the election is {phase}: it can be exported once it is certified (`election certify`)"
            )));
        }
        let counts = record.certified.as_deref();
        let counts = counts.ok_or_else(|| PortError::Corrupt("certified without counts".to_owned()))?;
        Ok(CertifiedRecord {
            counts: decode_counts(counts)?,
            definition: record.definition,
            certified_at: record.phase.since,
            registered: self.roll.registered().await?,
        })
    }

    /// The lines of all ballots. Each ballot has to be authentic; whether they add up to the certified counts
    /// is for the writer to find out, from the lines.
    pub async fn published_ballots(&self, progress: Progress<'_>) -> Result<BallotLines, OperationError> {
        let mut lines = BallotLines::default();
        self.each_ballot(progress, |ballot| {
            lines.add(&ballot.jurisdiction, &ballot.content);
        })
        .await?;
        Ok(lines)
    }

    /// The receipts of all ballots, sorted: what is published has no trace of the order they came in.
    pub async fn published_receipts(&self, progress: Progress<'_>) -> Result<Vec<Receipt>, OperationError> {
        let total = self.total().await?.and_then(|total| usize::try_from(total).ok());
        let mut receipts = Vec::with_capacity(total.unwrap_or_default());
        let election = self.definition.hash();
        self.each_ballot(progress, |ballot| receipts.push(ballot.receipt(&election)))
            .await?;
        receipts.sort_unstable();
        Ok(receipts)
    }

    /// Reads every ballot; refuses if one isn't authentic or can't be read.
    async fn each_ballot(
        &self,
        progress: Progress<'_>,
        mut use_ballot: impl FnMut(&election_core::ballot::Ballot) + Send,
    ) -> Result<(), OperationError> {
        let total = self.total().await?;
        let (sender, mut pages) = mpsc::channel(1);
        let reading = async { Ok(self.ballots.read(Sequence::START, sender).await?) };
        let using = async {
            let mut done = 0;
            while let Some(records) = pages.recv().await {
                done += records.len() as u64;
                for record in &records {
                    match &record.event {
                        FeedEvent::Inserted(ballot)
                            if ballot.format == content::FORMAT && ballot.is_authentic(&self.mac_secret) =>
                        {
                            use_ballot(ballot);
                        }
                        _ => return Err(not_what_was_certified("a ballot is forged or can't be read")),
                    }
                }
                progress(done, total.map(|total| total.max(done)));
            }
            Ok(())
        };
        tokio::try_join!(reading, using).map(drop)
    }
}
