//! Owns the election's one record, the regions' states and the visits. A write that is refused looks whether the
//! item already has its own mark: then an earlier try persisted, and only its answer was lost.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use election_core::identifiers::RegionName;
use election_core::phase::Phase;
use election_service::ports::{
    ElectionRecord, Elections, NewElection, PhaseRecord, PortError, PortResult, RegionState,
};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use time::OffsetDateTime;

use crate::attributes::{
    Item, binary, instant, item, number, read_array, read_bytes, read_instant, read_number, read_text, text,
};
use crate::failure::{Pauses, corrupt, unavailable};
use crate::tables::{Expression, Projection, TableCalls, Written};

const ID: &str = "id";
const ELECTION: &str = "election";
const REGIONS: &str = "regions";
const VISITS: &str = "visits";

const DEFINITION: &str = "definition";
const FINGERPRINTS: &str = "fingerprints";
const PHASE: &str = "phase";
const SINCE: &str = "since";
/// The last change's own random mark.
const MARK: &str = "mark";
const KEYS_DESTROYED: &str = "keys_destroyed";
/// Which parts hold the certified counts, and how many.
const CERTIFIED: &str = "certified";
const PARTS: &str = "parts";
const PART: &str = "part";
const VERSION: &str = "version";
const STATES: &str = "states";
const COUNT: &str = "count";

/// An item has room for 400 KB with all its attributes.
const LONGEST_DEFINITION: usize = 350 * 1024;
const LONGEST_PART: usize = 300 * 1024;
const PARTS_AT_ONCE: usize = 8;

/// The election as kept in its table.
pub(crate) struct DynamoElections(pub(crate) TableCalls);

fn key(id: &str) -> Item {
    item([(ID, text(id))])
}

fn part_key(run: &str, part: u64) -> Item {
    key(&format!("certified#{run}#{part}"))
}

fn absent() -> Expression {
    Expression::new("attribute_not_exists(#id)", &[("#id", ID)])
}

fn no_election() -> PortError {
    unavailable("there is no election in the store")
}

fn new_mark() -> PortResult<[u8; 16]> {
    let mut mark = [0; 16];
    getrandom::fill(&mut mark).map_err(|_| unavailable("the operating system has no randomness"))?;
    Ok(mark)
}

/// Whether a write with this mark took effect: now, or before its answer was lost.
fn took_effect(written: &Written, mark: &[u8; 16]) -> bool {
    match written {
        Written::Done => true,
        Written::Refused(found) => read_array(found, MARK).as_ref() == Some(mark),
    }
}

fn read_phase(item: &Item) -> PortResult<PhaseRecord> {
    let phase = read_text(item, PHASE).and_then(Phase::parse);
    let record = phase.zip(read_instant(item, SINCE));
    let (phase, since) = record.ok_or_else(|| corrupt("the election's phase can't be read"))?;
    Ok(PhaseRecord { phase, since })
}

/// The phase alone; `None` before the election is created.
pub(crate) async fn stored_phase(elections: &TableCalls) -> PortResult<Option<Phase>> {
    let item = elections
        .get(key(ELECTION), Some(Projection(&[PHASE, SINCE])))
        .await?;
    Ok(item
        .as_ref()
        .map(read_phase)
        .transpose()?
        .map(|record| record.phase))
}

/// A list of regions and their states.
type States = Vec<(RegionName, RegionState)>;

impl DynamoElections {
    /// Moves to a phase, and sets what `sets` adds; false if the election isn't in phase `from`.
    async fn move_on(
        &self,
        from: Phase,
        to: Phase,
        at: OffsetDateTime,
        set: Option<(&str, u64)>,
    ) -> PortResult<bool> {
        let mark = new_mark()?;
        let update = match set {
            None => Expression::new(
                "SET #phase = :to, #since = :since, #mark = :mark",
                &[("#phase", PHASE), ("#since", SINCE), ("#mark", MARK)],
            ),
            Some((run, parts)) => Expression::new(
                "SET #phase = :to, #since = :since, #mark = :mark, #run = :run, #parts = :parts",
                &[
                    ("#phase", PHASE),
                    ("#since", SINCE),
                    ("#mark", MARK),
                    ("#run", CERTIFIED),
                    ("#parts", PARTS),
                ],
            )
            .with(":run", text(run))
            .with(":parts", number(parts)),
        };
        let update = update
            .with(":to", text(to.as_str()))
            .with(":since", instant(at))
            .with(":mark", binary(&mark));
        let is_in = Expression::new("#phase = :from", &[("#phase", PHASE)]);
        let is_in = is_in.with(":from", text(from.as_str()));
        let written = self.0.update(key(ELECTION), &update, &is_in).await?;
        Ok(took_effect(&written, &mark))
    }

    /// The certified counts, put together from their parts.
    async fn certified(&self, election: &Item) -> PortResult<Option<Vec<u8>>> {
        let Some(run) = read_text(election, CERTIFIED) else {
            return Ok(None);
        };
        let unreadable = || corrupt("the certified counts can't be read");
        let parts = read_number(election, PARTS).ok_or_else(unreadable)?;
        let parts: Vec<_> = (0..parts)
            .map(|part| self.0.get(part_key(run, part), None))
            .collect();
        let parts: Vec<Option<Item>> = stream::iter(parts).buffered(PARTS_AT_ONCE).try_collect().await?;
        let mut counts = Vec::new();
        for part in &parts {
            let part = part.as_ref().and_then(|part| read_bytes(part, PART));
            counts.extend_from_slice(part.ok_or_else(unreadable)?);
        }
        Ok(Some(counts))
    }

    /// The regions' states, and the version to put others on.
    async fn regions(&self) -> PortResult<(States, u64)> {
        let Some(item) = self.0.get(key(REGIONS), None).await? else {
            return Ok((Vec::new(), 0));
        };
        let states = read_text(&item, STATES).and_then(|states| serde_json::from_str(states).ok());
        let read = states.zip(read_number(&item, VERSION));
        read.ok_or_else(|| corrupt("the regions' states can't be read"))
    }
}

#[async_trait]
impl Elections for DynamoElections {
    async fn create(&self, election: NewElection) -> PortResult<bool> {
        if election.definition.len() > LONGEST_DEFINITION {
            let most = LONGEST_DEFINITION / 1024;
            return Err(unavailable(&format!(
                "the definition is too large: DynamoDB has room for {most} KB of it"
            )));
        }
        let fingerprints = serde_json::to_string(&election.fingerprints);
        let fingerprints = fingerprints.map_err(|_| unavailable("the fingerprints can't be written"))?;
        let mark = new_mark()?;
        let created = item([
            (ID, text(ELECTION)),
            (DEFINITION, binary(&election.definition)),
            (FINGERPRINTS, text(&fingerprints)),
            (PHASE, text(Phase::PreElection.as_str())),
            (SINCE, instant(election.at)),
            (MARK, binary(&mark)),
            (KEYS_DESTROYED, AttributeValue::Bool(false)),
        ]);
        let written = self.0.put(created, Some(absent())).await?;
        Ok(took_effect(&written, &mark))
    }

    async fn load(&self) -> PortResult<Option<ElectionRecord>> {
        let Some(item) = self.0.get(key(ELECTION), None).await? else {
            return Ok(None);
        };
        let unreadable = || corrupt("the election's record can't be read");
        let fingerprints = read_text(&item, FINGERPRINTS).ok_or_else(unreadable)?;
        let keys_destroyed = item
            .get(KEYS_DESTROYED)
            .and_then(|destroyed| destroyed.as_bool().ok());
        Ok(Some(ElectionRecord {
            definition: read_bytes(&item, DEFINITION).ok_or_else(unreadable)?.to_vec(),
            fingerprints: serde_json::from_str(fingerprints).map_err(|_| unreadable())?,
            phase: read_phase(&item)?,
            certified: self.certified(&item).await?,
            keys_destroyed: *keys_destroyed.ok_or_else(unreadable)?,
        }))
    }

    async fn phase(&self) -> PortResult<PhaseRecord> {
        let found = self
            .0
            .get(key(ELECTION), Some(Projection(&[PHASE, SINCE])))
            .await?;
        read_phase(&found.ok_or_else(no_election)?)
    }

    async fn change_phase(&self, from: Phase, to: Phase, at: OffsetDateTime) -> PortResult<bool> {
        self.move_on(from, to, at, None).await
    }

    /// The counts are written first, under a name that nothing knows before the one write that certifies.
    async fn certify(&self, counts: Vec<u8>, at: OffsetDateTime) -> PortResult<bool> {
        let phase = stored_phase(&self.0).await?;
        if phase != Some(Phase::Certifying) {
            return Ok(false);
        }
        let run: String = new_mark()?.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut parts = 0;
        for part in counts.chunks(LONGEST_PART) {
            let mut written = part_key(&run, parts);
            written.insert(PART.to_owned(), binary(part));
            self.0.put(written, None).await?;
            parts += 1;
        }
        let (from, to) = (Phase::Certifying, Phase::Certified);
        self.move_on(from, to, at, Some((&run, parts))).await
    }

    /// The box has no order that could be joined with the time of voting, and nobody may rewrite it.
    async fn keys_destroyed(&self) -> PortResult<()> {
        let note = Expression::new("SET #destroyed = :yes", &[("#destroyed", KEYS_DESTROYED)]);
        let note = note.with(":yes", AttributeValue::Bool(true));
        let exists = Expression::new("attribute_exists(#id)", &[("#id", ID)]);
        match self.0.update(key(ELECTION), &note, &exists).await? {
            Written::Done => Ok(()),
            Written::Refused(_) => Err(no_election()),
        }
    }

    async fn region_states(&self) -> PortResult<States> {
        Ok(self.regions().await?.0)
    }

    async fn declare_region(&self, region: &RegionName, state: RegionState) -> PortResult<bool> {
        let mut pauses = Pauses::default();
        loop {
            let (mut states, version) = self.regions().await?;
            match states.iter_mut().find(|(name, _)| name == region) {
                // Also after a lost answer.
                Some((_, declared)) if *declared == state => return Ok(true),
                Some((_, RegionState::Lost)) => return Ok(false),
                Some((_, declared)) => *declared = state,
                None => states.push((region.clone(), state)),
            }
            let states = serde_json::to_string(&states);
            let states = states.map_err(|_| unavailable("the regions' states can't be written"))?;
            let mut regions = key(REGIONS);
            regions.extend(item([(STATES, text(&states)), (VERSION, number(version + 1))]));
            let unchanged = if version == 0 {
                absent()
            } else {
                Expression::new("#version = :version", &[("#version", VERSION)])
                    .with(":version", number(version))
            };
            if let Written::Done = self.0.put(regions, Some(unchanged)).await? {
                return Ok(true);
            }
            if !pauses.pause().await {
                return Err(unavailable("others kept declaring regions at the same time"));
            }
        }
    }

    async fn add_visit(&self) -> PortResult<u64> {
        let counted = self.0.increment(key(VISITS), COUNT).await?;
        read_number(&counted, COUNT).ok_or_else(|| corrupt("the visits can't be read"))
    }

    async fn visits(&self) -> PortResult<u64> {
        let Some(item) = self.0.get(key(VISITS), None).await? else {
            return Ok(0);
        };
        read_number(&item, COUNT).ok_or_else(|| corrupt("the visits can't be read"))
    }
}
