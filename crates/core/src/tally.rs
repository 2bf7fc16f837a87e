//! Owns the tally: a fold over the feed of recorded ballots whose checkpoint commits together with its
//! counts, so that each ballot counts exactly once however often the feed replays it. Holds counts,
//! never a ballot.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ballot::Ballot;
use crate::content::{self, Choice, Selections, Unreadable};
use crate::definition::Definition;
use crate::identifiers::{CandidateId, ContestId, JurisdictionId};
use crate::keys::MacSecret;

/// The format of [`TallyItem`].
pub const FORMAT: u8 = 1;

const SEQUENCE_DIGITS: usize = 40;

/// A record's place in its shard of the feed: forty decimal digits, padded with zeros, so that comparing
/// texts compares numbers (DynamoDB's sequence numbers have up to forty digits).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sequence([u8; SEQUENCE_DIGITS]);

impl Sequence {
    /// Before every record.
    pub const START: Self = Self([b'0'; SEQUENCE_DIGITS]);

    /// After every record.
    pub const END: Self = Self([b'9'; SEQUENCE_DIGITS]);

    /// Reads up to forty decimal digits.
    pub fn parse(digits: &str) -> Option<Self> {
        let allowed =
            (1..=SEQUENCE_DIGITS).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        allowed.then(|| {
            let mut padded = Self::START;
            padded.0[SEQUENCE_DIGITS - digits.len()..].copy_from_slice(digits.as_bytes());
            padded
        })
    }

    /// The sequence as a number, where the store's sequences are numbers of 64 bits.
    pub fn as_u64(&self) -> Option<u64> {
        self.as_str().parse().ok()
    }

    /// All forty digits.
    pub fn as_str(&self) -> &str {
        // Only ASCII digits get in.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl From<u64> for Sequence {
    fn from(number: u64) -> Self {
        let (mut digits, mut rest) = (Self::START, number);
        for digit in digits.0.iter_mut().rev() {
            // A remainder of ten is a digit.
            *digit += (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        digits
    }
}

impl fmt::Debug for Sequence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let significant = self.as_str().trim_start_matches('0');
        formatter.write_str(if significant.is_empty() { "0" } else { significant })
    }
}

impl Serialize for Sequence {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Sequence {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let digits = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&digits).ok_or_else(|| serde::de::Error::custom("not a sequence of up to forty digits"))
    }
}

/// What the feed tells of one record.
#[derive(Clone)]
pub enum FeedEvent {
    /// A ballot was recorded.
    Inserted(Box<Ballot>),
    /// A recorded ballot was changed or removed, which nothing may do: an alarm.
    Altered,
    /// The record can't be decoded as a ballot.
    Undecodable,
}

/// One record of the feed.
#[derive(Clone)]
pub struct FeedRecord {
    /// Its place in its shard.
    pub sequence: Sequence,
    /// The jurisdiction it claims, which says which item counts it; `None` if it claims none.
    pub jurisdiction: Option<JurisdictionId>,
    /// What happened.
    pub event: FeedEvent,
}

/// The counts of one contest, in ballots and votes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContestCounts {
    /// Ballots that left the contest blank.
    pub blank: u64,
    /// Votes that the contest allowed and voters didn't use.
    pub undervotes: u64,
    /// Votes for names written in.
    pub write_ins: u64,
    /// Votes by candidate; candidates without a vote may be missing.
    pub votes: BTreeMap<CandidateId, u64>,
}

/// The counts of one jurisdiction or of several together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Ballots counted.
    pub ballots: u64,
    /// Ballots that are authentic or not, but can't be counted. They block certification.
    pub unreadable: u64,
    /// Changes and removals seen in the feed. They block certification.
    pub alterations: u64,
    /// By contest; contests without a ballot may be missing.
    pub contests: BTreeMap<ContestId, ContestCounts>,
}

impl Counts {
    /// Counts so many ballots of a jurisdiction with the same selections, as [`content::read`] gave them.
    pub fn add_ballots(
        &mut self,
        definition: &Definition,
        jurisdiction: &JurisdictionId,
        selections: &Selections,
        ballots: u64,
    ) {
        self.ballots += ballots;
        for contest in definition.ballot_style(jurisdiction) {
            let chosen = selections.0.iter().find(|(id, _)| id == contest.id().as_str());
            let choices = chosen.map_or(&[][..], |(_, choices)| choices.as_slice());
            let counts = self.contests.entry(contest.id().clone()).or_default();
            counts.blank += u64::from(choices.is_empty()) * ballots;
            counts.undervotes += (u64::from(contest.votes_allowed()) - choices.len() as u64) * ballots;
            for choice in choices {
                match choice {
                    Choice::WriteIn(_) => counts.write_ins += ballots,
                    Choice::Candidate(id) => {
                        if let Ok(id) = CandidateId::parse(id) {
                            *counts.votes.entry(id).or_default() += ballots;
                        }
                    }
                }
            }
        }
    }

    /// Adds the counts of other ballots.
    pub fn merge(&mut self, other: &Self) {
        self.ballots += other.ballots;
        self.unreadable += other.unreadable;
        self.alterations += other.alterations;
        for (id, theirs) in &other.contests {
            let ours = self.contests.entry(id.clone()).or_default();
            ours.blank += theirs.blank;
            ours.undervotes += theirs.undervotes;
            ours.write_ins += theirs.write_ins;
            for (candidate, votes) in &theirs.votes {
                *ours.votes.entry(candidate.clone()).or_default() += votes;
            }
        }
    }
}

/// Which item of a tally counts a record: one per stream shard and jurisdiction. Records that claim no
/// jurisdiction of the election have an item of their own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct TallyKey {
    /// The shard of the feed.
    pub shard: String,
    /// The jurisdiction that the records claim.
    pub jurisdiction: Option<JurisdictionId>,
}

/// The counts of one [`TallyKey`] and how far they reach. Counts and checkpoint are stored by one write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TallyItem {
    /// [`FORMAT`].
    pub format: u8,
    /// The last record counted.
    pub last_sequence: Sequence,
    /// The counts of all records up to it.
    pub counts: Counts,
}

impl Default for TallyItem {
    fn default() -> Self {
        Self {
            format: FORMAT,
            last_sequence: Sequence::START,
            counts: Counts::default(),
        }
    }
}

/// All items of a tally.
pub type Tally = BTreeMap<TallyKey, TallyItem>;

/// Folds records of one shard, in the feed's order, into a tally. Returns the keys of the items that changed.
/// Each ballot is authenticated; a content that many have is read once for all of them.
pub fn fold<'a>(
    tally: &mut Tally,
    definition: &Definition,
    secret: &MacSecret,
    shard: &str,
    records: impl IntoIterator<Item = &'a FeedRecord>,
) -> BTreeSet<TallyKey> {
    let mut shares: HashMap<Option<&JurisdictionId>, Share<'_>> = HashMap::new();
    for record in records {
        let claimed = record.jurisdiction.as_ref();
        let jurisdiction = claimed.filter(|id| definition.jurisdiction(*id).is_some());
        let share = shares.entry(jurisdiction).or_insert_with(|| {
            let (shard, jurisdiction) = (shard.to_owned(), jurisdiction.cloned());
            Share::of(tally, TallyKey { shard, jurisdiction })
        });
        share.fold(secret, record);
    }
    let mut changed = BTreeSet::new();
    for share in shares.into_values() {
        if share.has_changed {
            changed.insert(share.key.clone());
        }
        let (key, item) = share.count(definition);
        tally.insert(key, item);
    }
    changed
}

/// One item while records are folded into it.
struct Share<'a> {
    key: TallyKey,
    item: TallyItem,
    has_changed: bool,
    /// How many authentic ballots there are of the same jurisdiction, format and content.
    same: HashMap<(&'a JurisdictionId, u8, &'a [u8]), u64>,
}

impl<'a> Share<'a> {
    fn of(tally: &mut Tally, key: TallyKey) -> Self {
        Self {
            item: tally.remove(&key).unwrap_or_default(),
            key,
            has_changed: false,
            same: HashMap::new(),
        }
    }

    /// Takes a record in, unless it was counted before.
    fn fold(&mut self, secret: &MacSecret, record: &'a FeedRecord) {
        if record.sequence <= self.item.last_sequence {
            return;
        }
        self.item.last_sequence = record.sequence;
        self.has_changed = true;
        match &record.event {
            FeedEvent::Inserted(ballot) if ballot.is_authentic(secret) => {
                let content = (&ballot.jurisdiction, ballot.format, &*ballot.content);
                *self.same.entry(content).or_default() += 1;
            }
            FeedEvent::Inserted(_) | FeedEvent::Undecodable => self.item.counts.unreadable += 1,
            FeedEvent::Altered => self.item.counts.alterations += 1,
        }
    }

    /// Counts what was taken in.
    fn count(self, definition: &Definition) -> (TallyKey, TallyItem) {
        let Self {
            key, mut item, same, ..
        } = self;
        for ((jurisdiction, format, content), ballots) in same {
            match content::read(definition, jurisdiction, format, content) {
                Ok(selections) => item
                    .counts
                    .add_ballots(definition, jurisdiction, &selections, ballots),
                Err(Unreadable) => item.counts.unreadable += ballots,
            }
        }
        (key, item)
    }
}

/// Adds what records after the tally's last ones came to, as [`fold`] made it of an empty tally.
pub fn append(tally: &mut Tally, part: &Tally) {
    for (key, more) in part {
        let item = tally.entry(key.clone()).or_default();
        item.counts.merge(&more.counts);
        item.last_sequence = more.last_sequence;
    }
}

/// Sums a tally's items over the shards.
pub fn by_jurisdiction(tally: &Tally) -> BTreeMap<Option<JurisdictionId>, Counts> {
    let mut sums: BTreeMap<Option<JurisdictionId>, Counts> = BTreeMap::new();
    for (key, item) in tally {
        sums.entry(key.jurisdiction.clone())
            .or_default()
            .merge(&item.counts);
    }
    sums
}
