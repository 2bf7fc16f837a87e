//! Owns an election's secrets under KMS: what they are wrapped under and for what, and how they come into
//! being and end. They are kept wrapped beside the election's record. Each is unwrapped by one call, when a
//! process starts; no vote makes a call of KMS. Never has a `Debug` of what is secret.

use async_trait::async_trait;
use election_core::identifiers::ElectionId;
use election_core::voter_record::{DataKey, KeyBatchId};
use election_service::ports::{KeyVault, PortError, PortResult, SecretBytes, Secrets, WrappedDataKey};

use crate::kms_keys::{Context, KmsKeys, KnownKey, NamedKey, id_of};
use crate::secrets::WrappedSecrets;
use crate::settings::{BALLOT_SECRET_KEY, RECORDS_KEY};

const FORMAT: u8 = 1;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Secret {
    Roll,
    Mac,
    Ballot,
}

impl Secret {
    /// Its name where it is kept.
    fn name(self) -> &'static str {
        match self {
            Self::Roll => "roll",
            Self::Mac => "mac",
            Self::Ballot => "ballot",
        }
    }

    fn text(self) -> String {
        format!("the {} secret", self.name())
    }

    fn purpose(self) -> String {
        format!("{}-secret", self.name())
    }
}

/// [`KeyVault`] on KMS.
pub struct AwsVault {
    election: ElectionId,
    secrets: WrappedSecrets,
    keys: KmsKeys,
    records_key: String,
    ballot_key: Option<String>,
}

/// What is kept of a secret: format ‖ length of the key's id ‖ the id of the key it is wrapped under ‖ what
/// KMS returned. KMS finds its key without the id; destroying the key needs to know that it is the right one.
struct Wrapped<'a> {
    key_id: &'a str,
    bytes: &'a [u8],
}

impl<'a> Wrapped<'a> {
    fn to_bytes(&self) -> Option<Vec<u8>> {
        let mut bytes = vec![FORMAT, u8::try_from(self.key_id.len()).ok()?];
        bytes.extend_from_slice(self.key_id.as_bytes());
        bytes.extend_from_slice(self.bytes);
        Some(bytes)
    }

    fn read(bytes: &'a [u8]) -> Option<Self> {
        let [FORMAT, length, rest @ ..] = bytes else {
            return None;
        };
        let (key_id, bytes) = rest.split_at_checked(usize::from(*length))?;
        let key_id = std::str::from_utf8(key_id).ok()?;
        Some(Self { key_id, bytes })
    }
}

fn unreadable(secret: Secret) -> PortError {
    PortError::Corrupt(format!("{} is damaged where it is kept", secret.text()))
}

fn missing(secret: Secret) -> PortError {
    PortError::Corrupt(format!(
        "{} is missing: there is no such election here",
        secret.text()
    ))
}

impl AwsVault {
    pub(crate) fn new(
        election: &ElectionId,
        secrets: WrappedSecrets,
        keys: KmsKeys,
        records_key: String,
        ballot_key: Option<String>,
    ) -> Self {
        Self {
            election: election.clone(),
            secrets,
            keys,
            records_key,
            ballot_key,
        }
    }

    /// Makes the secrets of a new election, or takes those that an interrupted call left: several at once
    /// get the same. Unwraps only what was there before.
    ///
    /// # Errors
    /// [`PortError::Corrupt`] if the ballot secret was destroyed: it never comes back.
    pub async fn create_secrets(&self) -> PortResult<Secrets> {
        // The ballot secret is made first. Where another one is and it isn't, it was destroyed.
        let has_others = self.has(Secret::Roll).await? || self.has(Secret::Mac).await?;
        if has_others && !self.has(Secret::Ballot).await? {
            return Err(PortError::Corrupt("the ballot secret is destroyed".to_owned()));
        }
        Ok(Secrets {
            ballot: Some(self.create(Secret::Ballot).await?),
            roll: self.create(Secret::Roll).await?,
            mac: self.create(Secret::Mac).await?,
        })
    }

    /// Unwraps what finds voters.
    pub async fn roll_secret(&self) -> PortResult<SecretBytes> {
        self.open(Secret::Roll)
            .await?
            .ok_or_else(|| missing(Secret::Roll))
    }

    /// Unwraps what authenticates ballots.
    pub async fn mac_secret(&self) -> PortResult<SecretBytes> {
        self.open(Secret::Mac).await?.ok_or_else(|| missing(Secret::Mac))
    }

    /// Unwraps what joins persons to ballots; `None` once it is destroyed.
    pub async fn ballot_secret(&self) -> PortResult<Option<SecretBytes>> {
        self.open(Secret::Ballot).await
    }

    fn key(&self, secret: Secret) -> PortResult<NamedKey<'_>> {
        match secret {
            Secret::Roll | Secret::Mac => Ok(self.records_key()),
            Secret::Ballot => {
                let not_set = || PortError::Unavailable(format!("{BALLOT_SECRET_KEY} is not set"));
                Ok(NamedKey {
                    name: self.ballot_key.as_deref().ok_or_else(not_set)?,
                    variable: BALLOT_SECRET_KEY,
                })
            }
        }
    }

    fn records_key(&self) -> NamedKey<'_> {
        NamedKey {
            name: &self.records_key,
            variable: RECORDS_KEY,
        }
    }

    fn context(&self, purpose: String) -> Context {
        Context::from([
            ("election".to_owned(), self.election.as_str().to_owned()),
            ("purpose".to_owned(), purpose),
        ])
    }

    fn batch_context(&self, batch: KeyBatchId) -> Context {
        let mut context = self.context("voter-records".to_owned());
        let batch = batch.0.iter().map(|byte| format!("{byte:02x}")).collect();
        context.insert("batch".to_owned(), batch);
        context
    }

    async fn has(&self, secret: Secret) -> PortResult<bool> {
        Ok(self.secrets.get(secret.name()).await?.is_some())
    }

    async fn create(&self, secret: Secret) -> PortResult<SecretBytes> {
        if let Some(made) = self.open(secret).await? {
            return Ok(made);
        }
        let (key, context) = (self.key(secret)?, self.context(secret.purpose()));
        let (plain, bytes, key_id) = self.keys.generate(key, context).await?;
        let wrapped = Wrapped {
            key_id: &key_id,
            bytes: &bytes,
        };
        let wrapped = wrapped.to_bytes().ok_or_else(|| unreadable(secret))?;
        let kept = self.secrets.put_if_absent(secret.name(), &wrapped).await?;
        if kept == wrapped {
            Ok(plain)
        } else {
            self.unwrap(secret, &kept).await
        }
    }

    async fn open(&self, secret: Secret) -> PortResult<Option<SecretBytes>> {
        match self.secrets.get(secret.name()).await? {
            Some(wrapped) => Ok(Some(self.unwrap(secret, &wrapped).await?)),
            None => Ok(None),
        }
    }

    async fn unwrap(&self, secret: Secret, wrapped: &[u8]) -> PortResult<SecretBytes> {
        let wrapped = Wrapped::read(wrapped).ok_or_else(|| unreadable(secret))?;
        let (key, context) = (self.key(secret)?, self.context(secret.purpose()));
        self.keys
            .unwrap(&secret.text(), key, context, wrapped.bytes)
            .await
    }

    /// Makes sure that the key to be destroyed is the one that the ballot secret is wrapped under, as long as
    /// that can be told.
    fn check_is_ballots_own(&self, found: Option<&KnownKey>, wrapped: Option<&[u8]>) -> PortResult<()> {
        let not_its_key = || {
            PortError::Corrupt(format!(
                "the ballot secret is wrapped under another key than {BALLOT_SECRET_KEY} names: nothing is destroyed"
            ))
        };
        if let Some(wrapped) = wrapped {
            let wrapped = Wrapped::read(wrapped).ok_or_else(|| unreadable(Secret::Ballot))?;
            if found.is_none_or(|found| found.id != wrapped.key_id) {
                return Err(not_its_key());
            }
        }
        if found.is_some_and(|found| found.id == id_of(&self.records_key)) {
            return Err(not_its_key());
        }
        Ok(())
    }
}

#[async_trait]
impl KeyVault for AwsVault {
    /// For who holds all of them: the other processes may unwrap some only.
    async fn secrets(&self) -> PortResult<Secrets> {
        let (roll, ballot, mac) =
            tokio::try_join!(self.roll_secret(), self.ballot_secret(), self.mac_secret())?;
        Ok(Secrets { roll, ballot, mac })
    }

    async fn generate_data_key(&self, batch: KeyBatchId) -> PortResult<(DataKey, WrappedDataKey)> {
        let (plain, wrapped, _) = self
            .keys
            .generate(self.records_key(), self.batch_context(batch))
            .await?;
        Ok((DataKey::new(*plain), WrappedDataKey(wrapped)))
    }

    async fn unwrap_data_key(&self, batch: KeyBatchId, key: &WrappedDataKey) -> PortResult<DataKey> {
        let (named, context) = (self.records_key(), self.batch_context(batch));
        let plain = self.keys.unwrap("a data key", named, context, &key.0).await?;
        Ok(DataKey::new(*plain))
    }

    /// The wrapped secret goes first, as that can't fail for a region that is lost. The key then waits for
    /// its deletion for seven days, in which it could be brought back, but unwraps nothing.
    async fn destroy_ballot_secret(&self) -> PortResult<()> {
        let key = self.key(Secret::Ballot)?;
        let wrapped = self.secrets.get(Secret::Ballot.name()).await?;
        let found = self.keys.find(key).await?;
        self.check_is_ballots_own(found.as_ref(), wrapped.as_deref())?;
        self.secrets.delete(Secret::Ballot.name()).await?;
        match found {
            Some(found) => self.keys.schedule_deletion(&found).await,
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_back() {
        let wrapped = Wrapped {
            key_id: "mrk-1",
            bytes: &[7, 8],
        };
        let bytes = wrapped.to_bytes().unwrap();
        let read = Wrapped::read(&bytes).unwrap();
        assert_eq!((read.key_id, read.bytes), ("mrk-1", [7, 8].as_slice()));
    }

    #[test]
    fn what_is_damaged_is_not_read() {
        for bytes in [&[][..], &[1], &[2, 0], &[1, 2, b'a'], &[1, 1, 255]] {
            assert!(Wrapped::read(bytes).is_none());
        }
    }
}
