//! Owns the read-only connections of a database file. A read sees everything that was answered as
//! written before it began.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use election_service::ports::{PortError, PortResult};
use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};

use crate::failure::{Failure, closed, locked, unavailable};

/// How long a read waits for a connection before it is refused.
const PATIENCE: Duration = Duration::from_secs(5);

/// A file's idle read-only connections.
pub(crate) struct Readers {
    idle: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
    size: u32,
}

/// A connection in use. It goes back when this is dropped, also by a panic.
struct Borrowed {
    connection: Option<Connection>,
    idle: Arc<Mutex<Vec<Connection>>>,
    // After the connection, so that who gets the permit finds one.
    _permit: OwnedSemaphorePermit,
}

impl Borrowed {
    fn connection(&self) -> Result<&Connection, Failure> {
        Ok(self.connection.as_ref().ok_or_else(closed)?)
    }
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        locked(&self.idle).extend(self.connection.take());
    }
}

impl Readers {
    pub(crate) fn new(connections: Vec<Connection>) -> Self {
        let size = u32::try_from(connections.len()).unwrap_or(u32::MAX);
        let permits = Arc::new(Semaphore::new(connections.len()));
        Self {
            idle: Arc::new(Mutex::new(connections)),
            permits,
            size,
        }
    }

    /// Reads on a thread that may block. What `work` reads in one transaction is of one instant.
    pub(crate) async fn run<T, W>(&self, work: W) -> PortResult<T>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    {
        let borrowed = self.borrow().await?;
        let read = tokio::task::spawn_blocking(move || work(borrowed.connection()?));
        Ok(read.await.map_err(|_| unavailable("a read panicked"))??)
    }

    /// Reads a few rows by their keys on this thread: another one would cost more than the reading.
    pub(crate) async fn look_up<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Failure>,
    ) -> PortResult<T> {
        let borrowed = self.borrow().await?;
        Ok(work(borrowed.connection()?)?)
    }

    async fn borrow(&self) -> PortResult<Borrowed> {
        let permit = match Arc::clone(&self.permits).try_acquire_owned() {
            Ok(permit) => permit,
            Err(TryAcquireError::Closed) => return Err(closed()),
            Err(TryAcquireError::NoPermits) => {
                let permit = tokio::time::timeout(PATIENCE, Arc::clone(&self.permits).acquire_owned()).await;
                permit.map_err(|_| PortError::Overloaded)?.map_err(|_| closed())?
            }
        };
        Ok(Borrowed {
            connection: locked(&self.idle).pop(),
            idle: Arc::clone(&self.idle),
            _permit: permit,
        })
    }

    /// Refuses further reads, waits for those under way and closes the connections.
    pub(crate) async fn close(&self) {
        // An error means that it is closed already.
        let all = self.permits.acquire_many(self.size).await;
        self.permits.close();
        locked(&self.idle).clear();
        drop(all);
    }
}
