//! Owns the folding of the feed into a region's tally. It never reads a count to increment it elsewhere:
//! a tally is what its checkpoint says, and can be rebuilt from the box.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use election_core::definition::{Definition, ResultsPolicy};
use election_core::keys::MacSecret;
use election_core::phase::Phase;
use election_core::tally::{self, FeedRecord, Sequence, Tally, TallyKey};
use time::OffsetDateTime;
use tokio::sync::Mutex;

use crate::delivered::DeliveredFolder;
use crate::phase_cache::PhaseCache;
use crate::ports::{BallotBox, PortError, PortResult, TallyStore, TallyUpdate};
use crate::processor::pause;
use crate::regions::Region;

const BATCH: u64 = 20_000;
const POLL: Duration = Duration::from_millis(100);

/// Folds the feed into tallies. One serves any number of regions.
pub struct TallyFolder {
    definition: Arc<Definition>,
    mac_secret: Arc<MacSecret>,
    ballots: Arc<dyn BallotBox>,
    /// Tells when everything may be folded.
    phase: PhaseCache,
    /// The part that was folded last: regions that are at the same place don't check and count its ballots
    /// each for itself.
    last: Mutex<Option<Arc<Part>>>,
}

/// What some records of the feed add to a tally.
struct Part {
    /// The place that they follow.
    after: Sequence,
    records: u64,
    counts: Tally,
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

/// Recorded ballots that a tally hasn't folded yet. Ballots that a live result holds back for its next step
/// aren't behind. `None` where the box can't tell without counting everything.
pub async fn lag(
    definition: &Definition,
    ballots: &dyn BallotBox,
    phase: &PhaseCache,
    tally: &Tally,
) -> PortResult<Option<u64>> {
    if !ballots.can_be_followed() {
        return Ok(None);
    }
    let behind = ballots.behind(checkpoint(tally)).await?;
    let step = step(definition, phase).await?;
    Ok(Some(behind.saturating_sub((folded(tally) + behind) % step)))
}

/// How many ballots a published step has while the polls are open, so that nobody learns a single ballot by
/// comparing two results.
async fn step(definition: &Definition, phase: &PhaseCache) -> PortResult<u64> {
    match definition.results() {
        ResultsPolicy::Live { step } if phase.phase().await?.phase == Phase::Open => Ok(step.get()),
        _ => Ok(1),
    }
}

/// To the millisecond: what is published needs no more.
pub(crate) fn now() -> OffsetDateTime {
    let now = OffsetDateTime::now_utc();
    now.replace_millisecond(now.millisecond()).unwrap_or(now)
}

impl TallyFolder {
    /// Folds the feed of an election's ballot box.
    pub fn new(
        definition: Arc<Definition>,
        mac_secret: Arc<MacSecret>,
        ballots: Arc<dyn BallotBox>,
        phase: PhaseCache,
    ) -> Self {
        Self {
            definition,
            mac_secret,
            ballots,
            phase,
            last: Mutex::default(),
        }
    }

    /// Folds the next records of the feed and commits them. While live results are published in steps, it
    /// commits whole steps only: what is stored is what is published. Returns how many; zero if there is
    /// nothing (allowed) to fold or another folder was faster.
    pub async fn advance(&self, store: &dyn TallyStore) -> PortResult<u64> {
        let before = store.load().await?.tally;
        let step = step(&self.definition, &self.phase).await?;
        let mut count = folded(&before);
        let whole = count + self.ballots.behind(checkpoint(&before)).await?;
        let whole = whole - whole % step;

        let mut tally = before.clone();
        let mut changed = BTreeSet::new();
        let mut fresh = 0;
        while count < whole {
            let part = self.part(checkpoint(&tally), whole - count).await?;
            tally::append(&mut tally, &part.counts);
            changed.extend(part.counts.keys().cloned());
            count += part.records;
            fresh += part.records;
            let enough = fresh >= BATCH && count.is_multiple_of(step);
            if part.records == 0 || enough {
                break;
            }
        }
        if changed.is_empty() || !count.is_multiple_of(step) {
            return Ok(0);
        }
        let committed = store.commit(updates(&before, &tally, changed), now()).await?;
        Ok(if committed { fresh } else { 0 })
    }

    /// Folds records that a stream delivered, as [`DeliveredFolder::fold`] does. Returns how many were new.
    pub async fn fold_delivered(
        &self,
        store: &dyn TallyStore,
        shard: &str,
        records: Vec<FeedRecord>,
    ) -> PortResult<u64> {
        let (definition, mac_secret) = (self.definition.clone(), self.mac_secret.clone());
        let folder = DeliveredFolder {
            definition,
            mac_secret,
        };
        Ok(folder.fold(store, shard, records).await?.records)
    }

    /// At most so many of the records after a place, checked and counted.
    async fn part(&self, after: Sequence, most: u64) -> PortResult<Arc<Part>> {
        // Kept while it is made: who comes to the same place meanwhile waits for it.
        let mut last = self.last.lock().await;
        if let Some(part) = &*last
            && part.after == after
            && part.records > 0
            && part.records <= most
        {
            return Ok(part.clone());
        }
        let limit = usize::try_from(most.min(BATCH)).unwrap_or(usize::MAX);
        let records = self.ballots.feed(after, limit).await?;
        let (definition, mac_secret) = (self.definition.clone(), self.mac_secret.clone());
        let count = move || {
            let mut counts = Tally::new();
            let shard = <dyn BallotBox>::SHARD;
            tally::fold(&mut counts, &definition, &mac_secret, shard, &records);
            Part {
                after,
                records: records.len() as u64,
                counts,
            }
        };
        let part = tokio::task::spawn_blocking(count).await.map_err(panicked)?;
        Ok(last.insert(Arc::new(part)).clone())
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
}

/// What has to be written so that a tally becomes another, of the items that changed.
pub(crate) fn updates(before: &Tally, after: &Tally, changed: BTreeSet<TallyKey>) -> Vec<TallyUpdate> {
    let update = |key| TallyUpdate {
        expected: before
            .get(&key)
            .map_or(Sequence::START, |item| item.last_sequence),
        item: after.get(&key).cloned().unwrap_or_default(),
        key,
    };
    changed.into_iter().map(update).collect()
}

pub(crate) fn panicked(_: tokio::task::JoinError) -> PortError {
    PortError::Unavailable("counting ballots panicked".to_owned())
}
