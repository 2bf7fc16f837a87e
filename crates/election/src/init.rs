//! Owns `election init`: a new store with secrets of its own.

use std::path::{Path, PathBuf};

use election_core::definition::Definition;
use election_core::keys::{BallotSecret, MacSecret, RollSecret};
use election_service::ports::{Fingerprints, KeyVault, NewElection, SecretBytes, Secrets};
use election_sqlite::{KeyFile, SqliteStore};
use time::OffsetDateTime;

use crate::cli::Place;
use crate::failure::Failure;
use crate::faults;
use crate::local;
use crate::store::StoreUrl;

/// Creates an election.
pub(crate) async fn run(place: &Place, file: &Path) -> Result<(), Failure> {
    let (definition, bytes) = crate::definition::read(file)?;
    match &place.store {
        StoreUrl::Folder(_) => create(place, &definition, bytes).await,
        #[cfg(feature = "aws")]
        StoreUrl::Aws => crate::aws::create(place, &definition, bytes).await,
    }
}

/// Where the secrets are kept.
pub(crate) fn keys_path(place: &Place) -> Result<PathBuf, Failure> {
    let folder = place.store.folder()?;
    Ok(place.keys.clone().unwrap_or_else(|| folder.join("keys.json")))
}

/// Creates an election of a checked definition; refused where one is already.
pub(crate) async fn create(place: &Place, definition: &Definition, bytes: Vec<u8>) -> Result<(), Failure> {
    let folder = place.store.folder()?;
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
    let path = keys_path(place)?;
    let vault = match KeyFile::open(&path, definition.id()) {
        Ok(vault) => vault,
        Err(_) if !path.exists() => KeyFile::create(&path, definition.id()).map_err(local::keys_failure)?,
        Err(error) => return Err(local::keys_failure(error)),
    };
    let secrets = vault.secrets().await?;
    let ballot = secrets.ballot.clone().ok_or_else(|| {
        Failure::Configuration(format!("{}: the ballot secret is destroyed", path.display()))
    })?;
    let election = new_election(definition, bytes, &secrets, &ballot);
    let created = elections.create(election).await?;
    store.close().await;
    if created {
        Ok(())
    } else {
        Err(Failure::No(
            "another process created an election here at this moment".into(),
        ))
    }
}

/// The election that a store is created with.
pub(crate) fn new_election(
    definition: &Definition,
    bytes: Vec<u8>,
    secrets: &Secrets,
    ballot: &SecretBytes,
) -> NewElection {
    let (id, hash) = (definition.id(), definition.hash());
    NewElection {
        definition: bytes,
        fingerprints: Fingerprints {
            roll: RollSecret::new(&secrets.roll, id).fingerprint().clone(),
            ballot: BallotSecret::new(ballot, id).fingerprint().clone(),
            mac: MacSecret::new(&secrets.mac, id, hash).fingerprint().clone(),
        },
        at: OffsetDateTime::now_utc(),
    }
}
