//! Owns `election init`: a new store with secrets of its own.

use std::path::{Path, PathBuf};

use election_core::definition::Definition;
use election_core::keys::{BallotSecret, MacSecret, RollSecret};
use election_service::ports::{Fingerprints, KeyVault, NewElection};
use election_sqlite::{KeyFile, SqliteStore};
use time::OffsetDateTime;

use crate::cli::Place;
use crate::failure::Failure;
use crate::faults;
use crate::local;

/// Creates an election.
pub(crate) async fn run(place: &Place, file: &Path) -> Result<(), Failure> {
    let (definition, bytes) = crate::definition::read(file)?;
    create(place, &definition, bytes).await
}

/// Where the secrets are kept.
pub(crate) fn keys_path(place: &Place) -> PathBuf {
    place
        .keys
        .clone()
        .unwrap_or_else(|| place.store.folder().join("keys.json"))
}

/// Creates an election of a checked definition; refused where one is already.
pub(crate) async fn create(place: &Place, definition: &Definition, bytes: Vec<u8>) -> Result<(), Failure> {
    let folder = place.store.folder();
    let store = SqliteStore::create(folder).map_err(local::open_failure)?;
    let elections = faults::elections(store.elections());
    if elections.load().await?.is_some() {
        store.close().await;
        let text = format!(
            "{} holds an election already; give another folder with --store",
            folder.display()
        );
        return Err(Failure::No(text));
    }
    // Keys of an `init` that was interrupted before the election was created are used again.
    let path = keys_path(place);
    let vault = match KeyFile::open(&path, definition.id()) {
        Ok(vault) => vault,
        Err(_) if !path.exists() => KeyFile::create(&path, definition.id()).map_err(local::keys_failure)?,
        Err(error) => return Err(local::keys_failure(error)),
    };
    let secrets = vault.secrets().await?;
    let ballot = secrets.ballot.ok_or_else(|| {
        Failure::Configuration(format!("{}: the ballot secret is destroyed", path.display()))
    })?;
    let fingerprints = Fingerprints {
        roll: RollSecret::new(&secrets.roll, definition.id())
            .fingerprint()
            .clone(),
        ballot: BallotSecret::new(&ballot, definition.id()).fingerprint().clone(),
        mac: MacSecret::new(&secrets.mac, definition.id(), definition.hash())
            .fingerprint()
            .clone(),
    };
    let created = elections
        .create(NewElection {
            definition: bytes,
            fingerprints,
            at: OffsetDateTime::now_utc(),
        })
        .await?;
    store.close().await;
    if created {
        Ok(())
    } else {
        Err(Failure::No(
            "another process created an election here at this moment".into(),
        ))
    }
}
