//! Owns how a command reaches an election: in this process if nothing else uses the store, else through
//! the server that does.

mod client;
mod listener;
mod overview;
mod page;

use std::path::Path;
use std::time::{Duration, Instant};

use election_service::operations::OperationError;
use election_sqlite::{OpenError, SqliteStore};
use serde_json::Value;

pub(crate) use client::fetch_results;
pub(crate) use listener::Listener;

use crate::cli::Place;
use crate::election::Election;
use crate::failure::Failure;
use crate::local::{self, SECOND_COPY_DELAY};
use crate::operation::{Operation, execute};
use crate::progress::Bar;
#[cfg(feature = "aws")]
use crate::store::StoreUrl;

/// How long a store may be in use by something that isn't a server, such as another command.
const PATIENCE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(100);

/// Where a running server tells how to reach it, in its data folder.
pub(crate) fn address_file(folder: &Path) -> std::path::PathBuf {
    folder.join("operator.json")
}

/// Does an operation, wherever the election is open.
pub(crate) async fn run(place: &Place, operation: Operation) -> Result<Value, Failure> {
    let began = Instant::now();
    let bar = Bar::new(operation.title());
    #[cfg(feature = "aws")]
    if place.store == StoreUrl::Aws {
        return run_in(&crate::aws::open(place).await?, operation, &bar).await;
    }
    let folder = place.store.folder()?;
    loop {
        match SqliteStore::open(folder) {
            Ok(store) => {
                let election = local::open(store, place, &[], SECOND_COPY_DELAY).await?;
                return run_in(&election, operation, &bar).await;
            }
            Err(OpenError::InUse { .. }) => {}
            Err(error) => return Err(local::open_failure(error)),
        }
        if let Some(server) = client::Server::find(folder).await {
            return server.run(&operation, &bar).await;
        }
        if began.elapsed() > PATIENCE {
            return Err(Failure::No(format!(
                "{} is in use by a process that doesn't answer: a server that is starting or hangs, \
                 or another long command; try again when it is done",
                folder.display()
            )));
        }
        tokio::time::sleep(POLL).await;
    }
}

async fn run_in(election: &Election, operation: Operation, bar: &Bar) -> Result<Value, Failure> {
    let answer = execute(election, operation, &|done, total| bar.set(done, total)).await;
    election.close().await;
    answer.map_err(|error: OperationError| error.into())
}
