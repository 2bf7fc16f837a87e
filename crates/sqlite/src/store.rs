//! Owns how the adapters of one data folder hang together: who shares which file, and in what order they
//! are closed.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use election_core::identifiers::{ElectionHash, RegionName};
use election_service::ports::{BallotBox, Elections, VoterRoll};

use crate::ballot_index::BallotIndex;
use crate::ballots::SqliteBallotBox;
use crate::data_folder::{DataFolder, OpenError};
use crate::database::{self, Database};
use crate::elections::SqliteElections;
use crate::recorded::Recorded;
use crate::regions::{Regions, SqliteRegion};
use crate::roll::SqliteVoterRoll;
use crate::schema::ELECTION;

/// How long a received message stays leased.
pub const DEFAULT_VISIBILITY: Duration = Duration::from_secs(30);

/// An election's data folder, opened and locked. The adapters it gives out keep the folder locked, also
/// when this is dropped; [`Self::close`] ends them all.
pub struct SqliteStore {
    folder: Arc<DataFolder>,
    database: Arc<Database>,
    index: Arc<BallotIndex>,
    recorded: Arc<Recorded>,
    regions: Arc<Regions>,
    visibility: Duration,
}

impl SqliteStore {
    /// Opens a folder, creating it and the global file if they aren't there. What is there stays:
    /// [`Elections::create`] tells whether it holds an election already. Blocks.
    pub fn create(folder: &Path) -> Result<Self, OpenError> {
        let folder = DataFolder::create(folder)?;
        database::create_if_missing(&folder.election_file(), &ELECTION)?;
        Self::with_folder(folder)
    }

    /// Opens the folder of an election that was created before. Blocks.
    pub fn open(folder: &Path) -> Result<Self, OpenError> {
        Self::with_folder(DataFolder::open(folder)?)
    }

    fn with_folder(folder: DataFolder) -> Result<Self, OpenError> {
        let folder = Arc::new(folder);
        let index = Arc::new(BallotIndex::new());
        let file = folder.election_file();
        let database = Database::open(Arc::clone(&folder), &file, &ELECTION, Arc::clone(&index))?;
        let regions = Arc::new(Regions::new(Arc::clone(&folder)));
        Ok(Self {
            folder,
            database: Arc::new(database),
            index,
            recorded: Arc::new(Recorded::new()),
            regions,
            visibility: DEFAULT_VISIBILITY,
        })
    }

    /// Sets how long a received message stays leased in regions that are opened from now on.
    #[must_use]
    pub fn with_visibility(self, visibility: Duration) -> Self {
        Self { visibility, ..self }
    }

    /// Sets how many ballots' keys are kept in memory at most before they are written to the index of the ballots.
    #[must_use]
    pub fn with_recent_ballots(self, most: usize) -> Self {
        self.index.keep(most);
        self
    }

    /// The data folder's path.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The election's record.
    pub fn elections(&self) -> Arc<dyn Elections> {
        let regions = Arc::clone(&self.regions);
        Arc::new(SqliteElections {
            database: Arc::clone(&self.database),
            index: Arc::clone(&self.index),
            regions,
        })
    }

    /// The voter roll.
    pub fn voter_roll(&self) -> Arc<dyn VoterRoll> {
        Arc::new(SqliteVoterRoll {
            database: Arc::clone(&self.database),
        })
    }

    /// The ballot box of the election with this hash, which the conflict log's digests are made with.
    pub fn ballot_box(&self, election: ElectionHash) -> Arc<dyn BallotBox> {
        Arc::new(SqliteBallotBox {
            database: Arc::clone(&self.database),
            index: Arc::clone(&self.index),
            recorded: Arc::clone(&self.recorded),
            election,
        })
    }

    /// Opens a region's queue and tally, creating their file if it isn't there. A region that is open is
    /// given out again: its leases are one set, however many use it.
    pub async fn open_region(&self, region: &RegionName) -> Result<SqliteRegion, OpenError> {
        self.regions.open(region, self.visibility).await
    }

    /// Removes a region that is lost: fences it (what its writer had taken on completes, then every call
    /// fails) and deletes its files for good. Idempotent; to be repeated if it failed.
    pub async fn remove_region(&self, region: &RegionName) -> Result<(), OpenError> {
        self.regions.remove(region).await
    }

    /// Closes all files. What was taken on completes; further calls of the adapters give
    /// [`Unavailable`](election_service::ports::PortError::Unavailable).
    pub async fn close(&self) {
        self.regions.close().await;
        self.database.close().await;
    }
}
