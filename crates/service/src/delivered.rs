//! Owns the folding of what a stream delivers into a region's tally. It needs no ballot box, and never trusts a
//! batch's boundaries: the stream may deliver anything again, cut anew.

use std::sync::Arc;

use election_core::definition::Definition;
use election_core::keys::MacSecret;
use election_core::tally::{self, Counts, FeedRecord, Tally};

use crate::ports::{BallotBox, PortError, PortResult, TallyStore};
use crate::tally::{folded, now, panicked, updates};

/// How often a batch is folded again because another folder was faster.
const MOST_TRIES: usize = 20;

/// Folds delivered records into tallies.
pub struct DeliveredFolder {
    /// The election.
    pub definition: Arc<Definition>,
    /// Authenticates ballots.
    pub mac_secret: Arc<MacSecret>,
}

/// What delivered records added to a tally.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// Records that were new to it.
    pub records: u64,
    /// Records that can't be counted, and block certification.
    pub unreadable: u64,
    /// Changes and removals, which nothing may do, and which block it too.
    pub alterations: u64,
}

impl DeliveredFolder {
    /// Folds records that a stream delivered of one of its shards, in the shard's order, and commits them.
    /// May be called with the same records any number of times, in other batches, and by several at once:
    /// each record counts once.
    ///
    /// Once the tally was made anew from the box, the stream has nothing to add to it: what it delivers was
    /// counted there, or has to be by making it anew again. Certification compares with the box in any case.
    pub async fn fold(
        &self,
        store: &dyn TallyStore,
        shard: &str,
        records: Vec<FeedRecord>,
    ) -> PortResult<Delivered> {
        let records = Arc::new(records);
        let mut first = None;
        for _ in 0..MOST_TRIES {
            if !store.load_shard(<dyn BallotBox>::SHARD).await?.is_empty() {
                tracing::info!(
                    "the tally was rebuilt from the ballot box: the stream is not counted any more"
                );
                return Ok(Delivered::default());
            }
            let before = store.load_shard(shard).await?;
            let first = *first.get_or_insert_with(|| alarming(&before));
            let (definition, mac_secret) = (self.definition.clone(), self.mac_secret.clone());
            let (shard, mut tally, records) = (shard.to_owned(), before.clone(), records.clone());
            let fold = move || {
                let changed = tally::fold(&mut tally, &definition, &mac_secret, &shard, records.iter());
                (tally, changed)
            };
            let (tally, changed) = tokio::task::spawn_blocking(fold).await.map_err(panicked)?;
            // A try that failed may have written some items: what alarms is told rather twice than never.
            let [unreadable, alterations] = alarming(&tally);
            let delivered = Delivered {
                records: folded(&tally) - folded(&before),
                unreadable: unreadable.saturating_sub(first[0]),
                alterations: alterations.saturating_sub(first[1]),
            };
            if changed.is_empty() || store.commit(updates(&before, &tally, changed), now()).await? {
                return Ok(delivered);
            }
        }
        Err(PortError::Overloaded)
    }
}

/// The records that block certification: the unreadable ones, and changes and removals.
fn alarming(tally: &Tally) -> [u64; 2] {
    let sum = |of: fn(&Counts) -> u64| tally.values().map(|item| of(&item.counts)).sum();
    [sum(|counts| counts.unreadable), sum(|counts| counts.alterations)]
}
