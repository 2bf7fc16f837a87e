//! Owns what tests vote on: a small definition, and voters, ballots and messages made from numbers. The
//! same numbers always give the same bytes.

use std::sync::LazyLock;

use election_core::ballot::{Ballot, BallotId};
use election_core::content::{self, Choice, Selections};
use election_core::definition::Definition;
use election_core::envelope::{EnvelopeId, Message};
use election_core::identifiers::{JurisdictionId, RegionName};
use election_core::keys::{BallotKey, BallotSecret, MacSecret, PersonId, RollSecret, VoterKey};
use election_core::voter_id::VoterId;
use election_core::voter_record::EncryptedVoterRecord;
use election_service::ports::{
    CopyRole, DeadLetter, DeadLetterReason, Fingerprints, NewElection, NewVoter, Person, Submission, Waiting,
};
use time::{Duration, OffsetDateTime};

use crate::Random;

/// The secret that voter keys and person ids are made with.
pub const ROLL_SECRET: [u8; 32] = [1; 32];
/// The secret that ballot keys are made with.
pub const BALLOT_SECRET: [u8; 32] = [2; 32];
/// The secret that ballots are authenticated with.
pub const MAC_SECRET: [u8; 32] = [3; 32];

/// Two jurisdictions; `chair` is choose one, `board` is choose two with a write-in, and one of its
/// candidates runs in the south only.
pub const DEFINITION: &str = r#"
format = 1
mode = "pseudonymous"
id = "testkit"
languages = ["en"]
title = "Testkit"
opens_at = 2026-11-03T08:00:00Z
closes_at = 2026-11-03T20:00:00Z

[[jurisdictions]]
id = "north"
name = "North"

[[jurisdictions]]
id = "south"
name = "South"

[[contests]]
id = "chair"
title = "Chair"
votes_allowed = 1
candidates = [{ id = "ada", name = "Ada" }, { id = "ben", name = "Ben" }]

[[contests]]
id = "board"
title = "Board"
votes_allowed = 2
write_ins = 1
candidates = [
  { id = "cleo", name = "Cleo" },
  { id = "dan", name = "Dan" },
  { id = "eve", name = "Eve", jurisdictions = ["south"] },
]
"#;

static PARSED: LazyLock<Definition> = LazyLock::new(|| match Definition::parse(DEFINITION.as_bytes()) {
    Ok(definition) => definition,
    Err(errors) => panic!("the testkit's definition is invalid: {:?}", errors.as_slice()),
});
static ROLL: LazyLock<RollSecret> = LazyLock::new(|| RollSecret::new(&ROLL_SECRET, PARSED.id()));
static BALLOT: LazyLock<BallotSecret> = LazyLock::new(|| BallotSecret::new(&BALLOT_SECRET, PARSED.id()));
static MAC: LazyLock<MacSecret> = LazyLock::new(|| MacSecret::new(&MAC_SECRET, PARSED.id(), PARSED.hash()));

/// [`DEFINITION`], parsed.
pub fn definition() -> &'static Definition {
    &PARSED
}

/// [`ROLL_SECRET`], ready for this election.
pub fn roll_secret() -> &'static RollSecret {
    &ROLL
}

/// [`BALLOT_SECRET`], ready for this election.
pub fn ballot_secret() -> &'static BallotSecret {
    &BALLOT
}

/// [`MAC_SECRET`], ready for this election.
pub fn mac_secret() -> &'static MacSecret {
    &MAC
}

/// The election as it is created at second zero.
pub fn new_election() -> NewElection {
    let fingerprints = Fingerprints {
        roll: roll_secret().fingerprint().clone(),
        ballot: ballot_secret().fingerprint().clone(),
        mac: mac_secret().fingerprint().clone(),
    };
    NewElection {
        definition: DEFINITION.into(),
        fingerprints,
        at: at(0),
    }
}

/// So many seconds after the polls' announced opening.
pub fn at(seconds: i64) -> OffsetDateTime {
    definition().opens_at() + Duration::seconds(seconds)
}

/// `region-0`, `region-1`, …
pub fn region(number: usize) -> RegionName {
    RegionName::parse(&format!("region-{number}")).unwrap()
}

/// Where a voter votes: in the north if the number is even, in the south if it is odd.
pub fn jurisdiction(voter: u64) -> JurisdictionId {
    JurisdictionId::parse(if voter.is_multiple_of(2) { "north" } else { "south" }).unwrap()
}

/// The id in a voter's nth letter, the first being letter zero.
pub fn voter_id(voter: u64, letter: u64) -> VoterId {
    let mut random = Random::seeded(voter ^ letter.rotate_right(16));
    VoterId::from_random(random.bytes())
}

/// Where the roll keeps [`voter_id`].
pub fn voter_key(voter: u64, letter: u64) -> VoterKey {
    roll_secret().voter_key(&voter_id(voter, letter))
}

/// Who a voter is.
pub fn person_id(voter: u64) -> PersonId {
    roll_secret().person(&format!("external-{voter}"))
}

/// A voter with their first letter. The record is random bytes.
pub fn new_voter(voter: u64) -> NewVoter {
    let record = EncryptedVoterRecord(Random::seeded(voter).byte_vec(120));
    let person = Person {
        voter_key: voter_key(voter, 0),
        jurisdiction: jurisdiction(voter),
        record,
    };
    NewVoter {
        id: person_id(voter),
        person,
    }
}

/// The pseudonym of a voter's ballot.
pub fn ballot_key(voter: u64) -> BallotKey {
    ballot_secret().ballot_key(&person_id(voter))
}

/// Selections that the voter's jurisdiction allows, blank contests among them.
pub fn selections(voter: u64, variant: u64) -> Selections {
    let mut random = Random::seeded(voter.rotate_left(32) ^ variant);
    let jurisdiction = jurisdiction(voter);
    let mut contests = Vec::new();
    for contest in definition().contests() {
        let mut choices: Vec<Choice> = contest
            .candidates_in(&jurisdiction)
            .map(|candidate| Choice::Candidate(candidate.id().as_str().to_owned()))
            .collect();
        if contest.write_ins() > 0 {
            choices.push(Choice::WriteIn(format!("Zoë {}", random.below(100))));
        }
        random.shuffle(&mut choices);
        choices.truncate(random.below(contest.votes_allowed() as usize + 1));
        contests.push((contest.id().as_str().to_owned(), choices));
    }
    Selections(contests)
}

/// A voter's authentic ballot; each variant is another vote of the same voter.
pub fn ballot(voter: u64, variant: u64) -> Ballot {
    let content = content::canonical(definition(), &jurisdiction(voter), &selections(voter, variant));
    let Ok(content) = content else {
        panic!("the testkit makes valid selections")
    };
    ballot_with(voter, variant, content::FORMAT, content)
}

/// An authentic ballot with any content.
pub fn ballot_with(voter: u64, variant: u64, format: u8, content: Box<[u8]>) -> Ballot {
    let id = BallotId::from_bytes(Random::seeded(variant.rotate_left(32) ^ voter).bytes());
    Ballot::seal(
        mac_secret(),
        ballot_key(voter),
        id,
        jurisdiction(voter),
        format,
        content,
    )
}

/// The nth envelope.
pub fn envelope(number: u64) -> EnvelopeId {
    EnvelopeId(Random::seeded(!number).bytes())
}

/// A voter's ballot in the nth envelope.
pub fn submission(envelope: u64, voter: u64, variant: u64) -> Submission {
    Submission {
        envelope: self::envelope(envelope),
        ballot: ballot(voter, variant),
    }
}

/// A voter's ballot in the nth envelope, as a queue carries it.
pub fn message(envelope: u64, voter: u64, variant: u64) -> Message {
    Message::seal(self::envelope(envelope), &ballot(voter, variant))
}

/// The nth envelope with any body.
pub fn message_with(envelope: u64, voter: u64, body: Vec<u8>) -> Message {
    Message {
        envelope: self::envelope(envelope),
        ballot_key: ballot_key(voter),
        body: body.into(),
    }
}

/// A message as the first region's dead letter, set aside at a second.
pub fn dead_letter(message: Message, reason: DeadLetterReason, seconds: i64) -> DeadLetter {
    DeadLetter {
        message,
        region: region(0),
        reason,
        at: at(seconds),
    }
}

/// A message as a queue lists it.
pub fn waiting(message: &Message) -> Waiting {
    Waiting {
        envelope: message.envelope,
        ballot_key: message.ballot_key,
        role: CopyRole::Primary,
    }
}
