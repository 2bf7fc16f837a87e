//! A small election and ballots for it.

use election_core::ballot::{Ballot, BallotId};
use election_core::content::{self, Choice, Selections};
use election_core::definition::Definition;
use election_core::identifiers::JurisdictionId;
use election_core::keys::{BallotKey, MacSecret};
use election_core::tally::{FeedEvent, FeedRecord};

pub(crate) const CLUB: &str = r#"
format = 1
mode = "pseudonymous"
id = "club"
languages = ["en"]
title = "Club"
opens_at = 2026-11-03T08:00:00-05:00
closes_at = 2026-11-03T20:00:00-05:00

[[jurisdictions]]
id = "north"
name = "North"
[[jurisdictions]]
id = "south"
name = "South"

[[contests]]
id = "board"
title = "Board"
votes_allowed = 3
write_ins = 1
candidates = [
  { id = "lopez", name = "Ana López", party = { default = "Open", south = "Open South" } },
  { id = "chen", name = "Wei Chen" },
  { id = "okoye", name = "Ada Okoye", jurisdictions = ["south"] },
]
[[contests]]
id = "dues"
title = "Dues"
votes_allowed = 1
jurisdictions = ["north"]
candidates = [{ id = "yes", name = "Yes" }, { id = "no", name = "No" }]
"#;

pub(crate) fn club() -> Definition {
    Definition::parse(CLUB.as_bytes()).unwrap()
}

pub(crate) fn club_after(replaced: &str, replacement: &str) -> Definition {
    Definition::parse(CLUB.replace(replaced, replacement).as_bytes()).unwrap()
}

pub(crate) fn jurisdiction(id: &str) -> JurisdictionId {
    JurisdictionId::parse(id).unwrap()
}

pub(crate) fn secret(definition: &Definition) -> MacSecret {
    MacSecret::new(&[1; 32], definition.id(), definition.hash())
}

/// Selections of candidates; a text with a capital is written in.
pub(crate) fn selections(contests: &[(&str, &[&str])]) -> Selections {
    let choice = |text: &&str| {
        if text.chars().any(char::is_uppercase) {
            Choice::WriteIn((*text).into())
        } else {
            Choice::Candidate((*text).into())
        }
    };
    Selections(
        contests
            .iter()
            .map(|(id, choices)| ((*id).into(), choices.iter().map(choice).collect()))
            .collect(),
    )
}

/// The `number`th voter's ballot.
pub(crate) fn ballot(
    definition: &Definition,
    number: u64,
    place: &str,
    contests: &[(&str, &[&str])],
) -> Ballot {
    let mut key = [0; 12];
    key[4..].copy_from_slice(&number.to_be_bytes());
    let place = jurisdiction(place);
    let content = content::canonical(definition, &place, &selections(contests)).unwrap();
    let id = BallotId::from_bytes([7; 16]);
    Ballot::seal(
        &secret(definition),
        BallotKey(key),
        id,
        place,
        content::FORMAT,
        content,
    )
}

pub(crate) fn inserted(sequence: u64, ballot: Ballot) -> FeedRecord {
    FeedRecord {
        sequence: sequence.into(),
        jurisdiction: Some(ballot.jurisdiction.clone()),
        event: FeedEvent::Inserted(Box::new(ballot)),
    }
}
