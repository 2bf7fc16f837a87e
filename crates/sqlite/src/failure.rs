//! Owns the mapping of SQLite's errors to the ports' errors. Their texts are fixed: SQLite's own could
//! name what is stored.

use std::sync::{Mutex, MutexGuard, PoisonError};

use election_service::ports::PortError;
use rusqlite::ErrorCode;

/// Why a piece of work on a database failed.
pub(crate) enum Failure {
    /// SQLite's error.
    Sqlite(rusqlite::Error),
    /// An error that is the port's already.
    Port(PortError),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<PortError> for Failure {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}

impl From<Failure> for PortError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Port(error) => error,
            Failure::Sqlite(rusqlite::Error::SqliteFailure(error, _)) => of_code(error),
            Failure::Sqlite(
                rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::Utf8Error(..),
            ) => corrupt("a stored value can't be read"),
            Failure::Sqlite(_) => unavailable("a statement failed"),
        }
    }
}

fn of_code(error: rusqlite::ffi::Error) -> PortError {
    match error.code {
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => PortError::Overloaded,
        ErrorCode::DiskFull => unavailable("the disk is full"),
        ErrorCode::SystemIoFailure => unavailable("reading or writing the disk failed"),
        ErrorCode::OutOfMemory => unavailable("out of memory"),
        ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::ReadOnly => {
            unavailable("the database file can't be written")
        }
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => corrupt("the database file is damaged"),
        _ => PortError::Unavailable(format!(
            "a statement failed with SQLite's code {}",
            error.extended_code
        )),
    }
}

pub(crate) fn corrupt(text: &str) -> PortError {
    PortError::Corrupt(text.to_owned())
}

pub(crate) fn unavailable(text: &str) -> PortError {
    PortError::Unavailable(text.to_owned())
}

/// The error of every call after the store was closed.
pub(crate) fn closed() -> PortError {
    unavailable("the store is closed")
}

/// Locks a mutex whose data is whole at every instant, so that another thread's panic doesn't matter.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
