//! Owns the floor of storage: SQLite as bare as it can be used with the same promise. Rows of a ballot's size
//! under a random key, batched, each transaction durable (`synchronous=FULL`) before the next.

use std::path::Path;
use std::time::{Duration, Instant};

use fastrand::Rng;
use rusqlite::{Connection, params};

const ROWS_PER_TRANSACTION: u64 = 1_000;

/// The columns of a ballot, with the one index that it needs.
const TABLE: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    CREATE TABLE ballots (seq INTEGER PRIMARY KEY, ballot_key BLOB NOT NULL UNIQUE, ballot_id BLOB NOT NULL,
        jurisdiction TEXT NOT NULL, format INTEGER NOT NULL, content BLOB NOT NULL, mac BLOB NOT NULL,
        envelope BLOB NOT NULL) STRICT;";
const INSERT: &str =
    "INSERT INTO ballots (ballot_key, ballot_id, jurisdiction, format, content, mac, envelope)
    VALUES (?, ?, ?, ?, ?, ?, ?)";
const SELECT: &str =
    "SELECT ballot_key, ballot_id, jurisdiction, format, content, mac, envelope FROM ballots ORDER BY seq";

/// Until when rows are written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Until {
    /// That much time is over.
    Elapsed(Duration),
    /// That many are there.
    Rows(u64),
}

/// Writes rows to a new file; returns rows per second.
pub(crate) fn write(file: &Path, until: Until) -> anyhow::Result<f64> {
    for ending in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{ending}", file.display()));
    }
    let mut connection = Connection::open(file)?;
    connection.execute_batch(TABLE)?;
    let mut random = Rng::with_seed(1);
    let (began, mut rows) = (Instant::now(), 0);
    loop {
        let is_over = match until {
            Until::Elapsed(duration) => began.elapsed() >= duration,
            Until::Rows(enough) => rows >= enough,
        };
        if is_over {
            return Ok(rows as f64 / began.elapsed().as_secs_f64());
        }
        let transaction = connection.transaction()?;
        {
            let mut insert = transaction.prepare_cached(INSERT)?;
            for _ in 0..ROWS_PER_TRANSACTION {
                let key: [u8; 12] = bytes(&mut random);
                let (id, envelope): ([u8; 16], [u8; 16]) = (bytes(&mut random), bytes(&mut random));
                let mac: [u8; 32] = bytes(&mut random);
                let content = br#"{"president":["biden"]}"#;
                insert.execute(params![key, id, "ca", 1, content, mac, envelope])?;
            }
        }
        transaction.commit()?;
        rows += ROWS_PER_TRANSACTION;
    }
}

/// Reads every column of every row, in order; returns rows per second.
pub(crate) fn read(file: &Path) -> anyhow::Result<f64> {
    let connection = Connection::open(file)?;
    let began = Instant::now();
    let (mut rows, mut size_bytes) = (0_u64, 0);
    let mut select = connection.prepare(SELECT)?;
    let mut found = select.query([])?;
    while let Some(row) = found.next()? {
        rows += 1;
        for column in [0, 1, 4, 5, 6] {
            size_bytes += row.get_ref(column)?.as_blob()?.len();
        }
        size_bytes += row.get_ref(2)?.as_str()?.len();
        size_bytes += usize::try_from(row.get_ref(3)?.as_i64()?)?;
    }
    std::hint::black_box(size_bytes);
    Ok(rows as f64 / began.elapsed().as_secs_f64())
}

fn bytes<const N: usize>(random: &mut Rng) -> [u8; N] {
    let mut bytes = [0; N];
    random.fill(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_can_be_read() {
        let file = std::env::temp_dir().join(format!("bench-storage-{}", std::process::id()));
        assert!(write(&file, Until::Rows(1_500)).unwrap() > 0.0);
        assert!(read(&file).unwrap() > 0.0);
        let rows: u64 = Connection::open(&file)
            .unwrap()
            .query_one("SELECT count(*) FROM ballots", [], |row| row.get(0))
            .unwrap();
        assert_eq!(rows, 2_000);
        for ending in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{ending}", file.display()));
        }
    }
}
