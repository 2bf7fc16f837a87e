//! Owns the calls of KMS: making and unwrapping 32 bytes under a key and a context, and scheduling a key's
//! deletion wherever it is. Texts of errors name the variable with the key, never a key, a context or a byte
//! of what is wrapped. What the SDK itself copies of a plaintext can't be wiped.

use std::collections::HashMap;

use aws_config::{Region, SdkConfig};
use aws_sdk_kms::Client;
use aws_sdk_kms::operation::schedule_key_deletion::ScheduleKeyDeletionError;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{DataKeySpec, KeyMetadata, KeyState};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use election_service::ports::{PortError, PortResult, SecretBytes};
use zeroize::Zeroizing;

use crate::connection::retries;
use crate::service_error::{port_error, unavailable};

const KMS: &str = "KMS";
/// The shortest time that KMS lets a key wait for its deletion.
const PENDING_DAYS: i32 = 7;
/// The longest ciphertext that KMS takes.
const MOST_WRAPPED_BYTES: usize = 6_144;

/// Tells what is wrapped, and is needed to unwrap it. Shown in logs of AWS.
pub(crate) type Context = HashMap<String, String>;

/// A key as a variable names it: by id, ARN or alias.
#[derive(Clone, Copy)]
pub(crate) struct NamedKey<'a> {
    pub(crate) name: &'a str,
    pub(crate) variable: &'static str,
}

/// A key that exists.
pub(crate) struct KnownKey {
    /// The same in all regions.
    pub(crate) id: String,
    /// Its ARN in each region that it is in, the primary's last. Without a region it is in this one only.
    places: Vec<(Option<String>, String)>,
}

/// KMS in this process's region, and in others where a key's replicas are.
pub(crate) struct KmsKeys {
    here: Client,
    config: SdkConfig,
    endpoint: Option<String>,
}

/// A key's id, out of its ARN if it is one.
pub(crate) fn id_of(key: &str) -> &str {
    key.rsplit('/').next().unwrap_or(key)
}

fn secret(plaintext: Option<Blob>) -> PortResult<SecretBytes> {
    let bytes = Zeroizing::new(plaintext.map(Blob::into_inner).unwrap_or_default());
    let bytes: [u8; 32] = bytes
        .as_slice()
        .try_into()
        .map_err(|_| unavailable(KMS, "answered what can't be read"))?;
    Ok(Zeroizing::new(bytes))
}

fn code<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> &str {
    let error = error.as_service_error();
    error.and_then(ProvideErrorMetadata::code).unwrap_or_default()
}

/// Errors that say something of the key are told apart from those that say something of KMS.
fn of_key<E: ProvideErrorMetadata, R>(key: NamedKey<'_>, error: &SdkError<E, R>) -> PortError {
    let variable = key.variable;
    match code(error) {
        "NotFoundException" | "InvalidArnException" => {
            PortError::Corrupt(format!("KMS knows no key as {variable} names it"))
        }
        "InvalidKeyUsageException" => {
            PortError::Corrupt(format!("the key that {variable} names isn't for encryption"))
        }
        "DisabledException" | "KMSInvalidStateException" => PortError::Unavailable(format!(
            "the key that {variable} names is disabled, or waits for its deletion"
        )),
        _ => port_error(KMS, error),
    }
}

impl KmsKeys {
    /// KMS as configured, or at another end point.
    pub(crate) fn new(config: SdkConfig, endpoint: Option<String>) -> Self {
        Self {
            here: client(&config, endpoint.as_deref(), None),
            config,
            endpoint,
        }
    }

    /// Makes 32 random bytes. Also returns them wrapped, and the id of the key they are wrapped under.
    pub(crate) async fn generate(
        &self,
        key: NamedKey<'_>,
        context: Context,
    ) -> PortResult<(SecretBytes, Vec<u8>, String)> {
        let call = self.here.generate_data_key().key_id(key.name);
        let call = call
            .key_spec(DataKeySpec::Aes256)
            .set_encryption_context(Some(context));
        let answer = call.send().await.map_err(|error| of_key(key, &error))?;
        match (secret(answer.plaintext)?, answer.ciphertext_blob, answer.key_id) {
            (plain, Some(wrapped), Some(arn)) => Ok((plain, wrapped.into_inner(), id_of(&arn).to_owned())),
            _ => Err(unavailable(KMS, "answered what can't be read")),
        }
    }

    /// Unwraps `what`, with that very key and no other.
    pub(crate) async fn unwrap(
        &self,
        what: &str,
        key: NamedKey<'_>,
        context: Context,
        wrapped: &[u8],
    ) -> PortResult<SecretBytes> {
        let damaged = || {
            PortError::Corrupt(format!(
                "{what} can't be unwrapped: it is damaged, another election's, or wrapped for something else"
            ))
        };
        if wrapped.is_empty() || wrapped.len() > MOST_WRAPPED_BYTES {
            return Err(damaged());
        }
        let call = self
            .here
            .decrypt()
            .key_id(key.name)
            .ciphertext_blob(Blob::new(wrapped));
        let answer = call.set_encryption_context(Some(context)).send().await;
        let answer = answer.map_err(|error| match code(&error) {
            "InvalidCiphertextException" => damaged(),
            "IncorrectKeyException" => PortError::Corrupt(format!(
                "{what} is wrapped under another key than {} names",
                key.variable
            )),
            _ => of_key(key, &error),
        })?;
        secret(answer.plaintext)
    }

    /// Looks a key up; `None` if it isn't there, as after its deletion.
    pub(crate) async fn find(&self, key: NamedKey<'_>) -> PortResult<Option<KnownKey>> {
        match self.here.describe_key().key_id(key.name).send().await {
            Ok(answer) => {
                let metadata = answer.key_metadata.as_ref().map(known);
                Ok(Some(metadata.ok_or_else(|| {
                    unavailable(KMS, "answered what can't be read")
                })?))
            }
            Err(error) if code(&error) == "NotFoundException" => Ok(None),
            Err(error) => Err(of_key(key, &error)),
        }
    }

    /// Schedules a key's deletion in each region that it is in, also if one of them fails. From then on it
    /// unwraps nothing. A multi-region key's primary waits until its replicas are gone. Idempotent.
    pub(crate) async fn schedule_deletion(&self, key: &KnownKey) -> PortResult<()> {
        let mut result = Ok(());
        for (region, arn) in &key.places {
            result = result.and(self.schedule_in(region.as_deref(), arn).await);
        }
        result
    }

    async fn schedule_in(&self, region: Option<&str>, arn: &str) -> PortResult<()> {
        let client = client(&self.config, self.endpoint.as_deref(), region);
        let call = client.schedule_key_deletion().key_id(arn);
        let Err(error) = call.pending_window_in_days(PENDING_DAYS).send().await else {
            return Ok(());
        };
        match error.as_service_error() {
            Some(ScheduleKeyDeletionError::NotFoundException(_)) => Ok(()),
            Some(ScheduleKeyDeletionError::KmsInvalidStateException(_)) if is_pending(&client, arn).await => {
                Ok(())
            }
            _ => Err(port_error(KMS, &error)),
        }
    }
}

fn client(config: &SdkConfig, endpoint: Option<&str>, region: Option<&str>) -> Client {
    let mut config = aws_sdk_kms::config::Builder::from(config).retry_config(retries());
    if let Some(region) = region {
        config = config.region(Region::new(region.to_owned()));
    }
    if let Some(url) = endpoint {
        config = config.endpoint_url(url);
    }
    Client::from_conf(config.build())
}

fn known(metadata: &KeyMetadata) -> KnownKey {
    let mut places = Vec::new();
    if let Some(regions) = metadata.multi_region_configuration() {
        for place in regions.replica_keys().iter().chain(regions.primary_key()) {
            if let (Some(region), Some(arn)) = (place.region(), place.arn()) {
                places.push((Some(region.to_owned()), arn.to_owned()));
            }
        }
    }
    if places.is_empty() {
        places.push((None, metadata.arn().unwrap_or(metadata.key_id()).to_owned()));
    }
    KnownKey {
        id: metadata.key_id().to_owned(),
        places,
    }
}

async fn is_pending(client: &Client, arn: &str) -> bool {
    let answer = client.describe_key().key_id(arn).send().await;
    let state = answer.ok().and_then(|answer| answer.key_metadata?.key_state);
    matches!(
        state,
        Some(KeyState::PendingDeletion | KeyState::PendingReplicaDeletion)
    )
}
