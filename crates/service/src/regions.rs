//! Owns which regions there are and what may be asked of each: a failed or lost region serves nothing,
//! and what a lost one held can't be reached any more.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use election_core::identifiers::RegionName;

use crate::ports::{Elections, Intake, PortError, RegionState, TallyStore};
use crate::reading_time::ReadingTime;

/// How old the states may be that another process declared.
pub const STATES_CACHE: Duration = Duration::from_secs(5);
/// The longest that reading them may delay a request.
const READING: Duration = Duration::from_secs(2);
/// When reading them is tried again after it failed.
const RETRY: Duration = Duration::from_secs(1);

/// What a region has for itself alone.
#[derive(Clone)]
pub struct RegionStores {
    /// Its queue.
    pub intake: Arc<dyn Intake>,
    /// Its tally.
    pub tallies: Arc<dyn TallyStore>,
}

struct Situation {
    state: RegionState,
    stores: Option<RegionStores>,
}

/// One region.
pub struct Region {
    name: RegionName,
    situation: RwLock<Situation>,
    /// Held while its tally is read, folded on and written: see [`Self::folding`].
    folding: tokio::sync::Mutex<()>,
}

impl Region {
    /// A region in a state; a lost one has no stores.
    pub fn new(name: RegionName, state: RegionState, stores: Option<RegionStores>) -> Self {
        let stores = stores.filter(|_| state != RegionState::Lost);
        Self {
            name,
            situation: RwLock::new(Situation { state, stores }),
            folding: tokio::sync::Mutex::default(),
        }
    }

    /// The region's name.
    pub fn name(&self) -> &RegionName {
        &self.name
    }

    /// The region's state now.
    pub fn state(&self) -> RegionState {
        self.read(|situation| situation.state)
    }

    /// Whether requests, work and second copies may go there.
    pub fn is_active(&self) -> bool {
        self.state() == RegionState::Active
    }

    /// The region's queue, for work: only while it is active.
    pub fn active_intake(&self) -> Option<Arc<dyn Intake>> {
        self.active_stores().map(|stores| stores.intake)
    }

    /// What the region has, for work: only while it is active.
    pub fn active_stores(&self) -> Option<RegionStores> {
        self.read(|situation| {
            situation
                .stores
                .clone()
                .filter(|_| situation.state == RegionState::Active)
        })
    }

    /// What the region has, for accounting: also while it is failed, never once it is lost.
    pub fn kept_stores(&self) -> Option<RegionStores> {
        self.read(|situation| situation.stores.clone())
    }

    /// Waits until nobody else in this process folds on its tally. The store's condition keeps two folders
    /// from counting a record twice; it can't keep one that read a wrong tally from writing over the one
    /// that was made anew meanwhile and reaches the same place.
    pub(crate) async fn folding(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.folding.lock().await
    }

    /// Changes the state, after it was declared in the store. A lost region's stores are let go.
    pub(crate) fn become_state(&self, state: RegionState) {
        let mut situation = self.situation.write().unwrap_or_else(PoisonError::into_inner);
        situation.state = state;
        if state == RegionState::Lost {
            situation.stores = None;
        }
    }

    fn read<T>(&self, of: impl FnOnce(&Situation) -> T) -> T {
        of(&self.situation.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// All regions of an election, the nearest to an unprefixed request first.
#[derive(Clone, Default)]
pub struct Regions(Arc<[Arc<Region>]>);

impl Regions {
    /// The regions in the order of preference.
    pub fn new(regions: impl IntoIterator<Item = Arc<Region>>) -> Self {
        Self(regions.into_iter().collect())
    }

    /// All of them, lost ones too.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Region>> {
        self.0.iter()
    }

    /// The region of a name.
    pub fn named(&self, name: &str) -> Option<&Arc<Region>> {
        self.iter().find(|region| region.name.as_str() == name)
    }

    /// The region that latency routing would send a request to.
    pub fn nearest_active(&self) -> Option<&Arc<Region>> {
        self.iter().find(|region| region.is_active())
    }

    /// The active regions other than `own`, beginning with the one after it, so that second copies spread.
    pub fn peers_of<'a>(&'a self, own: &'a RegionName) -> impl Iterator<Item = &'a Arc<Region>> {
        let start = self
            .iter()
            .position(|region| region.name() == own)
            .map_or(0, |position| position + 1);
        self.0[start..]
            .iter()
            .chain(&self.0[..start])
            .filter(move |region| region.name() != own && region.is_active())
    }
}

/// Takes over the states that operators declare in another process, at most [`STATES_CACHE`] old whenever
/// something is asked of a region.
pub struct DeclaredStates {
    elections: Arc<dyn Elections>,
    regions: Regions,
    /// When they were last asked for, and for how long that is enough.
    asked: tokio::sync::Mutex<(ReadingTime, Duration)>,
}

impl DeclaredStates {
    /// Follows the store for these regions, whose states are as it has them now.
    pub fn new(elections: Arc<dyn Elections>, regions: Regions) -> Self {
        let asked = tokio::sync::Mutex::new((ReadingTime::now(), STATES_CACHE));
        Self {
            elections,
            regions,
            asked,
        }
    }

    /// Takes over what was declared, if that is due. If it can't be read, the states stay as they were: then
    /// the phase can't be read either, without which no vote is accepted.
    pub async fn refresh(&self) {
        let mut asked = self.asked.lock().await;
        let (last, enough) = *asked;
        if last.is_within(enough) {
            return;
        }
        let now = ReadingTime::now();
        let read = tokio::time::timeout(READING, self.elections.region_states()).await;
        match read.unwrap_or(Err(PortError::Overloaded)) {
            Ok(states) => {
                for (name, state) in states {
                    if let Some(region) = self.regions.named(name.as_str()) {
                        region.become_state(state);
                    }
                }
                *asked = (now, STATES_CACHE);
            }
            Err(error) => {
                tracing::warn!(%error, "the regions' states can't be read; they stay as they were");
                *asked = (ReadingTime::now(), RETRY);
            }
        }
    }
}
