//! Owns the voter roll. A person's item is the one truth of them and is changed by single conditional writes; a
//! voter key's item only points to a person, is written first, and means nothing unless that person knows the
//! key. Never reads a record's content.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use async_trait::async_trait;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use election_core::identifiers::JurisdictionId;
use election_core::keys::{PersonId, VoterKey};
use election_core::voter_record::{EncryptedVoterRecord, KeyBatchId};
use election_service::ports::{
    AddOutcome, NewVoter, Person, PortError, PortResult, Registration, VoterRoll, WrappedDataKey,
};
use futures_util::stream::{self, StreamExt, TryStreamExt};

use crate::attributes::{Item, binary, item, read_array, read_bytes, read_text, text};
use crate::failure::{Pauses, corrupt, unavailable};
use crate::tables::{Expression, Projection, Scan, TableCalls, Written};

const ID: &str = "id";
const VOTER_KEY: &str = "voter_key";
/// The voter keys of letters that were replaced.
const EARLIER: &str = "earlier";
const JURISDICTION: &str = "jurisdiction";
const RECORD: &str = "record";
/// The random mark of the call that last changed the item's keys: after a lost answer it tells whose change it was.
const MARK: &str = "mark";
const PERSON: &str = "person";
const WRAPPED: &str = "wrapped";

/// How many voters of one call are written at once.
const AT_ONCE: usize = 96;
/// How often each of them is tried to be added.
const TRIES: u32 = 3;

/// The roll as kept in its table.
pub(crate) struct DynamoRoll(pub(crate) TableCalls);

/// Tells the writes of one call from all others'.
type Mark = [u8; 8];

fn new_mark() -> PortResult<Mark> {
    let mut mark = [0; 8];
    getrandom::fill(&mut mark).map_err(|_| unavailable("the operating system has no randomness"))?;
    Ok(mark)
}

fn key(kind: u8, id: &[u8]) -> Item {
    let mut bytes = vec![kind];
    bytes.extend_from_slice(id);
    item([(ID, binary(&bytes))])
}

fn person_key(person: &PersonId) -> Item {
    key(b'p', &person.0)
}

fn pointer_key(voter_key: &VoterKey) -> Item {
    key(b'v', &voter_key.0)
}

fn data_key_key(batch: KeyBatchId) -> Item {
    key(b'k', &batch.0)
}

/// What an item's key names, if it is of that kind.
fn read_id<const N: usize>(item: &Item, kind: u8) -> Option<[u8; N]> {
    let (first, id) = read_bytes(item, ID)?.split_first()?;
    (*first == kind).then(|| id.try_into().ok()).flatten()
}

fn unreadable() -> PortError {
    corrupt("a person on the roll can't be read")
}

fn read_jurisdiction(item: &Item) -> PortResult<JurisdictionId> {
    let jurisdiction = read_text(item, JURISDICTION).and_then(|text| JurisdictionId::parse(text).ok());
    jurisdiction.ok_or_else(unreadable)
}

fn read_voter_key(item: &Item) -> PortResult<VoterKey> {
    read_array(item, VOTER_KEY).map(VoterKey).ok_or_else(unreadable)
}

fn read_person(item: &Item) -> PortResult<Person> {
    Ok(Person {
        voter_key: read_voter_key(item)?,
        jurisdiction: read_jurisdiction(item)?,
        record: EncryptedVoterRecord(read_bytes(item, RECORD).ok_or_else(unreadable)?.to_vec()),
    })
}

/// Whether a letter with this key was replaced by another.
fn is_earlier(item: &Item, voter_key: &VoterKey) -> bool {
    let earlier = item.get(EARLIER).and_then(|earlier| earlier.as_bs().ok());
    earlier.is_some_and(|earlier| earlier.iter().any(|key| key.as_ref() == voter_key.0))
}

/// Voters with their places in a call.
type Placed = Vec<(usize, NewVoter)>;

/// Splits voters into those that share neither person nor key with one before them, and the others.
fn first_of_each(voters: Placed) -> (Placed, Placed) {
    let (mut persons, mut keys) = (HashSet::new(), HashSet::new());
    voters.into_iter().partition(|(_, voter)| {
        let (is_new_person, is_new_key) = (persons.insert(voter.id.0), keys.insert(voter.person.voter_key.0));
        is_new_person && is_new_key
    })
}

impl DynamoRoll {
    /// Points from a voter key to a person; false if it points to another.
    async fn point(&self, voter_key: &VoterKey, person: &PersonId) -> PortResult<bool> {
        let mut pointer = pointer_key(voter_key);
        pointer.insert(PERSON.to_owned(), binary(&person.0));
        let free = Expression::new(
            "attribute_not_exists(#id) OR #person = :person",
            &[("#id", ID), ("#person", PERSON)],
        );
        let free = free.with(":person", binary(&person.0));
        Ok(matches!(self.0.put(pointer, Some(free)).await?, Written::Done))
    }

    /// Adds one voter of many, with more patience than one call has: the others would have to be added again.
    async fn add_patiently(
        &self,
        place: usize,
        voter: NewVoter,
        mark: Mark,
    ) -> PortResult<(usize, AddOutcome)> {
        let mut pauses = Pauses::default();
        for _ in 1..TRIES {
            match self.add_one(&voter, mark).await {
                Err(PortError::Overloaded | PortError::Unavailable(_)) if pauses.pause().await => {}
                outcome => return Ok((place, outcome?)),
            }
        }
        Ok((place, self.add_one(&voter, mark).await?))
    }

    /// Adds one voter. May be repeated with the same mark.
    async fn add_one(&self, voter: &NewVoter, mark: Mark) -> PortResult<AddOutcome> {
        let person = &voter.person;
        if !self.point(&person.voter_key, &voter.id).await? {
            let is_on_roll = self
                .0
                .get(person_key(&voter.id), Some(Projection(&[ID])))
                .await?
                .is_some();
            let outcome = if is_on_roll {
                AddOutcome::PersonExists
            } else {
                AddOutcome::VoterKeyTaken
            };
            return Ok(outcome);
        }
        let mut added = person_key(&voter.id);
        added.extend(item([
            (VOTER_KEY, binary(&person.voter_key.0)),
            (JURISDICTION, text(person.jurisdiction.as_str())),
            (RECORD, binary(&person.record.0)),
            (MARK, binary(&mark)),
        ]));
        let absent = Expression::new("attribute_not_exists(#id)", &[("#id", ID)]);
        Ok(match self.0.put(added, Some(absent)).await? {
            Written::Done => AddOutcome::Added,
            // Each person is in a round once: it is this very write, whose answer was lost.
            Written::Refused(found) if read_array(&found, MARK) == Some(mark) => AddOutcome::Added,
            Written::Refused(_) => AddOutcome::PersonExists,
        })
    }

    /// Adds voters that have nothing in common. Those on the roll are found out by reading, which is cheap.
    async fn add_round(&self, voters: Placed) -> PortResult<Vec<(usize, AddOutcome)>> {
        let mark = new_mark()?;
        let keys = voters.iter().map(|(_, voter)| person_key(&voter.id)).collect();
        let found = self.0.batch_get(keys, Some(Projection(&[ID]))).await?;
        let on_roll: HashSet<[u8; 16]> = found.iter().filter_map(|item| read_id(item, b'p')).collect();
        let (existing, new): (Vec<_>, Vec<_>) = voters
            .into_iter()
            .partition(|(_, voter)| on_roll.contains(&voter.id.0));
        let added = new
            .into_iter()
            .map(|(place, voter)| self.add_patiently(place, voter, mark));
        let added: Vec<_> = added.collect();
        let mut outcomes: Vec<_> = stream::iter(added)
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await?;
        outcomes.extend(
            existing
                .into_iter()
                .map(|(place, _)| (place, AddOutcome::PersonExists)),
        );
        Ok(outcomes)
    }
}

#[async_trait]
impl VoterRoll for DynamoRoll {
    async fn find(&self, key: &VoterKey) -> PortResult<Option<Registration>> {
        let Some(pointer) = self.0.get(pointer_key(key), None).await? else {
            return Ok(None);
        };
        let person = PersonId(read_array(&pointer, PERSON).ok_or_else(unreadable)?);
        let projection = Projection(&[VOTER_KEY, EARLIER, JURISDICTION]);
        let Some(item) = self.0.get(person_key(&person), Some(projection)).await? else {
            return Ok(None);
        };
        let is_valid = read_voter_key(&item)? == *key;
        // A pointer whose person doesn't know the key was left behind by a write that didn't go on.
        if !is_valid && !is_earlier(&item, key) {
            return Ok(None);
        }
        Ok(Some(Registration {
            person,
            jurisdiction: read_jurisdiction(&item)?,
            revoked: !is_valid,
        }))
    }

    async fn persons(&self, ids: &[PersonId]) -> PortResult<Vec<Option<Person>>> {
        let different: BTreeSet<&PersonId> = ids.iter().collect();
        let keys = different.into_iter().map(person_key).collect();
        let mut persons: HashMap<[u8; 16], Person> = HashMap::new();
        for item in self.0.batch_get(keys, None).await? {
            persons.insert(read_id(&item, b'p').ok_or_else(unreadable)?, read_person(&item)?);
        }
        Ok(ids.iter().map(|id| persons.get(&id.0).cloned()).collect())
    }

    async fn taken(&self, keys: &[VoterKey]) -> PortResult<Vec<bool>> {
        let different: BTreeSet<&VoterKey> = keys.iter().collect();
        let different = different.into_iter().map(pointer_key).collect();
        let found = self.0.batch_get(different, Some(Projection(&[ID]))).await?;
        let found: HashSet<[u8; 32]> = found.iter().filter_map(|item| read_id(item, b'v')).collect();
        Ok(keys.iter().map(|key| found.contains(&key.0)).collect())
    }

    async fn add(&self, voters: Vec<NewVoter>) -> PortResult<Vec<AddOutcome>> {
        let mut rest: Placed = voters.into_iter().enumerate().collect();
        let mut outcomes = Vec::with_capacity(rest.len());
        while !rest.is_empty() {
            let (round, later) = first_of_each(rest);
            outcomes.extend(self.add_round(round).await?);
            rest = later;
        }
        outcomes.sort_by_key(|(place, _)| *place);
        Ok(outcomes.into_iter().map(|(_, outcome)| outcome).collect())
    }

    async fn reissue(&self, person: &PersonId, old: &VoterKey, new: &VoterKey) -> PortResult<bool> {
        let projection = Projection(&[VOTER_KEY, EARLIER]);
        let Some(found) = self.0.get(person_key(person), Some(projection)).await? else {
            return Ok(false);
        };
        if read_voter_key(&found)? != *old {
            return Ok(false);
        }
        let taken = || unavailable("the new voter key is taken");
        if new == old || is_earlier(&found, new) || !self.point(new, person).await? {
            return Err(taken());
        }
        let mark = new_mark()?;
        let revoked = AttributeValue::Bs(vec![Blob::new(old.0)]);
        let reissue = Expression::new(
            "SET #key = :new, #mark = :mark ADD #earlier :revoked",
            &[("#key", VOTER_KEY), ("#mark", MARK), ("#earlier", EARLIER)],
        )
        .with(":new", binary(&new.0))
        .with(":mark", binary(&mark))
        .with(":revoked", revoked);
        let is_valid = Expression::new("#key = :old", &[]).with(":old", binary(&old.0));
        Ok(
            match self.0.update(person_key(person), &reissue, &is_valid).await? {
                Written::Done => true,
                Written::Refused(found) => read_array(&found, MARK) == Some(mark),
            },
        )
    }

    async fn put_data_key(&self, batch: KeyBatchId, wrapped: &WrappedDataKey) -> PortResult<()> {
        let mut kept = data_key_key(batch);
        kept.insert(WRAPPED.to_owned(), binary(&wrapped.0));
        let free = Expression::new(
            "attribute_not_exists(#id) OR #wrapped = :wrapped",
            &[("#id", ID), ("#wrapped", WRAPPED)],
        );
        match self
            .0
            .put(kept, Some(free.with(":wrapped", binary(&wrapped.0))))
            .await?
        {
            Written::Done => Ok(()),
            // Whatever was encrypted with it could never be read again.
            Written::Refused(_) => Err(unavailable("the batch has another data key already")),
        }
    }

    async fn data_key(&self, batch: KeyBatchId) -> PortResult<Option<WrappedDataKey>> {
        let found = self.0.get(data_key_key(batch), None).await?;
        let wrapped = |item: Item| read_bytes(&item, WRAPPED).map(|wrapped| WrappedDataKey(wrapped.to_vec()));
        let unreadable = || corrupt("a batch's data key can't be read");
        found.map(|item| wrapped(item).ok_or_else(unreadable)).transpose()
    }

    async fn registered(&self) -> PortResult<BTreeMap<JurisdictionId, u64>> {
        let is_person = Expression::new(
            "attribute_exists(#jurisdiction)",
            &[("#jurisdiction", JURISDICTION)],
        );
        let scan = Scan {
            projection: Some(Projection(&[JURISDICTION])),
            filter: Some(is_person),
            ..Scan::default()
        };
        let (mut registered, mut pages) = (BTreeMap::new(), self.0.all_pages(&scan));
        while let Some(page) = pages.try_next().await? {
            for item in &page.items {
                *registered.entry(read_jurisdiction(item)?).or_default() += 1;
            }
        }
        Ok(registered)
    }
}
