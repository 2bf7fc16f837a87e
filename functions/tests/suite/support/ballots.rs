//! Owns ballots as this election's enqueuer makes them, where a test puts them into a queue itself.

use election_core::ballot::{Ballot, BallotId};
use election_core::content;
use election_core::envelope::Message;
use election_testkit::fixtures;

use super::aws::Aws;

/// A voter's ballot; each variant is another vote of the same voter.
pub(crate) fn ballot(aws: &Aws, voter: u64, variant: u64) -> Ballot {
    let jurisdiction = fixtures::jurisdiction(voter);
    let selections = fixtures::selections(voter, variant);
    let Ok(content) = content::canonical(&aws.definition, &jurisdiction, &selections) else {
        panic!("the testkit makes valid selections")
    };
    let key = aws
        .keys
        .ballot
        .ballot_key(&aws.keys.roll.person(&format!("external-{voter}")));
    let id = BallotId::from_bytes((u128::from(voter) << 64 | u128::from(variant)).to_be_bytes());
    Ballot::seal(&aws.keys.mac, key, id, jurisdiction, content::FORMAT, content)
}

/// A voter's ballot in the nth envelope.
pub(crate) fn message(aws: &Aws, envelope: u64, voter: u64, variant: u64) -> Message {
    Message::seal(fixtures::envelope(envelope), &ballot(aws, voter, variant))
}
