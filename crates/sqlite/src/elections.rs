//! Owns the election's one record, the regions' states and the visits.

use std::sync::Arc;

use async_trait::async_trait;
use election_core::identifiers::RegionName;
use election_core::phase::Phase;
use election_service::ports::{ElectionRecord, Elections, NewElection, PhaseRecord, PortResult, RegionState};
use rusqlite::{Connection, OptionalExtension, Row, params};
use time::OffsetDateTime;

use crate::ballot_index::BallotIndex;
use crate::columns::{add_to_counter, counter, nanoseconds, time_of};
use crate::database::{self, Database};
use crate::failure::{Failure, corrupt, unavailable};
use crate::regions::Regions;

const VISITS: &str = "visits";

/// The election as kept in the global file.
pub(crate) struct SqliteElections {
    pub(crate) database: Arc<Database>,
    pub(crate) index: Arc<BallotIndex>,
    /// Their files, too, hold traces of an order once.
    pub(crate) regions: Arc<Regions>,
}

/// The phase alone; `None` before the election is created.
pub(crate) fn stored_phase(connection: &Connection) -> Result<Option<Phase>, Failure> {
    let mut statement = connection.prepare_cached("SELECT phase FROM elections")?;
    let mut rows = statement.query([])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let phase = Phase::parse(row.get_ref(0)?.as_str().unwrap_or_default());
    phase
        .map(Some)
        .ok_or_else(|| corrupt("the election's phase is none").into())
}

fn phase_record(phase: &str, since: i64) -> Result<PhaseRecord, Failure> {
    let phase = Phase::parse(phase).ok_or_else(|| corrupt("the election's phase is none"))?;
    Ok(PhaseRecord {
        phase,
        since: time_of(since)?,
    })
}

fn no_election() -> Failure {
    unavailable("there is no election in the store").into()
}

fn read_record(row: &Row<'_>) -> Result<ElectionRecord, Failure> {
    let fingerprints = serde_json::from_str(row.get_ref("fingerprints")?.as_str().unwrap_or_default());
    Ok(ElectionRecord {
        definition: row.get("definition")?,
        fingerprints: fingerprints.map_err(|_| corrupt("the fingerprints can't be read"))?,
        phase: phase_record(&row.get::<_, String>("phase")?, row.get("phase_since")?)?,
        certified: row.get("certified")?,
        keys_destroyed: row.get("keys_destroyed")?,
    })
}

fn are_keys_destroyed(connection: &Connection) -> Result<bool, Failure> {
    let found = connection
        .query_row("SELECT keys_destroyed FROM elections", [], |row| row.get(0))
        .optional()?;
    found.ok_or_else(no_election)
}

#[async_trait]
impl Elections for SqliteElections {
    async fn create(&self, election: NewElection) -> PortResult<bool> {
        let fingerprints = serde_json::to_string(&election.fingerprints);
        let fingerprints = fingerprints.map_err(|_| unavailable("the fingerprints can't be written"))?;
        let at = nanoseconds(election.at)?;
        let create = move |connection: &Connection| {
            let inserted = connection.execute(
                "INSERT INTO elections (id, definition, fingerprints, phase, phase_since)
                 VALUES (1, ?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
                params![election.definition, fingerprints, Phase::PreElection.as_str(), at],
            )?;
            Ok(inserted == 1)
        };
        self.database.write(create).await
    }

    async fn load(&self) -> PortResult<Option<ElectionRecord>> {
        let load = |connection: &Connection| {
            let mut statement = connection.prepare_cached("SELECT * FROM elections")?;
            let mut rows = statement.query([])?;
            rows.next()?.map(read_record).transpose()
        };
        self.database.read(load).await
    }

    async fn phase(&self) -> PortResult<PhaseRecord> {
        let phase = |connection: &Connection| {
            let mut statement = connection.prepare_cached("SELECT phase, phase_since FROM elections")?;
            let found = statement
                .query_row([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))
                .optional()?;
            let (phase, since) = found.ok_or_else(no_election)?;
            phase_record(&phase, since)
        };
        self.database.read(phase).await
    }

    async fn change_phase(&self, from: Phase, to: Phase, at: OffsetDateTime) -> PortResult<bool> {
        let at = nanoseconds(at)?;
        let change = move |connection: &Connection| {
            let changed = connection.execute(
                "UPDATE elections SET phase = ?1, phase_since = ?2 WHERE phase = ?3",
                params![to.as_str(), at, from.as_str()],
            )?;
            Ok(changed == 1)
        };
        self.database.write(change).await
    }

    async fn certify(&self, counts: Vec<u8>, at: OffsetDateTime) -> PortResult<bool> {
        let at = nanoseconds(at)?;
        let certify = move |connection: &Connection| {
            let changed = connection.execute(
                "UPDATE elections SET phase = ?1, phase_since = ?2, certified = ?3 WHERE phase = ?4",
                params![Phase::Certified.as_str(), at, counts, Phase::Certifying.as_str()],
            )?;
            Ok(changed == 1)
        };
        self.database.write(certify).await
    }

    async fn keys_destroyed(&self) -> PortResult<()> {
        if self.database.read(are_keys_destroyed).await? {
            return Ok(());
        }
        // It is noted last: if any of this fails, all of it is done again.
        let index = Arc::clone(&self.index);
        let rewrite = move |connection: &Connection| {
            index.rewrite_in_key_order(connection)?;
            database::compact(connection)
        };
        self.database.write_alone(rewrite).await?;
        self.regions.compact().await?;
        let note = |connection: &Connection| {
            connection.execute("UPDATE elections SET keys_destroyed = 1", [])?;
            Ok(())
        };
        self.database.write(note).await
    }

    async fn region_states(&self) -> PortResult<Vec<(RegionName, RegionState)>> {
        let states = |connection: &Connection| {
            let mut statement =
                connection.prepare_cached("SELECT name, state FROM regions ORDER BY position")?;
            let mut rows = statement.query([])?;
            let mut states = Vec::new();
            while let Some(row) = rows.next()? {
                let name = RegionName::parse(&row.get::<_, String>(0)?).ok();
                let state = RegionState::parse(&row.get::<_, String>(1)?);
                states.push(
                    name.zip(state)
                        .ok_or_else(|| corrupt("a region's state can't be read"))?,
                );
            }
            Ok(states)
        };
        self.database.read(states).await
    }

    async fn declare_region(&self, region: &RegionName, state: RegionState) -> PortResult<bool> {
        let region = region.clone();
        let declare = move |connection: &Connection| {
            let changed = connection.execute(
                "INSERT INTO regions (name, state, position)
                 VALUES (?1, ?2, (SELECT coalesce(max(position), 0) + 1 FROM regions))
                 ON CONFLICT (name) DO UPDATE SET state = excluded.state
                 WHERE regions.state <> ?3 OR excluded.state = ?3",
                params![region.as_str(), state.as_str(), RegionState::Lost.as_str()],
            )?;
            Ok(changed == 1)
        };
        self.database.write(declare).await
    }

    async fn add_visit(&self) -> PortResult<u64> {
        self.database
            .write(|connection| add_to_counter(connection, VISITS))
            .await
    }

    async fn visits(&self) -> PortResult<u64> {
        self.database.read(|connection| counter(connection, VISITS)).await
    }
}
