//! Owns the opening of a database file and what is set on its connections. A file comes into being whole:
//! it is written under another name, made durable and renamed.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use election_service::ports::{PortError, PortResult};
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::data_folder::{DataFolder, OpenError};
use crate::failure::{Failure, closed};
use crate::private_files;
use crate::reader::Readers;
use crate::schema::Schema;
use crate::writer::{Companion, Job, Mode, Writer};

const MAGIC: &[u8; 16] = b"SQLite format 3\0";
const READERS: usize = 4;
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
const STATEMENTS: usize = 64;

/// An open database file.
pub(crate) struct Database {
    readers: Readers,
    writer: Writer,
    closed: AtomicBool,
}

impl Database {
    /// Opens a file, bringing it to this program's version, and loads what is kept in memory of it. Blocks.
    pub(crate) fn open(
        folder: Arc<DataFolder>,
        file: &Path,
        schema: &Schema,
        companion: impl Companion,
    ) -> Result<Self, OpenError> {
        check_magic(file)?;
        let connection = connect(file, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(open_error(file))?;
        check_version(&connection, file, schema)?;
        prepare_writer(&connection)
            .and_then(|()| set_cache(&connection, schema.writer_cache_kib))
            .map_err(open_error(file))?;
        migrate(&connection, schema).map_err(open_error(file))?;
        companion.load(&connection).map_err(load_error(file))?;
        let readers = (0..READERS).map(|_| {
            let connection = connect(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
            connection.execute_batch("PRAGMA query_only = ON")?;
            set_cache(&connection, schema.reader_cache_kib)?;
            Ok(connection)
        });
        let readers = Readers::new(readers.collect::<Result<_, _>>().map_err(open_error(file))?);
        let writer = Writer::start(connection, companion, folder).map_err(OpenError::io(file))?;
        Ok(Self {
            readers,
            writer,
            closed: AtomicBool::new(false),
        })
    }

    /// Reads; see [`Readers::run`].
    pub(crate) async fn read<T, W>(&self, work: W) -> PortResult<T>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    {
        self.readers.run(work).await
    }

    /// Reads a few rows by their keys; see [`Readers::look_up`].
    pub(crate) async fn look_up<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Failure>,
    ) -> PortResult<T> {
        self.readers.look_up(work).await
    }

    /// Writes within a transaction that others share. `work` may run twice; only one run takes effect.
    pub(crate) async fn write<T, W>(&self, work: W) -> PortResult<T>
    where
        T: Send + 'static,
        W: FnMut(&Connection) -> Result<T, Failure> + Send + 'static,
    {
        self.write_then(work, |_| ()).await
    }

    /// As [`Self::write`]; see [`Writer::run`] for `after`.
    pub(crate) async fn write_then<T, W, A>(&self, work: W, after: A) -> PortResult<T>
    where
        T: Send + 'static,
        W: FnMut(&Connection) -> Result<T, Failure> + Send + 'static,
        A: FnOnce(&T) + Send + 'static,
    {
        self.writer.run(Mode::Grouped, work, after).await
    }

    /// Writes without waiting for it; the job itself is told what came of it.
    pub(crate) fn submit(&self, job: Box<dyn Job>) {
        self.writer.submit(job);
    }

    /// Writes outside of any transaction.
    pub(crate) async fn write_alone<W>(&self, work: W) -> PortResult<()>
    where
        W: FnMut(&Connection) -> Result<(), Failure> + Send + 'static,
    {
        self.writer.run(Mode::Alone, work, |_| ()).await
    }

    /// Refuses further calls, completes those that wait and closes the file. Once this has returned,
    /// nothing is written any more.
    pub(crate) async fn close(self: &Arc<Self>) {
        self.closed.store(true, Ordering::SeqCst);
        self.readers.close().await;
        let database = Arc::clone(self);
        let ended = tokio::task::spawn_blocking(move || database.writer.close()).await;
        if ended.is_err() {
            tracing::error!("closing a database panicked");
        }
    }

    /// An error once [`Self::close`] was called.
    pub(crate) fn ensure_open(&self) -> PortResult<()> {
        if self.closed.load(Ordering::SeqCst) {
            Err(closed())
        } else {
            Ok(())
        }
    }
}

/// Leaves no trace of what was deleted: neither in free pages nor in the write-ahead log.
pub(crate) fn compact(connection: &Connection) -> Result<(), Failure> {
    connection.execute_batch("VACUUM")?;
    let busy: bool = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy {
        Err(PortError::Overloaded.into())
    } else {
        Ok(())
    }
}

/// Creates a file with the tables of this version, unless it is there. Blocks.
pub(crate) fn create_if_missing(file: &Path, schema: &Schema) -> Result<(), OpenError> {
    if file.exists() {
        return Ok(());
    }
    let draft = with_suffix(file, ".new");
    remove(&draft)?;
    private_files::create_file(&draft).map_err(OpenError::io(&draft))?;
    let connection = connect(&draft, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(open_error(&draft))?;
    let id = format!(
        "PRAGMA page_size = {}; PRAGMA application_id = {}",
        schema.page_bytes, schema.application_id
    );
    let written = connection
        .execute_batch(&id)
        .and_then(|()| migrate(&connection, schema))
        .and_then(|()| connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())));
    written.map_err(open_error(&draft))?;
    connection
        .close()
        .map_err(|(_, error)| open_error(&draft)(error))?;
    File::open(&draft)
        .and_then(|draft| draft.sync_all())
        .map_err(OpenError::io(&draft))?;
    // A write-ahead log that is left of a removed file must not be replayed into this one.
    remove_logs(file).map_err(OpenError::io(file))?;
    std::fs::rename(&draft, file).map_err(OpenError::io(file))?;
    sync_parent(file).map_err(OpenError::io(file))
}

/// Removes a closed file for good. Repeating it after a crash completes it.
pub(crate) fn remove(file: &Path) -> Result<(), OpenError> {
    remove_logs(file)
        .and_then(|()| private_files::remove_file(file))
        .and_then(|()| sync_parent(file))
        .map_err(OpenError::io(file))
}

fn remove_logs(file: &Path) -> io::Result<()> {
    ["-wal", "-shm", "-journal"]
        .iter()
        .try_for_each(|suffix| private_files::remove_file(&with_suffix(file, suffix)))
}

fn sync_parent(file: &Path) -> io::Result<()> {
    private_files::sync_folder(file.parent().unwrap_or(Path::new("")))
}

fn with_suffix(file: &Path, suffix: &str) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(suffix);
    path.into()
}

/// SQLite takes an empty file for a new database; here it is a truncated one, since files come whole.
fn check_magic(file: &Path) -> Result<(), OpenError> {
    let mut start = [0; 16];
    match File::open(file).and_then(|mut file| file.read_exact(&mut start)) {
        Ok(()) if start == *MAGIC => Ok(()),
        Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => Err(OpenError::io(file)(error)),
        _ => Err(OpenError::NotADatabase {
            file: file.to_owned(),
        }),
    }
}

fn check_version(connection: &Connection, file: &Path, schema: &Schema) -> Result<(), OpenError> {
    let number = |pragma: &str| {
        connection
            .query_row(pragma, [], |row| row.get::<_, i64>(0))
            .map_err(open_error(file))
    };
    // Reading the schema finds a file that is shorter than its header says.
    number("SELECT count(*) FROM sqlite_schema")?;
    if number("PRAGMA application_id")? != i64::from(schema.application_id) {
        return Err(OpenError::NotADatabase {
            file: file.to_owned(),
        });
    }
    let found = number("PRAGMA user_version")?;
    if (1..=schema.version()).contains(&found) {
        Ok(())
    } else {
        Err(OpenError::OtherVersion {
            file: file.to_owned(),
            found,
            expected: schema.version(),
        })
    }
}

/// Takes the steps from the file's version to this program's, each in a transaction of its own.
fn migrate(connection: &Connection, schema: &Schema) -> rusqlite::Result<()> {
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let done = usize::try_from(found).unwrap_or_default();
    for (index, step) in schema.migrations.iter().enumerate().skip(done) {
        let transaction = connection.unchecked_transaction()?;
        transaction.execute_batch(step)?;
        transaction.execute_batch(&format!("PRAGMA user_version = {}", index + 1))?;
        transaction.commit()?;
    }
    Ok(())
}

fn connect(file: &Path, access: OpenFlags) -> rusqlite::Result<Connection> {
    let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_EXRESCODE;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}

fn prepare_writer(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    // FULL: a commit returns once the log is on the disk. secure_delete: a message that left the queue
    // leaves nothing in the file's free space.
    connection.execute_batch(
        "PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON;
         PRAGMA recursive_triggers = ON;
         PRAGMA secure_delete = ON;
         PRAGMA temp_store = MEMORY;
         PRAGMA wal_autocheckpoint = 8000;
         PRAGMA journal_size_limit = 67108864;",
    )
}

fn set_cache(connection: &Connection, kib: u32) -> rusqlite::Result<()> {
    // Negative: KiB instead of pages.
    connection.pragma_update(None, "cache_size", -i64::from(kib))
}

fn open_error(file: &Path) -> impl FnOnce(rusqlite::Error) -> OpenError {
    let file = file.to_owned();
    move |error| match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => OpenError::NotADatabase { file },
        _ => OpenError::Io {
            path: file,
            source: io::Error::other(error),
        },
    }
}

fn load_error(file: &Path) -> impl FnOnce(Failure) -> OpenError {
    let file = file.to_owned();
    move |failure| match PortError::from(failure) {
        PortError::Corrupt(_) => OpenError::NotADatabase { file },
        error => OpenError::io(&file)(io::Error::other(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "CREATE TABLE things (name TEXT) STRICT; INSERT INTO things VALUES ('kept')";
    const OLD: Schema = Schema {
        application_id: 77,
        migrations: &[FIRST],
        page_bytes: 4096,
        writer_cache_kib: 1024,
        reader_cache_kib: 1024,
    };
    const NEW: Schema = Schema {
        application_id: 77,
        migrations: &[FIRST, "ALTER TABLE things ADD COLUMN size INTEGER"],
        page_bytes: 4096,
        writer_cache_kib: 1024,
        reader_cache_kib: 1024,
    };
    const BROKEN: Schema = Schema {
        application_id: 77,
        migrations: &[FIRST, "ALTER TABLE things ADD COLUMN size INTEGER; nonsense"],
        page_bytes: 4096,
        writer_cache_kib: 1024,
        reader_cache_kib: 1024,
    };

    #[tokio::test]
    async fn an_older_file_is_brought_to_this_version_in_whole_steps() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Arc::new(DataFolder::create(temporary.path()).unwrap());
        let file = temporary.path().join("things.sqlite");
        let open = |schema: &Schema| Database::open(Arc::clone(&folder), &file, schema, ());
        create_if_missing(&file, &OLD).unwrap();
        drop(open(&OLD).unwrap());
        assert!(matches!(open(&BROKEN), Err(OpenError::Io { .. })));
        for _ in 0..2 {
            let database = open(&NEW).unwrap();
            let read = |connection: &Connection| {
                let sql = "SELECT name FROM things WHERE size IS NULL";
                Ok(connection.query_row(sql, [], |row| row.get::<_, String>(0))?)
            };
            assert_eq!(database.read(read).await, Ok("kept".to_owned()));
        }
        assert!(matches!(
            open(&OLD),
            Err(OpenError::OtherVersion {
                found: 2,
                expected: 1,
                ..
            })
        ));
    }

    /// `kill -9` can't tell whether a commit waits for the disk; the settings can.
    #[tokio::test]
    async fn a_writer_waits_for_the_disk() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Arc::new(DataFolder::create(temporary.path()).unwrap());
        let file = temporary.path().join("things.sqlite");
        create_if_missing(&file, &OLD).unwrap();
        let database = Database::open(folder, &file, &OLD, ()).unwrap();
        let settings = |connection: &Connection| {
            let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
            let journal: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
            let (full, on) = (2, 1);
            let is_set = number("synchronous")? == full && number("foreign_keys")? == on;
            Ok((is_set && number("secure_delete")? == on, journal))
        };
        assert_eq!(database.write(settings).await, Ok((true, "wal".to_owned())));
    }

    #[tokio::test]
    async fn a_reader_cannot_write() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Arc::new(DataFolder::create(temporary.path()).unwrap());
        let file = temporary.path().join("things.sqlite");
        create_if_missing(&file, &OLD).unwrap();
        let database = Database::open(folder, &file, &OLD, ()).unwrap();
        let written = database
            .read(|connection| Ok(connection.execute("DELETE FROM things", [])?))
            .await;
        assert!(matches!(written, Err(PortError::Unavailable(_))));
    }
}
