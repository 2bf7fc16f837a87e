//! Owns a region's tally. Its items are those of one generation, which the pointer names; replacing a tally writes
//! another generation and turns the pointer. The table isn't replicated, so that transactions may be used.

use std::collections::BTreeMap;

use async_trait::async_trait;
use election_core::identifiers::JurisdictionId;
use election_core::tally::{Counts, FORMAT, Sequence, Tally, TallyItem, TallyKey};
use election_service::ports::{PortError, PortResult, StoredTally, TallyStore, TallyUpdate};
use time::OffsetDateTime;

use crate::attributes::{Item, instant, item, number, read_instant, read_number, read_text, text};
use crate::failure::{Pauses, corrupt, unavailable};
use crate::tables::{Expression, TableCalls, Written};
use crate::transactions::{Put, Transaction};

const GENERATION: &str = "generation";
const ITEM: &str = "item";
/// The generation and the item of the pointer itself.
const CURRENT: &str = "current";
/// The generation that a tally begins with.
const FIRST: &str = "first";

const POINTS_TO: &str = "points_to";
const VERSION: &str = "version";
const UPDATED_AT: &str = "updated_at";

const FORMAT_OF_ITEM: &str = "format";
const LAST_SEQUENCE: &str = "last_sequence";
const COUNTS: &str = "counts";

const POINTER_NAMES: &[(&str, &str)] = &[("#to", POINTS_TO), ("#version", VERSION), ("#at", UPDATED_AT)];

/// How much one transaction takes: a hundred items, one being the pointer, and four megabytes.
const MOST_ITEMS: usize = 99;
const MOST_BYTES: usize = 3_000_000;

/// A region's tally as kept in its table.
pub(crate) struct DynamoTallies(pub(crate) TableCalls);

/// What the pointer says.
#[derive(Clone, PartialEq, Eq)]
struct Pointer {
    generation: String,
    version: u64,
    updated_at: Option<OffsetDateTime>,
}

fn key(generation: &str, name: &str) -> Item {
    item([(GENERATION, text(generation)), (ITEM, text(name))])
}

/// Ids have no `#` in them, and shards' names neither.
fn item_name(key: &TallyKey) -> String {
    let jurisdiction = key.jurisdiction.as_ref().map_or("", JurisdictionId::as_str);
    format!("{}#{jurisdiction}", key.shard)
}

fn unreadable() -> PortError {
    corrupt("a tally's item can't be read")
}

fn read_item(item: &Item) -> Option<(TallyKey, TallyItem)> {
    let (shard, jurisdiction) = read_text(item, ITEM)?.rsplit_once('#')?;
    let jurisdiction = match jurisdiction {
        "" => None,
        id => Some(JurisdictionId::parse(id).ok()?),
    };
    let format = u8::try_from(read_number(item, FORMAT_OF_ITEM)?).ok()?;
    let counts: Counts = serde_json::from_str(read_text(item, COUNTS)?).ok()?;
    let tally_item = TallyItem {
        format,
        last_sequence: Sequence::parse(read_text(item, LAST_SEQUENCE)?)?,
        counts,
    };
    let key = TallyKey {
        shard: shard.to_owned(),
        jurisdiction,
    };
    (format == FORMAT).then_some((key, tally_item))
}

/// A tally's item, and how much it takes of a request.
fn written(generation: &str, tally_key: &TallyKey, tally_item: &TallyItem) -> PortResult<(Item, usize)> {
    let counts = serde_json::to_string(&tally_item.counts);
    let counts = counts.map_err(|_| unavailable("a tally's counts can't be written"))?;
    let mut written = key(generation, &item_name(tally_key));
    written.extend(item([
        (FORMAT_OF_ITEM, number(tally_item.format.into())),
        (LAST_SEQUENCE, text(tally_item.last_sequence.as_str())),
        (COUNTS, text(&counts)),
    ]));
    Ok((written, counts.len() + 500))
}

/// The condition that an item reaches as far as expected.
fn reaches(expected: Sequence) -> Expression {
    if expected == Sequence::START {
        return Expression::new("attribute_not_exists(#item)", &[("#item", ITEM)]);
    }
    let reaches = Expression::new("#last = :expected", &[("#last", LAST_SEQUENCE)]);
    reaches.with(":expected", text(expected.as_str()))
}

/// How far each item reaches.
fn checkpoints(tally: &Tally) -> BTreeMap<&TallyKey, Sequence> {
    tally
        .iter()
        .map(|(key, item)| (key, item.last_sequence))
        .collect()
}

/// A name that no generation had.
fn new_generation() -> PortResult<String> {
    let number = getrandom::u64().map_err(|_| unavailable("the operating system has no randomness"))?;
    Ok(format!("{number:016x}"))
}

impl DynamoTallies {
    async fn pointer(&self) -> PortResult<Option<Pointer>> {
        let Some(found) = self.0.get(key(CURRENT, CURRENT), None).await? else {
            return Ok(None);
        };
        let read = read_text(&found, POINTS_TO).zip(read_number(&found, VERSION));
        let (generation, version) = read.ok_or_else(|| corrupt("the tally's pointer can't be read"))?;
        Ok(Some(Pointer {
            generation: generation.to_owned(),
            version,
            updated_at: read_instant(&found, UPDATED_AT),
        }))
    }

    /// The items of a generation, of one shard or all; `Corrupt` if one can't be read.
    async fn items(&self, generation: &str, shard: Option<&str>) -> PortResult<Tally> {
        let prefix = shard.map(|shard| format!("{shard}#")).unwrap_or_default();
        let items = self.0.query((GENERATION, generation), (ITEM, &prefix)).await?;
        let items = items.iter().map(|item| read_item(item).ok_or_else(unreadable));
        items.collect()
    }

    /// The items that the pointer names, and the pointer, which named them all the while.
    async fn read(&self, shard: Option<&str>) -> PortResult<(Tally, Option<Pointer>)> {
        let mut pauses = Pauses::default();
        let mut before = self.pointer().await?;
        loop {
            let tally = match &before {
                None => Ok(Tally::new()),
                Some(pointer) => self.items(&pointer.generation, shard).await,
            };
            let after = self.pointer().await?;
            if after == before {
                return Ok((tally?, after));
            }
            // Items of several commits: each is right by itself, and has its own checkpoint.
            let is_same = after.as_ref().map(|pointer| &pointer.generation)
                == before.as_ref().map(|pointer| &pointer.generation);
            if !pauses.pause().await {
                return if is_same {
                    Ok((tally?, after))
                } else {
                    Err(PortError::Overloaded)
                };
            }
            before = after;
        }
    }

    /// Writes some updates in one transaction.
    async fn commit_at_once(&self, generation: &str, puts: Vec<Put>, at: OffsetDateTime) -> PortResult<bool> {
        let update = Expression::new("SET #to = :to, #at = :at ADD #version :one", POINTER_NAMES)
            .with(":to", text(generation))
            .with(":at", instant(at))
            .with(":one", number(1));
        let still = if generation == FIRST {
            Expression::new("attribute_not_exists(#to) OR #to = :to", &[])
        } else {
            Expression::new("#to = :to", &[])
        };
        let transaction = Transaction {
            puts,
            key: key(CURRENT, CURRENT),
            update,
            condition: still,
        };
        self.0.transact(transaction).await
    }

    /// Turns the pointer to another generation, if it still says what it said before; `Corrupt` if that couldn't be
    /// read, and it then still has to.
    async fn turn(
        &self,
        before: &PortResult<Option<Pointer>>,
        generation: &str,
        at: OffsetDateTime,
    ) -> PortResult<bool> {
        let version = before.iter().flatten().map(|pointer| pointer.version).next();
        let update = Expression::new("SET #to = :new, #at = :at, #version = :next", POINTER_NAMES)
            .with(":new", text(generation))
            .with(":at", instant(at))
            .with(":next", number(version.unwrap_or_default() + 1));
        let unchanged = match before {
            Ok(None) => Expression::new("attribute_not_exists(#to)", &[]),
            Ok(Some(pointer)) => Expression::new("#to = :old AND #version = :version", &[])
                .with(":old", text(&pointer.generation))
                .with(":version", number(pointer.version)),
            Err(_) => Expression::new(
                "NOT (attribute_type(#to, :text) AND attribute_type(#version, :number))",
                &[],
            )
            .with(":text", text("S"))
            .with(":number", text("N")),
        };
        Ok(
            match self.0.update(key(CURRENT, CURRENT), &update, &unchanged).await? {
                Written::Done => true,
                // Nobody else knows its name: an earlier try turned it, and its answer was lost.
                Written::Refused(found) => read_text(&found, POINTS_TO) == Some(generation),
            },
        )
    }

    /// Deletes a generation that nothing points to. What is left of one does no harm.
    async fn forget(&self, generation: &str) {
        let names = match self.0.query((GENERATION, generation), (ITEM, "")).await {
            Ok(items) => items,
            Err(_) => return,
        };
        let keys = names
            .iter()
            .filter_map(|item| Some(key(generation, read_text(item, ITEM)?)));
        drop(self.0.delete_all(keys.collect()).await);
    }
}

#[async_trait]
impl TallyStore for DynamoTallies {
    async fn load(&self) -> PortResult<StoredTally> {
        let (tally, pointer) = self.read(None).await?;
        Ok(StoredTally {
            tally,
            updated_at: pointer.and_then(|pointer| pointer.updated_at),
        })
    }

    async fn load_shard(&self, shard: &str) -> PortResult<Tally> {
        Ok(self.read(Some(shard)).await?.0)
    }

    /// All or none up to 99 items; more are written in several transactions.
    async fn commit(&self, updates: Vec<TallyUpdate>, at: OffsetDateTime) -> PortResult<bool> {
        if updates.is_empty() {
            return Ok(true);
        }
        let generation = self
            .pointer()
            .await?
            .map_or_else(|| FIRST.to_owned(), |pointer| pointer.generation);
        let (mut puts, mut size): (Vec<Put>, usize) = (Vec::new(), 0);
        for update in updates {
            let (item, bytes) = written(&generation, &update.key, &update.item)?;
            if puts.len() == MOST_ITEMS || size + bytes > MOST_BYTES && !puts.is_empty() {
                if !self
                    .commit_at_once(&generation, std::mem::take(&mut puts), at)
                    .await?
                {
                    return Ok(false);
                }
                size = 0;
            }
            size += bytes;
            let condition = reaches(update.expected);
            puts.push(Put { item, condition });
        }
        self.commit_at_once(&generation, puts, at).await
    }

    async fn replace(&self, expected: Option<&Tally>, tally: &Tally, at: OffsetDateTime) -> PortResult<bool> {
        // Read before the items: whatever is written from here on keeps the pointer from turning.
        let pointer = self.pointer().await;
        let stored = match &pointer {
            Ok(None) => Ok(Tally::new()),
            Ok(Some(pointer)) => self.items(&pointer.generation, None).await,
            Err(error) => Err(error.clone()),
        };
        let is_as_expected = match (&stored, expected) {
            (Ok(stored), Some(expected)) => checkpoints(stored) == checkpoints(expected),
            (Err(PortError::Corrupt(_)), None) => true,
            (Err(PortError::Corrupt(_)), Some(_)) | (Ok(_), None) => false,
            (Err(error), _) => return Err(error.clone()),
        };
        if !is_as_expected {
            return Ok(false);
        }
        let generation = new_generation()?;
        let items = tally
            .iter()
            .map(|(key, item)| Ok(written(&generation, key, item)?.0));
        self.0.put_all(items.collect::<PortResult<_>>()?).await?;
        let is_replaced = self.turn(&pointer, &generation, at).await?;
        let unused = if is_replaced {
            pointer.ok().flatten().map(|pointer| pointer.generation)
        } else {
            Some(generation)
        };
        if let Some(unused) = unused {
            self.forget(&unused).await;
        }
        Ok(is_replaced)
    }
}
