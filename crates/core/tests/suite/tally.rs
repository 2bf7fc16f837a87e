//! The fold: each ballot counts exactly once, whatever the feed does.

use election_core::definition::Definition;
use election_core::keys::BallotKey;
use election_core::tally::{FeedEvent, FeedRecord, Sequence, Tally, by_jurisdiction, fold};
use proptest::prelude::*;

use crate::fixtures::{ballot, club, inserted, jurisdiction, secret};

/// The feed of one shard: `count` ballots, some blank, some with write-ins, in both jurisdictions.
fn feed(definition: &Definition, first: u64, count: u64) -> Vec<FeedRecord> {
    let record = |number: u64| {
        let made = match number % 4 {
            0 => ballot(
                definition,
                number,
                "north",
                &[("board", &["lopez", "chen"]), ("dues", &["yes"])],
            ),
            1 => ballot(definition, number, "south", &[("board", &["okoye", "Jane"])]),
            2 => ballot(definition, number, "north", &[("dues", &["no"])]),
            _ => ballot(definition, number, "south", &[]),
        };
        inserted(number, made)
    };
    (first..first + count).map(record).collect()
}

#[test]
fn votes_write_ins_blanks_and_undervotes_add_up() {
    let definition = club();
    let mut tally = Tally::new();
    fold(
        &mut tally,
        &definition,
        &secret(&definition),
        "0",
        &feed(&definition, 1, 40),
    );
    let counts = by_jurisdiction(&tally);
    for (place, contest) in [("north", "board"), ("north", "dues"), ("south", "board")] {
        let counts = &counts[&Some(jurisdiction(place))];
        let contest = definition.contest(contest).unwrap();
        let counted = &counts.contests[contest.id()];
        let used = counted.votes.values().sum::<u64>() + counted.write_ins;
        assert_eq!(
            used + counted.undervotes,
            counts.ballots * u64::from(contest.votes_allowed())
        );
        assert_eq!(counts.ballots, 20);
    }
    let south = &counts[&Some(jurisdiction("south"))].contests;
    assert_eq!(
        (
            south["board"].votes["okoye"],
            south["board"].write_ins,
            south["board"].blank
        ),
        (10, 10, 10)
    );
    assert!(!south.contains_key("dues"));
}

#[test]
fn a_replayed_record_is_dropped_by_its_checkpoint() {
    let definition = club();
    let (records, secret) = (feed(&definition, 1, 10), secret(&definition));
    let mut tally = Tally::new();
    assert_eq!(fold(&mut tally, &definition, &secret, "0", &records).len(), 2);
    let once = tally.clone();
    assert!(fold(&mut tally, &definition, &secret, "0", &records).is_empty());
    assert!(tally == once);
}

#[test]
fn what_can_not_be_trusted_or_read_is_unreadable_and_never_counted() {
    let definition = club();
    let good = ballot(&definition, 1, "north", &[("dues", &["yes"])]);
    let mut forged = good.clone();
    forged.key = BallotKey([9; 12]);
    let elsewhere = FeedRecord {
        jurisdiction: None,
        ..inserted(3, good.clone())
    };
    let undecodable = FeedRecord {
        sequence: 4.into(),
        jurisdiction: None,
        event: FeedEvent::Undecodable,
    };
    let altered = FeedRecord {
        sequence: 5.into(),
        jurisdiction: None,
        event: FeedEvent::Altered,
    };
    let records = [
        inserted(1, good),
        inserted(2, forged),
        elsewhere,
        undecodable,
        altered,
    ];
    let mut tally = Tally::new();
    fold(&mut tally, &definition, &secret(&definition), "0", &records);
    let counts = by_jurisdiction(&tally);
    let north = &counts[&Some(jurisdiction("north"))];
    assert_eq!((north.ballots, north.unreadable, north.alterations), (1, 1, 0));
    assert_eq!((counts[&None].unreadable, counts[&None].alterations), (1, 1));
}

#[test]
fn sequences_compare_as_numbers() {
    let parse = |digits: &str| Sequence::parse(digits).unwrap();
    assert!(parse("9") < parse("10"));
    assert_eq!(
        parse("00000000000000000000000000000000000000a".trim_end_matches('a')),
        Sequence::START
    );
    assert_eq!(parse("12").to_string(), "12");
    assert_eq!(Sequence::from(u64::MAX).as_u64(), Some(u64::MAX));
    for text in ["", "-1", "1a", &"1".repeat(41)] {
        assert_eq!(Sequence::parse(text), None);
    }
}

proptest! {
    /// Two shards, each delivered in batches that overlap and start again, interleaved at will.
    #[test]
    fn replays_with_other_boundaries_and_interleaved_shards_give_the_same_tally(
        deliveries in prop::collection::vec((any::<bool>(), 0usize..30, 1usize..12), 0..40),
    ) {
        let definition = club();
        let secret = secret(&definition);
        let shards = [("a", feed(&definition, 1, 30)), ("b", feed(&definition, 1001, 30))];
        let mut expected = Tally::new();
        for (shard, records) in &shards {
            fold(&mut expected, &definition, &secret, shard, records);
        }
        let mut tally = Tally::new();
        let mut reached = [0usize, 0];
        let everything = [(false, 30, 30), (true, 30, 30)];
        for (second, back, count) in deliveries.into_iter().chain(everything) {
            let (shard, records) = &shards[usize::from(second)];
            // At least once, in order: a delivery starts at or before what was delivered last.
            let reached = &mut reached[usize::from(second)];
            let start = (*reached).min(30).saturating_sub(back);
            let end = (start + count).min(30);
            fold(&mut tally, &definition, &secret, shard, &records[start..end]);
            *reached = end.max(*reached);
        }
        prop_assert!(tally == expected);
    }
}
