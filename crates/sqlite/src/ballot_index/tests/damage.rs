//! Tests of what a damaged file comes to.

use super::*;

#[test]
fn a_key_that_is_there_twice_ends_all_recording_and_no_reading() {
    let keys = keys(60);
    for (place, restarts) in [(5, false), (55, false), (5, true), (55, true)] {
        let mut file = File::new(10);
        file.record(&keys).unwrap();
        file.open(if restarts { 10 } else { 100 });
        let first = file.find(&keys[place]);
        // In the table or in memory.
        insert(&file.reader, &keys[place]);
        if restarts {
            file.open(10);
        }
        // Loading doesn't look into the table: moving to it does.
        file.index.keep(0);
        for _ in 0..2 {
            assert!(is_corrupt(&file.record(&[BallotKey([7; 12])])));
        }
        assert!(first.is_some() && file.find(&keys[place]).is_some());
    }
}

#[test]
fn a_key_that_memory_has_twice_ends_all_recording_too() {
    let mut file = File::new(100);
    let keys = keys(60);
    file.record(&keys).unwrap();
    insert(&file.reader, &keys[5]);
    file.open(100);
    assert!(is_corrupt(&file.record(&[BallotKey([7; 12])])));
    assert!(file.find(&keys[5]).is_some());
}

#[test]
fn a_damaged_table_is_noticed_before_anything_is_decided() {
    let keys = keys(200);
    let damages = [
        "DROP TRIGGER indexed_ballots_are_never_removed; DELETE FROM ballot_index WHERE seq = 5;",
        "INSERT INTO ballot_index VALUES (zeroblob(12), 5);",
    ];
    for damage in damages {
        let mut file = File::new(10);
        file.record(&keys).unwrap();
        file.reader.execute_batch(damage).unwrap();
        file.open(10);
        assert!(is_corrupt(&file.record(&keys[4..5])), "{damage}");
    }
    let damages = [
        "DROP TRIGGER slices_are_never_removed; DELETE FROM ballot_slices WHERE slice = 63;",
        "UPDATE ballot_slices SET through = through + 1000 WHERE slice = 0;",
        "INSERT INTO ballot_slices VALUES (64, 0, 0);",
    ];
    for damage in damages {
        let file = File::new(10);
        file.record(&keys).unwrap();
        file.reader.execute_batch(damage).unwrap();
        let loaded = port(Arc::new(BallotIndex::new()).load(&file.writer));
        assert!(is_corrupt(&loaded), "{damage}");
    }
}

#[test]
fn nothing_takes_anything_out_of_the_index() {
    let file = File::new(10);
    file.record(&keys(100)).unwrap();
    file.writer
        .pragma_update(None, "recursive_triggers", true)
        .unwrap();
    let statements = [
        "UPDATE ballot_index SET seq = 1",
        "DELETE FROM ballot_index",
        "REPLACE INTO ballot_index SELECT ballot_key, 1 FROM ballot_index",
        "UPDATE ballot_slices SET through = through - 1",
        "UPDATE ballot_slices SET ballots = 0",
        "UPDATE ballot_slices SET slice = slice + 64",
        "DELETE FROM ballot_slices",
    ];
    for statement in statements {
        let error = file.writer.execute(statement, []).expect_err(statement);
        assert!(error.to_string().contains(" never "), "{statement}: {error}");
    }
}
