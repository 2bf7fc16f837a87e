//! Owns the regions' files: which are open, and how one is removed for good.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use election_core::identifiers::RegionName;
use election_service::ports::{Intake, PortError, PortResult, TallyStore};
use tokio::sync::Mutex;

use crate::data_folder::{DataFolder, OpenError};
use crate::database::{self, Database};
use crate::failure::unavailable;
use crate::queue::SqliteIntake;
use crate::schema::REGION;
use crate::tallies::SqliteTallies;

/// What one region has for itself.
#[derive(Clone)]
pub struct SqliteRegion {
    /// The region's queue.
    pub intake: Arc<dyn Intake>,
    /// The region's tally.
    pub tallies: Arc<dyn TallyStore>,
}

struct OpenRegion {
    database: Arc<Database>,
    intake: Arc<SqliteIntake>,
    region: SqliteRegion,
}

impl OpenRegion {
    async fn close(&self) {
        // In this order: whoever is woken finds the file closed.
        self.database.close().await;
        self.intake.wake();
    }
}

/// The regions of a data folder.
pub(crate) struct Regions {
    folder: Arc<DataFolder>,
    // Held while a region is opened, removed or compacted, so that these never happen at once.
    open: Mutex<BTreeMap<RegionName, OpenRegion>>,
}

/// Opens or removes files on a thread that may block.
async fn blocking<T: Send + 'static>(
    path: &Path,
    work: impl FnOnce() -> Result<T, OpenError> + Send + 'static,
) -> Result<T, OpenError> {
    let result = tokio::task::spawn_blocking(work).await;
    result.unwrap_or_else(|error| Err(OpenError::io(path)(std::io::Error::other(error))))
}

impl Regions {
    pub(crate) fn new(folder: Arc<DataFolder>) -> Self {
        Self {
            folder,
            open: Mutex::default(),
        }
    }

    async fn open_file(&self, name: &RegionName) -> Result<Arc<Database>, OpenError> {
        let folder = Arc::clone(&self.folder);
        let file = folder.region_file(name);
        let open = move || {
            let file = file;
            database::create_if_missing(&file, &REGION)?;
            Database::open(folder, &file, &REGION, ()).map(Arc::new)
        };
        blocking(self.folder.path(), open).await
    }

    pub(crate) async fn open(
        &self,
        name: &RegionName,
        visibility: Duration,
    ) -> Result<SqliteRegion, OpenError> {
        let mut open = self.open.lock().await;
        if let Some(open) = open.get(name) {
            return Ok(open.region.clone());
        }
        let database = self.open_file(name).await?;
        let intake = SqliteIntake::open(Arc::clone(&database), visibility)
            .await
            .map_err(|error| match error {
                PortError::Corrupt(_) => OpenError::NotADatabase {
                    file: self.folder.region_file(name),
                },
                error => OpenError::io(&self.folder.region_file(name))(std::io::Error::other(error)),
            })?;
        let intake = Arc::new(intake);
        let tallies = Arc::new(SqliteTallies {
            database: Arc::clone(&database),
        });
        let region = SqliteRegion {
            intake: Arc::<SqliteIntake>::clone(&intake),
            tallies,
        };
        open.insert(
            name.clone(),
            OpenRegion {
                database,
                intake,
                region: region.clone(),
            },
        );
        Ok(region)
    }

    pub(crate) async fn remove(&self, name: &RegionName) -> Result<(), OpenError> {
        let mut open = self.open.lock().await;
        if let Some(region) = open.remove(name) {
            region.close().await;
        }
        let file = self.folder.region_file(name);
        blocking(self.folder.path(), move || database::remove(&file)).await
    }

    /// Leaves no trace of what left the queues, in the files of closed regions either.
    pub(crate) async fn compact(&self) -> PortResult<()> {
        let open = self.open.lock().await;
        let names = self
            .folder
            .regions()
            .map_err(|_| unavailable("the data folder can't be read"))?;
        for name in names {
            if let Some(region) = open.get(&name) {
                region.database.write_alone(database::compact).await?;
                continue;
            }
            let database = self.open_file(&name).await;
            let database = database.map_err(|_| unavailable("a closed region's file can't be opened"))?;
            let compacted = database.write_alone(database::compact).await;
            database.close().await;
            compacted?;
        }
        Ok(())
    }

    pub(crate) async fn close(&self) {
        for region in std::mem::take(&mut *self.open.lock().await).values() {
            region.close().await;
        }
    }
}
