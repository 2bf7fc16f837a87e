//! Owns who votes: the letters file of `election voters import`. Voter ids have no `Debug`, so that none
//! gets into a log.

use std::path::Path;

use election_core::definition::Definition;
use election_core::voter_id::VoterId;

use crate::failure::Failure;

const HEADER: [&str; 5] = ["voter_id", "external_id", "name", "address", "jurisdiction"];

/// Somebody with a letter.
pub(crate) struct Voter {
    /// The credential.
    pub(crate) id: VoterId,
    /// The jurisdiction's position in the definition.
    pub(crate) jurisdiction: u16,
}

/// Reads a letters file. A person with several letters has the last one.
pub(crate) fn read(path: &Path, definition: &Definition) -> Result<Vec<Voter>, Failure> {
    let bytes =
        std::fs::read(path).map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))?;
    parse(&bytes, definition)
        .map_err(|problem| Failure::Configuration(format!("{}: {problem}", path.display())))
}

fn parse(csv: &[u8], definition: &Definition) -> Result<Vec<Voter>, String> {
    let mut reader = csv::Reader::from_reader(csv);
    if !reader.headers().is_ok_and(|header| header.iter().eq(HEADER)) {
        return Err(format!(
            "these aren't letters: line 1 has to be {}",
            HEADER.join(",")
        ));
    }
    let mut voters: Vec<Voter> = Vec::new();
    let mut people = std::collections::HashMap::new();
    for row in reader.records() {
        // A csv error's text may quote the row: only its line is told.
        let row = row.map_err(|error| {
            let line = error.position().map_or(0, csv::Position::line);
            format!("line {line}: isn't a letter of five columns in UTF-8")
        })?;
        let line = row.position().map_or(0, csv::Position::line);
        let id = VoterId::parse(&row[0]).map_err(|_| format!("line {line}: not a voter id"))?;
        let place = |id: &str| {
            definition
                .jurisdictions()
                .iter()
                .position(|known| known.id().as_str() == id)
        };
        let jurisdiction = place(&row[4])
            .and_then(|position| u16::try_from(position).ok())
            .ok_or_else(|| format!("line {line}: the definition has no such jurisdiction; are these another election's letters?"))?;
        let voter = Voter { id, jurisdiction };
        match people.entry(row[1].to_owned()) {
            std::collections::hash_map::Entry::Occupied(known) => {
                let position: usize = *known.get();
                voters[position] = voter;
            }
            std::collections::hash_map::Entry::Vacant(new) => {
                new.insert(voters.len());
                voters.push(voter);
            }
        }
    }
    if voters.is_empty() {
        return Err("there is no letter in it".to_owned());
    }
    Ok(voters)
}

/// Voters that nobody knows, in proportion to nothing: for measuring the generator alone.
pub(crate) fn made_up(count: usize, definition: &Definition, seed: u64) -> Vec<Voter> {
    let mut random = fastrand::Rng::with_seed(seed);
    let jurisdictions = u16::try_from(definition.jurisdictions().len()).unwrap_or(u16::MAX);
    let voter = |_| Voter {
        id: VoterId::from_random(std::array::from_fn(|_| random.u8(..))),
        jurisdiction: random.u16(..jurisdictions),
    };
    (0..count).map(voter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::club_board;

    #[test]
    fn a_person_votes_with_the_last_letter() {
        let csv = "voter_id,external_id,name,address,jurisdiction\n\
                   K7RM2-9XQ4T-0WZ34,M-1,A,B,north\n00000-00000-00012,M-2,A,B,south\n01234-56789-ABCDC,M-1,A,B,south\n";
        let voters = parse(csv.as_bytes(), &club_board()).unwrap();
        assert_eq!(voters.len(), 2);
        assert_eq!(
            (voters[0].id.printed().as_str(), voters[0].jurisdiction),
            ("01234-56789-ABCDC", 1)
        );
    }

    #[test]
    fn what_are_no_letters_is_told_with_its_line_and_without_a_voter_id() {
        let header = "voter_id,external_id,name,address,jurisdiction\n";
        for (text, told) in [
            ("external_id,name,address,jurisdiction\n", "line 1"),
            ("", "line 1"),
            (header, "no letter"),
            (
                &format!("{header}K7RM2-9XQ4T-0WZ35,M-1,A,B,north\n"),
                "line 2: not a voter id",
            ),
            (
                &format!("{header}K7RM2-9XQ4T-0WZ34,M-1,A,B,ca\n"),
                "line 2: the definition",
            ),
            (&format!("{header}K7RM2-9XQ4T-0WZ34,M-1,A\n"), "line 2: isn't"),
        ] {
            let Err(problem) = parse(text.as_bytes(), &club_board()) else {
                panic!("{text}")
            };
            assert!(problem.contains(told) && !problem.contains("K7RM2"), "{problem}");
        }
    }
}
