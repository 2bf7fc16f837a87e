//! Owns the table of everything that isn't a recorded ballot: repeats, conflicts and dead letters, one item for
//! each envelope. Deciding a letter's envelope replaces the letter by that one write. An outcome that is
//! stored is never changed.

use aws_sdk_dynamodb::types::AttributeValue;
use election_core::envelope::{EnvelopeId, Message};
use election_core::identifiers::RegionName;
use election_core::keys::BallotKey;
use election_core::receipt::BallotDigest;
use election_service::ports::{DeadLetter, DeadLetterReason, PortResult};
use futures_util::stream::{Stream, StreamExt};

use crate::attributes::{Item, binary, instant, item, read_array, read_bytes, read_instant, read_text, text};
use crate::failure::{corrupt, unavailable};
use crate::recorded::{BALLOT_KEY, ENVELOPE};
use crate::tables::{Expression, Page, Projection, Scan, TableCalls, Written};

const KIND: &str = "kind";
const DIGEST: &str = "digest";
const BODY: &str = "body";
const REGION: &str = "region";
const REASON: &str = "reason";
const AT: &str = "at";

const REPEAT: &str = "repeat";
const CONFLICT: &str = "conflict";
const LETTER: &str = "letter";
/// A repeat that was answered from the box without an envelope; its key and envelope are random.
const UNSENT_REPEAT: &str = "repeat-unsent";

/// Names an envelope's item.
pub(crate) type Name = (EnvelopeId, BallotKey);

/// What an envelope's item says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Repeat,
    Conflict,
    Letter,
}

/// The kinds of a page's items, letters with their names: only the box tells whether those are decided.
#[derive(Default)]
pub(crate) struct Kinds {
    pub(crate) repeats: u64,
    pub(crate) conflicts: u64,
    pub(crate) letters: Vec<Name>,
}

/// The table.
pub(crate) struct Conflicts(pub(crate) TableCalls);

fn key((envelope, ballot_key): &Name) -> Item {
    item([
        (BALLOT_KEY, binary(&ballot_key.0)),
        (ENVELOPE, binary(&envelope.0)),
    ])
}

fn read_name(item: &Item) -> Option<Name> {
    let envelope = EnvelopeId(read_array(item, ENVELOPE)?);
    Some((envelope, BallotKey(read_array(item, BALLOT_KEY)?)))
}

fn read_kind(item: &Item) -> PortResult<Kind> {
    match read_text(item, KIND) {
        Some(REPEAT | UNSENT_REPEAT) => Ok(Kind::Repeat),
        Some(CONFLICT) => Ok(Kind::Conflict),
        Some(LETTER) => Ok(Kind::Letter),
        _ => Err(corrupt("an envelope's outcome can't be read")),
    }
}

fn read_letter(item: &Item) -> Option<DeadLetter> {
    let (envelope, ballot_key) = read_name(item)?;
    Some(DeadLetter {
        message: Message {
            envelope,
            ballot_key,
            body: read_bytes(item, BODY)?.into(),
        },
        region: RegionName::parse(read_text(item, REGION)?).ok()?,
        reason: DeadLetterReason::parse(read_text(item, REASON)?)?,
        at: read_instant(item, AT)?,
    })
}

fn read_kinds(page: &Page) -> PortResult<Kinds> {
    let mut kinds = Kinds::default();
    for item in &page.items {
        match read_kind(item)? {
            Kind::Repeat => kinds.repeats += 1,
            Kind::Conflict => kinds.conflicts += 1,
            Kind::Letter => {
                let name = read_name(item);
                kinds
                    .letters
                    .push(name.ok_or_else(|| corrupt("a dead letter can't be read"))?);
            }
        }
    }
    Ok(kinds)
}

fn absent() -> Expression {
    Expression::new("attribute_not_exists(#key)", &[("#key", BALLOT_KEY)])
}

impl Conflicts {
    /// Decides an envelope as a repeat; false if it was decided before.
    pub(crate) async fn decide_as_repeat(&self, name: &Name) -> PortResult<bool> {
        self.decide(key(name), REPEAT).await
    }

    /// Decides an envelope as a conflict; false if it was decided before.
    pub(crate) async fn decide_as_conflict(&self, name: &Name, digest: &BallotDigest) -> PortResult<bool> {
        let mut conflict = key(name);
        conflict.insert(DIGEST.to_owned(), binary(digest.as_bytes()));
        self.decide(conflict, CONFLICT).await
    }

    /// The one write of an outcome: in nothing's place or in a letter's.
    async fn decide(&self, mut outcome: Item, kind: &str) -> PortResult<bool> {
        outcome.insert(KIND.to_owned(), text(kind));
        let undecided = Expression::new(
            "attribute_not_exists(#key) OR #kind = :letter",
            &[("#key", BALLOT_KEY), ("#kind", KIND)],
        );
        let written = self
            .0
            .put(outcome, Some(undecided.with(":letter", text(LETTER))))
            .await?;
        Ok(matches!(written, Written::Done))
    }

    /// Counts a repeat that has no envelope, in an item of its own: a counter would be written by everybody.
    pub(crate) async fn add_unsent_repeat(&self) -> PortResult<()> {
        let (mut ballot_key, mut envelope) = ([0; 12], [0; 16]);
        let randomness = getrandom::fill(&mut ballot_key).and_then(|()| getrandom::fill(&mut envelope));
        randomness.map_err(|_| unavailable("the operating system has no randomness"))?;
        let mut repeat = key(&(EnvelopeId(envelope), BallotKey(ballot_key)));
        repeat.insert(KIND.to_owned(), text(UNSENT_REPEAT));
        // Without a condition: made again after a lost answer, it is the same item.
        self.0.put(repeat, None).await.map(drop)
    }

    /// Keeps a letter, unless its envelope has an item already.
    pub(crate) async fn keep(&self, letter: &DeadLetter) -> PortResult<()> {
        let mut kept = key(&(letter.message.envelope, letter.message.ballot_key));
        kept.extend(item([
            (KIND, text(LETTER)),
            (BODY, binary(&letter.message.body)),
            (REGION, text(letter.region.as_str())),
            (REASON, text(letter.reason.as_str())),
            (AT, instant(letter.at)),
        ]));
        self.0.put(kept, Some(absent())).await.map(drop)
    }

    /// Removes the letter of an envelope that is decided by the box.
    pub(crate) async fn remove_letter(&self, name: &Name) -> PortResult<()> {
        let letter = Expression::new("#kind = :letter", &[("#kind", KIND)]);
        let letter = letter.with(":letter", text(LETTER));
        self.0.delete(key(name), Some(letter)).await
    }

    /// What the items of these envelopes say, which have to be different ones; those without any are missing.
    pub(crate) async fn kinds_of(&self, names: &[Name]) -> PortResult<Vec<(Name, Kind)>> {
        let keys = names.iter().map(key).collect();
        let projection = Projection(&[BALLOT_KEY, ENVELOPE, KIND]);
        let items = self.0.batch_get(keys, Some(projection)).await?;
        let kind = |item: &Item| {
            let name = read_name(item).ok_or_else(|| corrupt("an envelope's name can't be read"))?;
            Ok((name, read_kind(item)?))
        };
        items.iter().map(kind).collect()
    }

    /// The kinds of all items, page by page.
    pub(crate) fn kinds(&self) -> impl Stream<Item = PortResult<Kinds>> + Send + use<> {
        let projection = Some(Projection(&[BALLOT_KEY, ENVELOPE, KIND]));
        let pages = self.0.all_pages(&Scan {
            projection,
            ..Scan::default()
        });
        pages.map(|page| read_kinds(&page?))
    }

    /// All letters, decided ones too, page by page.
    pub(crate) fn letters(&self) -> impl Stream<Item = PortResult<Vec<DeadLetter>>> + Send + use<> {
        let filter = Expression::new("#kind = :letter", &[("#kind", KIND)]);
        let letter: AttributeValue = text(LETTER);
        let filter = Some(filter.with(":letter", letter));
        let pages = self.0.all_pages(&Scan {
            filter,
            ..Scan::default()
        });
        pages.map(|page| {
            let letters: Option<Vec<_>> = page?.items.iter().map(read_letter).collect();
            letters.ok_or_else(|| corrupt("a dead letter can't be read"))
        })
    }
}
