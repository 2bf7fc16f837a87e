//! Owns the folding of the feed into a region's tally. It never reads a count to increment it elsewhere:
//! a tally is what its checkpoint says, and can be rebuilt from the box.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use election_core::definition::{Definition, ResultsPolicy};
use election_core::keys::MacSecret;
use election_core::phase::Phase;
use election_core::tally::{self, Sequence, Tally};
use time::OffsetDateTime;

use crate::phase_cache::PhaseCache;
use crate::ports::{BallotBox, PortResult, TallyStore, TallyUpdate};
use crate::processor::pause;
use crate::regions::Region;

const BATCH: usize = 20_000;
const POLL: Duration = Duration::from_millis(100);

/// Folds the feed into tallies. One serves any number of regions.
pub struct TallyFolder {
    /// The election.
    pub definition: Arc<Definition>,
    /// Checks that ballots are authentic.
    pub mac_secret: Arc<MacSecret>,
    /// Whose feed is folded.
    pub ballots: Arc<dyn BallotBox>,
    /// Tells when everything may be folded.
    pub phase: PhaseCache,
}

/// The place in the feed that a tally of one shard reaches.
pub fn checkpoint(tally: &Tally) -> Sequence {
    tally
        .values()
        .map(|item| item.last_sequence)
        .max()
        .unwrap_or(Sequence::START)
}

/// The records a tally has folded.
pub(crate) fn folded(tally: &Tally) -> u64 {
    tally
        .values()
        .map(|item| item.counts.ballots + item.counts.unreadable + item.counts.alterations)
        .sum()
}

impl TallyFolder {
    /// Folds the next records of the feed and commits them. While live results are published in steps, it
    /// commits whole steps only: what is stored is what is published. Returns how many; zero if there is
    /// nothing (allowed) to fold or another folder was faster.
    pub async fn advance(&self, store: &dyn TallyStore) -> PortResult<u64> {
        let before = store.load().await?.tally;
        let step = self.step().await?;
        let mut count = folded(&before);
        let whole = count + self.ballots.behind(checkpoint(&before)).await?;
        let whole = whole - whole % step;

        let mut tally = before.clone();
        let mut changed = BTreeSet::new();
        let mut fresh = 0;
        while count < whole {
            let page = BATCH.min(usize::try_from(whole - count).unwrap_or(BATCH));
            let records = self.ballots.feed(checkpoint(&tally), page).await?;
            let shard = <dyn BallotBox>::SHARD;
            changed.append(&mut tally::fold(
                &mut tally,
                &self.definition,
                &self.mac_secret,
                shard,
                &records,
            ));
            count += records.len() as u64;
            fresh += records.len() as u64;
            let enough = fresh >= BATCH as u64 && count.is_multiple_of(step);
            if records.is_empty() || enough {
                break;
            }
        }
        if changed.is_empty() || !count.is_multiple_of(step) {
            return Ok(0);
        }
        let updates = changed.into_iter().map(|key| TallyUpdate {
            expected: before
                .get(&key)
                .map_or(Sequence::START, |item| item.last_sequence),
            item: tally.get(&key).cloned().unwrap_or_default(),
            key,
        });
        // To the millisecond: what is published needs no more.
        let now = OffsetDateTime::now_utc();
        let now = now.replace_millisecond(now.millisecond()).unwrap_or(now);
        let committed = store.commit(updates.collect(), now).await?;
        Ok(if committed { fresh } else { 0 })
    }

    /// Recorded ballots that a tally hasn't folded yet. Ballots that a live result holds back for its
    /// next step aren't behind.
    pub async fn lag(&self, tally: &Tally) -> PortResult<u64> {
        let behind = self.ballots.behind(checkpoint(tally)).await?;
        let step = self.step().await?;
        Ok(behind.saturating_sub((folded(tally) + behind) % step))
    }

    /// Folds a region's feed until `stop` says so.
    pub async fn run(&self, region: Arc<Region>, mut stop: tokio::sync::watch::Receiver<bool>) {
        while !*stop.borrow_and_update() {
            let advanced = match region.active_stores() {
                Some(stores) => {
                    let _turn = region.folding().await;
                    self.advance(stores.tallies.as_ref()).await
                }
                None => Ok(0),
            };
            match advanced {
                Ok(0) => pause(&mut stop, POLL).await,
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(region = %region.name(), %error, "the tally can't go on; trying again");
                    pause(&mut stop, POLL * 5).await;
                }
            }
        }
    }

    /// How many ballots a published step has while the polls are open, so that nobody learns a single
    /// ballot by comparing two results.
    async fn step(&self) -> PortResult<u64> {
        match self.definition.results() {
            ResultsPolicy::Live { step } if self.phase.phase().await?.phase == Phase::Open => Ok(step.get()),
            _ => Ok(1),
        }
    }
}
