//! Owns the ballots: each is made again from the seed whenever it is needed, so that half a million need no
//! memory, and a run with the same seed casts the same ones. No `Debug` here: it is the vote.

use election_core::ballot::BallotId;
use election_core::definition::Definition;
use fastrand::Rng;

use crate::letters::Voter;
use crate::shares::{Shares, WRITE_IN};

/// The name that is written in.
const SOMEBODY: &str = r#"{"write_in":"Somebody Else"}"#;

/// Everything that ballots are made of.
pub(crate) struct Ballots {
    /// What is voted on.
    pub(crate) definition: Definition,
    /// Who votes.
    pub(crate) voters: Vec<Voter>,
    /// How.
    pub(crate) shares: Shares,
    /// Makes the same ballots again.
    pub(crate) seed: u64,
}

/// Which ballot: a voter, and the first or second of theirs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Which {
    /// The voter's position in the letters.
    pub(crate) voter: u32,
    /// 0, or 1 for the other one of a double cast.
    pub(crate) variant: u8,
}

/// A ballot as it is sent.
pub(crate) struct Ballot {
    /// The id.
    pub(crate) id: BallotId,
    /// The selections in canonical form.
    pub(crate) content: String,
    /// By contest, its choices; for counting.
    pub(crate) choices: Vec<(u16, Vec<u16>)>,
}

/// Mixes numbers into one that looks random (the finalizer of SplitMix64).
pub(crate) fn mix(seed: u64, number: u64) -> u64 {
    let mut mixed = seed ^ number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

impl Ballots {
    /// Makes a ballot.
    pub(crate) fn ballot(&self, which: Which) -> Ballot {
        let Which { voter, variant } = which;
        let mut random = Rng::with_seed(mix(self.seed, u64::from(voter) << 8 | u64::from(variant)));
        let mut bytes = random.u128(..).to_be_bytes();
        // Version 4, variant 1 of RFC 9562, as browsers make them.
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let mut content = String::with_capacity(64);
        content.push('{');
        let jurisdiction = self.voters[voter as usize].jurisdiction;
        let draws = self.shares.of(jurisdiction);
        let mut choices = Vec::with_capacity(draws.len());
        for draw in draws {
            let mut chosen = Vec::with_capacity(1);
            draw.choose(&mut random, &mut chosen);
            if !chosen.is_empty() {
                self.write(draw.contest, &chosen, &mut content);
            }
            choices.push((draw.contest, chosen));
        }
        content.push('}');
        Ballot {
            id: BallotId::from_bytes(bytes),
            content,
            choices,
        }
    }

    /// Ids have no characters that JSON escapes.
    fn write(&self, contest: u16, chosen: &[u16], content: &mut String) {
        let contest = &self.definition.contests()[usize::from(contest)];
        if content.len() > 1 {
            content.push(',');
        }
        content.push('"');
        content.push_str(contest.id().as_str());
        content.push_str("\":[");
        for (place, choice) in chosen.iter().enumerate() {
            if place > 0 {
                content.push(',');
            }
            if *choice == WRITE_IN {
                content.push_str(SOMEBODY);
            } else {
                content.push('"');
                content.push_str(contest.candidates()[usize::from(*choice)].id().as_str());
                content.push('"');
            }
        }
        content.push(']');
    }

    /// The request that casts a ballot, and the ballot's id in it.
    pub(crate) fn request(&self, which: Which) -> (String, BallotId) {
        let Ballot { id, content, .. } = self.ballot(which);
        let voter_id = self.voters[which.voter as usize].id.printed();
        let mut body = String::with_capacity(112 + content.len());
        for part in [
            r#"{"voter_id":""#,
            &voter_id,
            r#"","ballot_id":""#,
            &id.printed(),
            r#"","selections":"#,
            &content,
            "}",
        ] {
            body.push_str(part);
        }
        (body, id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{ballots, club_board};
    use election_core::content::{Selections, canonical};
    use election_core::json::Json;

    #[test]
    fn every_ballot_is_valid_and_in_canonical_form() {
        let ballots = ballots(club_board(), 300);
        for voter in 0..300 {
            let ballot = ballots.ballot(Which { voter, variant: 0 });
            let selections = Selections::from_json(&Json::parse(ballot.content.as_bytes()).unwrap()).unwrap();
            let place = usize::from(ballots.voters[voter as usize].jurisdiction);
            let jurisdiction = ballots.definition.jurisdictions()[place].id();
            let Ok(content) = canonical(&ballots.definition, jurisdiction, &selections) else {
                panic!("{voter}")
            };
            assert!(*content == *ballot.content.as_bytes());
        }
    }

    #[test]
    fn the_same_seed_makes_the_same_ballots_and_another_variant_another_one() {
        let [one, same] = [ballots(club_board(), 9), ballots(club_board(), 9)];
        let which = |variant| Which { voter: 3, variant };
        assert!(one.request(which(0)).0 == same.request(which(0)).0);
        assert!(one.ballot(which(0)).id != one.ballot(which(1)).id);
        let mut other = ballots(club_board(), 9);
        other.seed += 1;
        assert!(one.ballot(which(0)).id != other.ballot(which(0)).id);
    }
}
