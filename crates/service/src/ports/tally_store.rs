use async_trait::async_trait;
use election_core::tally::{Sequence, Tally, TallyItem, TallyKey};
use time::OffsetDateTime;

use super::PortResult;

/// A region's tally as stored.
#[derive(Clone, Default)]
pub struct StoredTally {
    /// All items.
    pub tally: Tally,
    /// When an item was last written, in UTC.
    pub updated_at: Option<OffsetDateTime>,
}

/// One item to be written.
#[derive(Clone)]
pub struct TallyUpdate {
    /// Which item.
    pub key: TallyKey,
    /// The checkpoint it had when it was read; [`Sequence::START`] if there was none.
    pub expected: Sequence,
    /// The item with its new checkpoint.
    pub item: TallyItem,
}

/// A region's own tally. Each item's counts and checkpoint are written together, on the condition that
/// the checkpoint is still the expected one: two folders of one shard can't both count a record.
#[async_trait]
pub trait TallyStore: Send + Sync {
    /// All items. Strongly consistent.
    async fn load(&self) -> PortResult<StoredTally>;

    /// The items of one shard. Strongly consistent.
    async fn load_shard(&self, shard: &str) -> PortResult<Tally> {
        let mut tally = self.load().await?.tally;
        tally.retain(|key, _| key.shard == shard);
        Ok(tally)
    }

    /// Writes items, durable on return; false if a checkpoint isn't the expected one. Where the feed is
    /// pulled (SQL), either all items are written or none, so that a checkpoint speaks for its whole
    /// shard; where it is pushed (streams), some may be, and the stream's replay completes them.
    async fn commit(&self, updates: Vec<TallyUpdate>, at: OffsetDateTime) -> PortResult<bool>;

    /// Replaces all items by those of a tally made anew, all of them or none, durable on return; false if
    /// the items that there are have other checkpoints than `expected`: the tally that [`Self::load`] gave,
    /// or `None` if it gave [`super::PortError::Corrupt`], which it then still has to. A commit that was
    /// prepared on the old items may go through afterwards if the checkpoints stayed the same: whoever
    /// replaces keeps folders from preparing one meanwhile.
    async fn replace(&self, expected: Option<&Tally>, tally: &Tally, at: OffsetDateTime) -> PortResult<bool>;
}
