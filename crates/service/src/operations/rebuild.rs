//! Owns the rebuilding of a region's tally from the ballot box. A tally is derived: whatever is wrong with
//! one, the box makes it right.

use std::sync::Arc;

use election_core::identifiers::RegionName;
use election_core::phase::Phase;
use election_core::tally::{self, FeedRecord, Sequence, Tally};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use tokio::sync::mpsc;

use super::recount::differences;
use super::{OperationError, Operations, Progress};
use crate::ports::{BallotBox, PortError, PortResult};
use crate::tally::{checkpoint, folded};

/// What rebuilding a tally changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rebuilt {
    /// The region.
    pub region: RegionName,
    /// The place in the feed that the tally reaches now.
    pub checkpoint: String,
    /// Records that it counts now.
    pub records: u64,
    /// Records that the old one had counted; null if it couldn't be read.
    pub records_before: Option<u64>,
    /// What the old one had otherwise, if it had reached the same place.
    pub differences: Vec<String>,
}

/// How many pages of ballots are read before one is folded.
const PAGES_AHEAD: usize = 2;

fn refused<T>(text: String) -> Result<T, OperationError> {
    Err(OperationError::Refused(text))
}

impl Operations {
    /// Makes a region's tally anew from the ballot box and puts it in the old one's place, at once. After
    /// the close only: until then results must not go back. May run while the region's folder does, and may
    /// be repeated.
    pub async fn rebuild_tally(&self, name: &str, progress: Progress<'_>) -> Result<Rebuilt, OperationError> {
        let region = self.region(name)?;
        let phase = self.elections.phase().await?.phase;
        if phase < Phase::Closed {
            return refused(format!(
                "the election is {phase}: tallies are rebuilt after the close (`election close`)"
            ));
        }
        let Some(stores) = region.kept_stores() else {
            return refused(format!("region {name} is lost, and has no tally any more"));
        };
        let mut tally = Tally::new();
        self.fold_to_the_end(&mut tally, progress).await?;
        // Folders wait from here on, for what came meanwhile only.
        let _turn = region.folding().await;
        if self.ballots.can_be_followed() {
            self.fold_to_the_end(&mut tally, progress).await?;
        }
        let before = match stores.tallies.load().await {
            Ok(stored) => Some(stored.tally),
            Err(PortError::Corrupt(_)) => None,
            Err(error) => return Err(error.into()),
        };
        let now = OffsetDateTime::now_utc();
        let now = now.replace_millisecond(now.millisecond()).unwrap_or(now);
        if !stores.tallies.replace(before.as_ref(), &tally, now).await? {
            return refused(format!(
                "the tally of region {name} was written meanwhile: run `election tally rebuild {name}` again"
            ));
        }
        tracing::info!(region = %region.name(), "the tally was rebuilt");
        let same_place = before
            .as_ref()
            .filter(|before| checkpoint(before) == checkpoint(&tally));
        Ok(Rebuilt {
            region: region.name().clone(),
            checkpoint: checkpoint(&tally).to_string(),
            records: folded(&tally),
            records_before: before.as_ref().map(folded),
            differences: same_place
                .map(|before| differences(&tally, before))
                .unwrap_or_default(),
        })
    }

    async fn fold_to_the_end(&self, tally: &mut Tally, progress: Progress<'_>) -> Result<(), OperationError> {
        let start = folded(tally);
        let total = self.total().await?;
        let (definition, secret) = (self.definition.clone(), self.mac_secret.clone());
        let fold = move |tally: &mut Tally, records: &[FeedRecord]| {
            tally::fold(tally, &definition, &secret, <dyn BallotBox>::SHARD, records);
        };
        let place = checkpoint(tally);
        *tally = self
            .read_to_the_end(place, std::mem::take(tally), fold, |read| {
                progress(start + read, total.map(|total| total.max(start + read)));
            })
            .await?;
        Ok(())
    }

    /// Gives all records after a place to `take`, page by page. While it has one, the next one is read.
    pub(super) async fn read_to_the_end<S: Send + 'static>(
        &self,
        after: Sequence,
        mut state: S,
        take: impl Fn(&mut S, &[FeedRecord]) + Send + Sync + 'static,
        progress: impl Fn(u64),
    ) -> PortResult<S> {
        let take = Arc::new(take);
        let mut read = 0;
        let (sender, mut pages) = mpsc::channel(PAGES_AHEAD);
        let reading = self.ballots.read(after, sender);
        let taking = async {
            while let Some(page) = pages.recv().await {
                let page: Vec<FeedRecord> = page;
                read += page.len() as u64;
                let take = Arc::clone(&take);
                let taken = tokio::task::spawn_blocking(move || {
                    take(&mut state, &page);
                    state
                });
                let panicked = |_| PortError::Unavailable("folding ballots panicked".to_owned());
                state = taken.await.map_err(panicked)?;
                progress(read);
            }
            Ok(state)
        };
        let (done, state) = tokio::join!(reading, taking);
        done.and(state)
    }

    /// How many records there are, where that can be told without reading them all.
    pub(super) async fn total(&self) -> PortResult<Option<u64>> {
        if self.ballots.can_be_followed() {
            self.ballots.behind(Sequence::START).await.map(Some)
        } else {
            Ok(None)
        }
    }
}
