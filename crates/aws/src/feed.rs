//! Owns the reading of the whole box. DynamoDB keeps no order of arrival: a scan goes by the keys' hashes, and what
//! is recorded meanwhile may come before the place it reached. Only reads.

use std::ops::RangeInclusive;

use election_core::keys::BallotKey;
use election_core::tally::{FeedRecord, Sequence};
use election_service::ports::PortResult;
use futures_util::stream::StreamExt;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::attributes::Item;
use crate::failure::{corrupt, unavailable};
use crate::recorded::{self, feed_record, read_key};
use crate::tables::{Page, SEGMENTS, Scan, TableCalls};

/// A place in a scan is the number of records up to it, so that it rises, and the key where the scan goes on:
/// eleven digits and the 29 of 96 bits.
const KEY_DIGITS: usize = 29;
/// How many pages may wait for being taken, beside one in the hands of each part.
const PAGES_AHEAD: usize = 2;

/// Where a scan goes on.
enum Place {
    Start,
    After {
        number: u64,
        key: BallotKey,
    },
    /// No scan gets there.
    End,
}

impl Place {
    fn of(sequence: Sequence) -> Self {
        if sequence == Sequence::START {
            return Self::Start;
        }
        let (number, key) = sequence.as_str().split_at(sequence.as_str().len() - KEY_DIGITS);
        let (Ok(number), Ok(key)) = (number.parse(), key.parse::<u128>()) else {
            return Self::End;
        };
        match key.to_be_bytes() {
            [0, 0, 0, 0, key @ ..] => Self::After {
                number,
                key: BallotKey(key),
            },
            _ => Self::End,
        }
    }

    /// How many records were read, and the key to go on after; `None` at the end.
    fn start(self) -> Option<(u64, Option<Item>)> {
        match self {
            Self::Start => Some((0, None)),
            Self::After { number, key } => Some((number, Some(recorded::key(&key)))),
            Self::End => None,
        }
    }
}

/// The place after the record with this number and key.
fn sequence(number: u64, key: &BallotKey) -> PortResult<Sequence> {
    let key = key.0.iter().fold(0u128, |sum, byte| sum << 8 | u128::from(*byte));
    let digits = format!("{number:011}{key:0KEY_DIGITS$}");
    Sequence::parse(&digits).ok_or_else(|| unavailable("there are more ballots than a place can number"))
}

/// Up to `limit` records after a place.
pub(crate) async fn page(ballots: &TableCalls, after: Sequence, limit: usize) -> PortResult<Vec<FeedRecord>> {
    let Some((mut number, mut after)) = Place::of(after).start() else {
        return Ok(Vec::new());
    };
    let mut records = Vec::new();
    while records.len() < limit {
        let wanted = i32::try_from(limit - records.len()).unwrap_or(i32::MAX);
        let page = ballots.scan(&Scan::default(), after, Some(wanted)).await?;
        for item in &page.items {
            number += 1;
            // Without its key nothing could be read after it. A recount, which has no places, counts it.
            let key = read_key(item).ok_or_else(|| corrupt("a recorded ballot's key can't be read"))?;
            records.push(feed_record(item, sequence(number, &key)?));
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    Ok(records)
}

/// How many records there are after a place.
pub(crate) async fn behind(ballots: &TableCalls, after: Sequence) -> PortResult<u64> {
    let Some((_, mut after)) = Place::of(after).start() else {
        return Ok(0);
    };
    let counting = Scan {
        counts: true,
        ..Scan::default()
    };
    let mut count = 0;
    loop {
        let page = ballots.scan(&counting, after, None).await?;
        count += page.count;
        after = page.next;
        if after.is_none() {
            return Ok(count);
        }
    }
}

/// Gives everything, in parts that are read and decoded at once, numbered from one as it is given.
pub(crate) async fn read(
    ballots: &TableCalls,
    after: Sequence,
    pages: mpsc::Sender<Vec<FeedRecord>>,
) -> PortResult<()> {
    if after != Sequence::START {
        return Err(unavailable("a box without an order is only read from the start"));
    }
    let (sender, mut decoded) = mpsc::channel(PAGES_AHEAD);
    // They end with this call, however it ends.
    let mut parts = JoinSet::new();
    for segment in 0..SEGMENTS {
        parts.spawn(read_part(ballots.clone(), segment, sender.clone()));
    }
    drop(sender);
    let mut number = 0;
    while let Some(page) = decoded.recv().await {
        let mut page: Vec<FeedRecord> = page?;
        number = renumber(&mut page, number);
        if pages.send(page).await.is_err() {
            return Ok(());
        }
    }
    // A part that was cut off has said nothing.
    while let Some(part) = parts.join_next().await {
        part.map_err(|_| unavailable("reading a part of the box was cut off"))?;
    }
    Ok(())
}

/// Numbers records on from a number, and returns the last one.
fn renumber(records: &mut [FeedRecord], before: u64) -> u64 {
    let numbers: RangeInclusive<u64> = before + 1..=before + records.len() as u64;
    for (record, number) in records.iter_mut().zip(numbers) {
        record.sequence = number.into();
    }
    before + records.len() as u64
}

/// Reads one part. Its records have no place yet.
async fn read_part(ballots: TableCalls, segment: i32, decoded: mpsc::Sender<PortResult<Vec<FeedRecord>>>) {
    let segment = Some((segment, SEGMENTS));
    let mut pages = ballots
        .pages(Scan {
            segment,
            ..Scan::default()
        })
        .boxed();
    while let Some(page) = pages.next().await {
        let decode = |page: Page| -> Vec<FeedRecord> {
            page.items
                .iter()
                .map(|item| feed_record(item, Sequence::START))
                .collect()
        };
        let page = page.map(decode);
        if page.as_ref().is_ok_and(Vec::is_empty) {
            continue;
        }
        if decoded.send(page).await.is_err() {
            return;
        }
    }
}
