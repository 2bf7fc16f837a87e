//! Tests of the index, on a connection that writes and one that reads. Over 400 lines: they share the file that
//! both connections have open.

mod damage;

use std::collections::{HashMap, HashSet};
use std::path::Path;

use election_service::ports::PortError;
use election_testkit::Random;
use rusqlite::params;

use super::*;
use crate::schema::ELECTION;

/// A file's two connections, and what is kept in memory of it.
struct File {
    writer: Connection,
    reader: Connection,
    index: Arc<BallotIndex>,
    _folder: tempfile::TempDir,
}

impl File {
    fn new(most_recent: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("election.sqlite");
        let writer = Connection::open(&path).unwrap();
        let _: String = writer
            .pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))
            .unwrap();
        writer.pragma_update(None, "synchronous", "OFF").unwrap();
        for step in ELECTION.migrations {
            writer.execute_batch(step).unwrap();
        }
        let mut file = Self {
            writer,
            reader: Connection::open(&path).unwrap(),
            index: Arc::new(BallotIndex::new()),
            _folder: folder,
        };
        file.open(most_recent);
        file
    }

    /// As after a restart.
    fn open(&mut self, most_recent: usize) {
        self.index = Arc::new(BallotIndex::new());
        self.index.keep(most_recent);
        assert_eq!(port(self.index.load(&self.writer)), Ok(()));
    }

    fn begin(&self) {
        self.writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    }

    fn commit(&self) {
        self.writer.execute_batch("COMMIT").unwrap();
        self.index.committed();
    }

    fn roll_back(&self) {
        self.writer.execute_batch("ROLLBACK").unwrap();
        self.index.rolled_back();
    }

    /// Appends those whose keys are new, as one job of a transaction; returns which were.
    fn append(&self, keys: &[BallotKey]) -> Result<Vec<bool>, PortError> {
        let append = || {
            let mut writing = self.index.writing(&self.writer)?;
            let mut are_new = Vec::new();
            for key in keys {
                let is_new = writing.find(key)?.is_none();
                if is_new {
                    writing.add(*key, insert(&self.writer, key));
                }
                are_new.push(is_new);
            }
            writing.shrink(self.index.most_recent())?;
            Ok(are_new)
        };
        port(append())
    }

    fn record(&self, keys: &[BallotKey]) -> Result<Vec<bool>, PortError> {
        self.begin();
        let recorded = self.append(keys);
        match recorded {
            Ok(_) => self.commit(),
            Err(_) => self.roll_back(),
        }
        recorded
    }

    fn find(&self, key: &BallotKey) -> Option<i64> {
        let reading = self.index.reading(&self.reader, [key]);
        port(reading.and_then(|reading| reading.find(key))).unwrap()
    }

    fn in_table(&self) -> usize {
        let count = "SELECT count(*) FROM ballot_index";
        self.writer.query_row(count, [], |row| row.get(0)).unwrap()
    }
}

fn port<T>(result: Result<T, Failure>) -> Result<T, PortError> {
    result.map_err(PortError::from)
}

fn insert(connection: &Connection, key: &BallotKey) -> i64 {
    let sql = "INSERT INTO ballots (ballot_key, ballot_id, jurisdiction, format, content, mac)
               VALUES (?1, x'', 'north', 1, x'', x'')";
    connection.execute(sql, params![key.0]).unwrap();
    connection.last_insert_rowid()
}

fn keys(count: usize) -> Vec<BallotKey> {
    let mut random = Random::seeded(1);
    (0..count).map(|_| BallotKey(random.bytes())).collect()
}

fn is_corrupt<T>(result: &Result<T, PortError>) -> bool {
    matches!(result, Err(PortError::Corrupt(_)))
}

#[test]
fn each_key_is_in_the_one_slice_between_whose_ends_it_lies() {
    for first in 0..=u8::MAX {
        for rest in [0, 1, u8::MAX] {
            let mut key = [rest; 12];
            key[0] = first;
            let containing = (0..SLICES).filter(|slice| keys_of(*slice).contains(&BallotKey(key)));
            assert!(containing.eq([slice_of(&BallotKey(key))]));
        }
    }
}

#[test]
fn what_memory_has_is_bounded_and_what_is_moved_is_found() {
    let file = File::new(100);
    let keys = keys(2_000);
    for (round, part) in keys.chunks(20).enumerate() {
        assert_eq!(file.record(part), Ok(vec![true; 20]));
        let known = (round + 1) * 20;
        assert!(file.index.recent().size <= 100);
        assert_eq!(file.index.recent().size + file.in_table(), known);
        for (place, key) in keys.iter().enumerate() {
            let expected = (place < known).then_some(place as i64 + 1);
            assert_eq!(file.find(key), expected);
        }
    }
    let rows_to_read = 2_000
        - file
            .index
            .recent()
            .slices
            .iter()
            .map(|slice| slice.through)
            .min()
            .unwrap();
    assert!(
        rows_to_read <= 2 * 100 + 20,
        "{rows_to_read} rows are read on opening"
    );
}

#[test]
fn a_few_ballots_are_never_moved() {
    let file = File::new(100);
    file.record(&keys(100)).unwrap();
    assert_eq!(file.in_table(), 0);
}

/// At every place of the round, each transaction moving the next slice.
#[test]
fn what_is_read_on_opening_is_what_memory_had() {
    for most_recent in [0, 1, 30] {
        let mut file = File::new(most_recent);
        let keys = keys(300);
        for (place, key) in keys.iter().enumerate() {
            file.record(std::slice::from_ref(key)).unwrap();
            let state = |index: &BallotIndex| {
                let recent = index.recent();
                let slices = recent.slices.iter();
                let slices: Vec<_> = slices.map(|slice| (slice.through, slice.keys.clone())).collect();
                (recent.size, recent.last, slices)
            };
            let before = state(&file.index);
            file.open(most_recent);
            assert!(state(&file.index) == before, "after ballot {place}");
            assert_eq!(file.record(&keys[..=place]), Ok(vec![false; place + 1]));
        }
    }
}

#[test]
fn all_keys_are_told_wherever_they_are() {
    for most_recent in [0, 10, 100] {
        let file = File::new(most_recent);
        let keys = keys(60);
        file.record(&keys).unwrap();
        let mut told = HashSet::new();
        let all = all_keys(&file.reader, |key| {
            told.insert(*key);
        });
        assert_eq!(port(all), Ok(()));
        assert!(told == keys.into_iter().collect());
    }
}

#[test]
fn a_second_ballot_is_found_wherever_the_first_is() {
    let file = File::new(10);
    let keys = keys(100);
    let repeated: Vec<_> = keys[..50].iter().chain(&keys[..50]).copied().collect();
    let expected: Vec<_> = [[true; 50], [false; 50]].concat();
    assert_eq!(file.record(&repeated), Ok(expected), "in the same batch");
    assert!(file.in_table() >= 40);
    assert_eq!(
        file.record(&keys[..50]),
        Ok(vec![false; 50]),
        "in memory or in the table"
    );

    file.begin();
    assert_eq!(file.append(&keys), Ok([[false; 50], [true; 50]].concat()));
    assert_eq!(
        file.append(&keys),
        Ok(vec![false; 100]),
        "by a job before it in the transaction"
    );
    file.commit();
    assert_eq!(file.record(&keys), Ok(vec![false; 100]));
}

#[test]
fn what_was_rolled_back_is_forgotten_also_if_its_rows_are_anothers_then() {
    let file = File::new(10);
    let keys = keys(120);
    file.record(&keys[..40]).unwrap();
    let before = file.in_table();
    file.begin();
    // Moves slices, with keys of before and of its own.
    assert_eq!(file.append(&keys[40..80]), Ok(vec![true; 40]));
    assert!(file.in_table() > before);
    file.roll_back();
    assert_eq!(file.in_table(), before);
    assert!(keys[40..].iter().all(|key| file.find(key).is_none()));
    assert!(keys[..40].iter().all(|key| file.find(key).is_some()));

    assert_eq!(file.record(&keys[80..]), Ok(vec![true; 40]));
    assert_eq!(
        file.record(&keys),
        Ok([[false; 40], [true; 40], [false; 40]].concat())
    );
    for (place, key) in keys[..40]
        .iter()
        .chain(&keys[80..])
        .chain(&keys[40..80])
        .enumerate()
    {
        assert_eq!(file.find(key), Some(place as i64 + 1));
    }
}

/// Of a commit that isn't taken over yet, readers see all of it.
#[test]
fn a_snapshot_is_exact_before_and_after_a_commit_is_taken_over() {
    let file = File::new(10);
    let keys = keys(100);
    file.record(&keys[..50]).unwrap();
    let before = file.index.reading(&file.reader, &keys).ok().unwrap();
    file.begin();
    file.append(&keys[50..]).unwrap();
    let others = || Connection::open(file.reader.path().unwrap()).unwrap();
    let found = |reading: &Reading<'_>| -> Vec<_> {
        keys.iter()
            .map(|key| port(reading.find(key)).unwrap().is_some())
            .collect()
    };
    let (half, all) = ([[true; 50], [false; 50]].concat(), vec![true; 100]);
    let reader = others();
    let uncommitted = file.index.reading(&reader, &keys).ok().unwrap();
    assert_eq!(found(&uncommitted), half);

    file.writer.execute_batch("COMMIT").unwrap();
    let reader = others();
    let committed = file.index.reading(&reader, &keys).ok().unwrap();
    assert_eq!(
        found(&committed),
        all,
        "it adds and moves keys that memory doesn't know of yet"
    );
    assert_eq!(found(&before), half);
    file.index.committed();
    let reader = others();
    let after = file.index.reading(&reader, &keys).ok().unwrap();
    assert_eq!(found(&after), all);
    // Their keys have gone from memory meanwhile.
    assert_eq!(found(&before), half);
    assert_eq!(found(&uncommitted), half);
}

#[test]
fn rows_of_another_program_are_found() {
    let file = File::new(10);
    let keys = keys(60);
    file.record(&keys[..20]).unwrap();
    for key in &keys[20..40] {
        insert(&file.reader, key);
    }
    assert!(keys[..40].iter().all(|key| file.find(key).is_some()));
    assert_eq!(
        file.record(&keys),
        Ok([[false; 20], [false; 20], [true; 20]].concat())
    );
}

#[test]
fn rewriting_gives_new_numbers_and_the_index_has_them_all() {
    let mut file = File::new(10);
    let keys = keys(200);
    file.record(&keys[..150]).unwrap();
    file.begin();
    file.append(&keys[150..]).unwrap();
    file.roll_back();
    assert_eq!(port(file.index.rewrite_in_key_order(&file.writer)), Ok(()));
    let mut sorted = keys[..150].to_vec();
    sorted.sort_unstable();
    for _ in 0..2 {
        for (place, key) in sorted.iter().enumerate() {
            assert_eq!(file.find(key), Some(place as i64 + 1));
        }
        assert_eq!((file.in_table(), file.index.recent().size), (150, 0));
        assert_eq!(file.record(&sorted), Ok(vec![false; 150]));
        file.open(10);
    }
    assert_eq!(file.record(&keys[150..]), Ok(vec![true; 50]));
}

/// Rows have no gaps, unless another program made one.
#[test]
fn after_rewriting_rows_with_gaps_new_ballots_are_known_too() {
    let file = File::new(100);
    let keys = keys(60);
    file.record(&keys[..20]).unwrap();
    let gap =
        "INSERT INTO ballots SELECT 1000, zeroblob(12), ballot_id, jurisdiction, format, content, mac, NULL
               FROM ballots LIMIT 1";
    file.reader.execute(gap, []).unwrap();
    assert_eq!(port(file.index.rewrite_in_key_order(&file.writer)), Ok(()));
    assert_eq!(file.record(&keys[20..]), Ok(vec![true; 40]));
    assert_eq!(file.record(&keys), Ok(vec![false; 60]));
}

/// A file as the version before made it: its ballots have a unique index of their own.
#[test]
fn a_file_without_the_index_gets_it() {
    let connection = Connection::open(Path::new(":memory:")).unwrap();
    connection.execute_batch(ELECTION.migrations[0]).unwrap();
    let keys = keys(300);
    for key in &keys {
        insert(&connection, key);
    }
    connection.execute_batch(ELECTION.migrations[1]).unwrap();
    let index = Arc::new(BallotIndex::new());
    assert_eq!(port(index.load(&connection)), Ok(()));
    assert_eq!((index.recent().size, index.recent().last), (0, 300));
    let mut writing = index.writing(&connection).ok().unwrap();
    for (place, key) in keys.iter().enumerate() {
        assert_eq!(port(writing.find(key)), Ok(Some(place as i64 + 1)));
    }
    assert_eq!(port(writing.catch_up()), Ok(()));
    drop(writing);
    assert!(connection.execute("DELETE FROM ballots", []).is_err());
}

/// Batches, restarts and failures in any order, compared with a map.
#[test]
fn it_is_a_map_whatever_happens() {
    for seed in 0..40 {
        let mut random = Random::seeded(seed);
        let mut file = File::new(random.below(60));
        let mut model: HashMap<BallotKey, i64> = HashMap::new();
        let voters = keys(400);
        for _ in 0..60 {
            if random.one_in(8) {
                file.open(random.below(60));
            }
            let mut staged = model.clone();
            file.begin();
            for _ in 0..=random.below(3) {
                let batch: Vec<_> = (0..random.below(40)).map(|_| voters[random.below(400)]).collect();
                let expected: Vec<_> = batch
                    .iter()
                    .map(|key| {
                        let next = staged.len() as i64 + 1;
                        *staged.entry(*key).or_insert(next) == next
                    })
                    .collect();
                assert_eq!(file.append(&batch), Ok(expected), "seed {seed}");
            }
            if random.one_in(4) {
                file.roll_back();
            } else {
                file.commit();
                model = staged;
            }
            for key in &voters {
                assert_eq!(file.find(key), model.get(key).copied(), "seed {seed}");
            }
        }
    }
}
