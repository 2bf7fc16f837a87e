//! Owns the elections that the unit tests share.

use election_core::definition::Definition;

use crate::ballots::Ballots;
use crate::letters;
use crate::shares::Shares;

fn definition(example: &str) -> Definition {
    let path = format!(
        "{}/../examples/{example}/definition.toml",
        env!("CARGO_MANIFEST_DIR")
    );
    Definition::parse(&std::fs::read(path).unwrap()).unwrap()
}

pub(crate) fn club_board() -> Definition {
    definition("club-board")
}

pub(crate) fn us_president() -> Definition {
    definition("us-president-2020")
}

/// Ballots of made-up voters.
pub(crate) fn ballots(definition: Definition, voters: usize) -> Ballots {
    let voters = letters::made_up(voters, &definition, 1);
    let Ok(shares) = Shares::read(None, &definition) else {
        panic!("evenly")
    };
    Ballots {
        definition,
        voters,
        shares,
        seed: 7,
    }
}
