//! Owns how a command reaches an election: in this process if nothing else uses the store, else through
//! the server that does.

mod client;
mod listener;

use std::path::Path;
use std::time::{Duration, Instant};

use election_service::operations::OperationError;
use election_sqlite::{OpenError, SqliteStore};
use serde_json::Value;

pub(crate) use client::fetch_results;
pub(crate) use listener::Listener;

use crate::cli::Place;
use crate::failure::Failure;
use crate::local::{self, LocalElection, SECOND_COPY_DELAY};
use crate::operation::{Operation, execute};
use crate::progress::Bar;

/// How long a store may be in use by something that isn't a server, such as another command.
const PATIENCE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(100);

/// Where a running server tells how to reach it, in its data folder.
fn address_file(folder: &Path) -> std::path::PathBuf {
    folder.join("operator.json")
}

/// Does an operation, wherever the election is open.
pub(crate) async fn run(place: &Place, operation: Operation) -> Result<Value, Failure> {
    let began = Instant::now();
    let bar = Bar::new(operation.title());
    loop {
        match SqliteStore::open(place.store.folder()) {
            Ok(store) => return run_here(store, place, operation, &bar).await,
            Err(OpenError::InUse { .. }) => {}
            Err(error) => return Err(local::open_failure(error)),
        }
        if let Some(server) = client::Server::find(place.store.folder()).await {
            return server.run(&operation, &bar).await;
        }
        if began.elapsed() > PATIENCE {
            let folder = place.store.folder().display();
            return Err(Failure::No(format!(
                "{folder} is in use by a process that doesn't answer: a server that is starting or hangs, \
                 or another long command; try again when it is done"
            )));
        }
        tokio::time::sleep(POLL).await;
    }
}

async fn run_here(
    store: SqliteStore,
    place: &Place,
    operation: Operation,
    bar: &Bar,
) -> Result<Value, Failure> {
    let election = LocalElection::of(store, place, &[], SECOND_COPY_DELAY).await?;
    let answer = execute(&election, operation, &|done, total| bar.set(done, total)).await;
    election.store.close().await;
    answer.map_err(|error: OperationError| error.into())
}
