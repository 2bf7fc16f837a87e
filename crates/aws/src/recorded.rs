//! Owns a recorded ballot's item: how a ballot is put into the box's table and read out of it, or of its stream.
//! Holds neither when nor where it was cast.

use election_core::ballot::{Ballot, BallotId};
use election_core::envelope::EnvelopeId;
use election_core::identifiers::JurisdictionId;
use election_core::keys::{BallotKey, EnvelopeMac};
use election_core::tally::{FeedEvent, FeedRecord, Sequence};
use election_service::ports::Submission;

use crate::attributes::{Item, binary, item, number, read_array, read_bytes, read_number, read_text, text};

pub(crate) const BALLOT_KEY: &str = "ballot_key";
pub(crate) const ENVELOPE: &str = "envelope";
const BALLOT_ID: &str = "ballot_id";
const JURISDICTION: &str = "jurisdiction";
const FORMAT: &str = "format";
const CONTENT: &str = "content";
const MAC: &str = "mac";

/// The item's key.
pub(crate) fn key(key: &BallotKey) -> Item {
    item([(BALLOT_KEY, binary(&key.0))])
}

/// The item of a submission's ballot.
pub(crate) fn recorded(Submission { envelope, ballot }: &Submission) -> Item {
    item([
        (BALLOT_KEY, binary(&ballot.key.0)),
        (ENVELOPE, binary(&envelope.0)),
        (BALLOT_ID, binary(ballot.id.as_bytes())),
        (JURISDICTION, text(ballot.jurisdiction.as_str())),
        (FORMAT, number(ballot.format.into())),
        (CONTENT, binary(&ballot.content)),
        (MAC, binary(&ballot.mac.0)),
    ])
}

/// By which envelope the item's ballot came.
pub(crate) fn read_envelope(item: &Item) -> Option<EnvelopeId> {
    read_array(item, ENVELOPE).map(EnvelopeId)
}

/// Whose ballot the item is.
pub(crate) fn read_key(item: &Item) -> Option<BallotKey> {
    read_array(item, BALLOT_KEY).map(BallotKey)
}

fn read_jurisdiction(item: &Item) -> Option<JurisdictionId> {
    JurisdictionId::parse(read_text(item, JURISDICTION)?).ok()
}

/// The item's ballot, if it is one.
pub(crate) fn read_ballot(item: &Item) -> Option<Ballot> {
    Some(Ballot {
        key: read_key(item)?,
        id: BallotId::from_bytes(read_array(item, BALLOT_ID)?),
        jurisdiction: read_jurisdiction(item)?,
        format: u8::try_from(read_number(item, FORMAT)?).ok()?,
        content: read_bytes(item, CONTENT)?.into(),
        mac: EnvelopeMac(read_array(item, MAC)?),
    })
}

/// The item as the feed tells of it: undecodable, with the jurisdiction it claims, if it isn't a ballot.
pub(crate) fn feed_record(item: &Item, sequence: Sequence) -> FeedRecord {
    let event = read_ballot(item).map_or(FeedEvent::Undecodable, |ballot| {
        FeedEvent::Inserted(Box::new(ballot))
    });
    FeedRecord {
        sequence,
        jurisdiction: read_jurisdiction(item),
        event,
    }
}
