//! Owns the voter roll: who is registered, by which voter key, and the wrapped keys of their records.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use election_core::identifiers::JurisdictionId;
use election_core::keys::{PersonId, VoterKey};
use election_core::phase::Phase;
use election_core::voter_record::{EncryptedVoterRecord, KeyBatchId};
use election_service::ports::{
    AddOutcome, NewVoter, Person, PortResult, Registration, VoterRoll, WrappedDataKey,
};
use rusqlite::{Connection, OptionalExtension, params};

use crate::columns::{count, jurisdiction};
use crate::database::Database;
use crate::elections::stored_phase;
use crate::failure::{Failure, corrupt, unavailable};

/// How many persons are added by one transaction while the polls are open: some milliseconds' work.
const ADDED_WHILE_OPEN: usize = 500;

/// The roll as kept in the global file.
pub(crate) struct SqliteVoterRoll {
    pub(crate) database: Arc<Database>,
}

fn is_taken(connection: &Connection, key: &VoterKey) -> Result<bool, Failure> {
    let mut statement =
        connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM voters WHERE voter_key = ?1)")?;
    Ok(statement.query_row([key.0], |row| row.get(0))?)
}

const INSERT_VOTER: &str = "INSERT INTO voters (voter_key, person, jurisdiction) VALUES (?1, ?2, ?3)
                            ON CONFLICT (voter_key) DO NOTHING";

/// Adds voters within one transaction. Each table is gone through in the order of its keys: they are
/// random, and in any other order each voter would have pages of their own read and written.
fn add(connection: &Connection, voters: &[&NewVoter]) -> Result<Vec<AddOutcome>, Failure> {
    let mut outcomes = vec![AddOutcome::PersonExists; voters.len()];
    let mut new: Vec<(PersonId, usize)> = Vec::with_capacity(voters.len());
    let mut doubles = Vec::new();
    let mut is_person = connection.prepare_cached("SELECT 1 FROM persons WHERE person = ?1")?;
    for (id, index) in sorted(voters.iter().map(|voter| voter.id)) {
        if new.last().is_some_and(|(last, _)| *last == id) {
            doubles.push(index);
        } else if !is_person.exists([id.0])? {
            new.push((id, index));
        }
    }

    let mut insert = connection.prepare_cached(INSERT_VOTER)?;
    let key_of = |&(_, index): &(PersonId, usize)| (voters[index].person.voter_key, index);
    let mut by_key: Vec<(VoterKey, usize)> = new.iter().map(key_of).collect();
    // Of several with one key, the first that was given has it.
    by_key.sort_unstable();
    for (key, index) in by_key {
        let NewVoter { id, person } = voters[index];
        let inserted = insert.execute(params![key.0, id.0, person.jurisdiction.as_str()])?;
        outcomes[index] = match inserted {
            1 => AddOutcome::Added,
            _ => AddOutcome::VoterKeyTaken,
        };
    }

    let mut insert = connection.prepare_cached(
        "INSERT INTO persons (person, voter_key, jurisdiction, record) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for (id, index) in new {
        if outcomes[index] == AddOutcome::Added {
            let Person {
                voter_key,
                jurisdiction,
                record,
            } = &voters[index].person;
            insert.execute(params![id.0, voter_key.0, jurisdiction.as_str(), record.0])?;
        }
    }

    if !doubles.is_empty() {
        // Whether such a person is on the roll depends on what became of the first.
        let again: Vec<&NewVoter> = doubles.iter().map(|index| voters[*index]).collect();
        for (index, outcome) in doubles.into_iter().zip(add(connection, &again)?) {
            outcomes[index] = outcome;
        }
    }
    Ok(outcomes)
}

/// Keys in ascending order, each with its place in the order given.
fn sorted<K: Ord>(keys: impl Iterator<Item = K>) -> Vec<(K, usize)> {
    let mut sorted: Vec<(K, usize)> = keys.zip(0..).collect();
    sorted.sort_unstable();
    sorted
}

fn find_person(connection: &Connection, id: &PersonId) -> Result<Option<Person>, Failure> {
    let mut statement =
        connection.prepare_cached("SELECT voter_key, jurisdiction, record FROM persons WHERE person = ?1")?;
    let mut rows = statement.query([id.0])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(Some(Person {
        voter_key: VoterKey(row.get(0)?),
        jurisdiction: jurisdiction(&row.get::<_, String>(1)?)?,
        record: EncryptedVoterRecord(row.get(2)?),
    }))
}

/// Looks up many keys, the smallest first: neighbours share pages. The answers are in the order asked.
fn in_key_order<K: Ord + Copy, T>(
    keys: &[K],
    mut find: impl FnMut(&K) -> Result<T, Failure>,
) -> Result<Vec<T>, Failure> {
    let mut found: Vec<(usize, T)> = Vec::with_capacity(keys.len());
    for (key, index) in sorted(keys.iter().copied()) {
        found.push((index, find(&key)?));
    }
    found.sort_unstable_by_key(|(index, _)| *index);
    Ok(found.into_iter().map(|(_, answer)| answer).collect())
}

fn find_data_key(connection: &Connection, batch: KeyBatchId) -> Result<Option<WrappedDataKey>, Failure> {
    let mut statement = connection.prepare_cached("SELECT wrapped FROM data_keys WHERE batch = ?1")?;
    Ok(statement
        .query_row([batch.0], |row| row.get(0))
        .optional()?
        .map(WrappedDataKey))
}

#[async_trait]
impl VoterRoll for SqliteVoterRoll {
    async fn find(&self, key: &VoterKey) -> PortResult<Option<Registration>> {
        let key = *key;
        let find = move |connection: &Connection| {
            let mut statement = connection
                .prepare_cached("SELECT person, jurisdiction, revoked FROM voters WHERE voter_key = ?1")?;
            let mut rows = statement.query([key.0])?;
            let Some(row) = rows.next()? else { return Ok(None) };
            Ok(Some(Registration {
                person: PersonId(row.get(0)?),
                jurisdiction: jurisdiction(&row.get::<_, String>(1)?)?,
                revoked: row.get(2)?,
            }))
        };
        self.database.look_up(find).await
    }

    async fn persons(&self, ids: &[PersonId]) -> PortResult<Vec<Option<Person>>> {
        let ids = ids.to_vec();
        let persons = move |connection: &Connection| {
            let transaction = connection.unchecked_transaction()?;
            in_key_order(&ids, |id| find_person(&transaction, id))
        };
        self.database.read(persons).await
    }

    async fn taken(&self, keys: &[VoterKey]) -> PortResult<Vec<bool>> {
        let keys = keys.to_vec();
        let taken = move |connection: &Connection| {
            let transaction = connection.unchecked_transaction()?;
            in_key_order(&keys, |key| is_taken(&transaction, key))
        };
        self.database.read(taken).await
    }

    async fn add(&self, voters: Vec<NewVoter>) -> PortResult<Vec<AddOutcome>> {
        let voters = Arc::new(voters);
        let mut outcomes = Vec::with_capacity(voters.len());
        while outcomes.len() < voters.len() {
            // A part is one transaction, so each person is on the roll wholly or not at all. While the
            // polls are open, votes get their turn between parts; else nobody waits for it.
            let is_open = self.database.read(stored_phase).await? == Some(Phase::Open);
            let most = if is_open { ADDED_WHILE_OPEN } else { voters.len() };
            let part = outcomes.len()..voters.len().min(outcomes.len() + most);
            let voters = Arc::clone(&voters);
            let add = move |connection: &Connection| {
                let part: Vec<&NewVoter> = voters[part.clone()].iter().collect();
                add(connection, &part)
            };
            outcomes.extend(self.database.write(add).await?);
        }
        Ok(outcomes)
    }

    async fn reissue(&self, person: &PersonId, old: &VoterKey, new: &VoterKey) -> PortResult<bool> {
        let (person, old, new) = (*person, *old, *new);
        let reissue = move |connection: &Connection| {
            let valid = find_person(connection, &person)?.filter(|person| person.voter_key == old);
            let Some(valid) = valid else { return Ok(false) };
            let inserted = connection.prepare_cached(INSERT_VOTER)?.execute(params![
                new.0,
                person.0,
                valid.jurisdiction.as_str()
            ])?;
            if inserted == 0 {
                return Err(unavailable("the voter key is in use or was revoked").into());
            }
            connection.execute(
                "UPDATE persons SET voter_key = ?1 WHERE person = ?2",
                [&new.0[..], &person.0[..]],
            )?;
            let revoked =
                connection.execute("UPDATE voters SET revoked = 1 WHERE voter_key = ?1", [old.0])?;
            if revoked == 1 {
                Ok(true)
            } else {
                Err(corrupt("a person's voter key isn't on the roll").into())
            }
        };
        self.database.write(reissue).await
    }

    async fn put_data_key(&self, batch: KeyBatchId, key: &WrappedDataKey) -> PortResult<()> {
        let wrapped = key.0.clone();
        let put = move |connection: &Connection| {
            connection
                .prepare_cached(
                    "INSERT INTO data_keys (batch, wrapped) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                )?
                .execute(params![batch.0, wrapped])?;
            // Keeping another key would make the records of this one unreadable.
            match find_data_key(connection, batch)? {
                Some(kept) if kept.0 == wrapped => Ok(()),
                _ => Err(unavailable("the batch has another data key").into()),
            }
        };
        self.database.write(put).await
    }

    async fn data_key(&self, batch: KeyBatchId) -> PortResult<Option<WrappedDataKey>> {
        self.database
            .read(move |connection| find_data_key(connection, batch))
            .await
    }

    async fn registered(&self) -> PortResult<BTreeMap<JurisdictionId, u64>> {
        let registered = |connection: &Connection| {
            let mut statement = connection
                .prepare_cached("SELECT jurisdiction, count(*) FROM persons GROUP BY jurisdiction")?;
            let mut rows = statement.query([])?;
            let mut registered = BTreeMap::new();
            while let Some(row) = rows.next()? {
                registered.insert(jurisdiction(&row.get::<_, String>(0)?)?, count(row.get(1)?)?);
            }
            Ok(registered)
        };
        self.database.read(registered).await
    }
}
