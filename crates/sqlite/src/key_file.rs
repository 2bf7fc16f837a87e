//! Owns `keys.json`: the local edition's stand-in for a key service. It holds an election's secrets,
//! wrapped under three keys that it holds, too, so that the ballot secret can be destroyed with its key
//! as it is in a real service. What protects the file is its mode, 0600. No error, log or `Debug` shows
//! any of what it holds.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use election_core::identifiers::ElectionId;
use election_core::keys::SECRET_BYTES;
use election_core::voter_record::{DataKey, KeyBatchId};
use election_service::ports::{KeyVault, PortError, PortResult, SecretBytes, Secrets, WrappedDataKey};
use zeroize::Zeroizing;

use crate::failure::{corrupt, locked, unavailable};
use crate::key_document::{Document, FORMAT, Hex, KmsKeys, WrappedSecrets};
use crate::private_files;
use crate::wrapping::{NoRandomness, Purpose, context, random, unwrap, wrap};

/// Why the key file can't be created or opened. Shows where it is, never what it holds.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// There is no such file.
    #[error(
        "the key file {} is missing: restore it from a backup, or make a new election with `election init`; \
         without it nobody can vote in or recount this one", .path.display()
    )]
    Missing {
        /// Where it should be.
        path: PathBuf,
    },
    /// There is such a file already; its keys are never overwritten.
    #[error("the key file {} exists already: it is never overwritten", .path.display())]
    Exists {
        /// Where it is.
        path: PathBuf,
    },
    /// The keys are another election's.
    #[error("the key file {} belongs to another election than {expected}", .path.display())]
    OtherElection {
        /// Where it is.
        path: PathBuf,
        /// The election that was asked for.
        expected: ElectionId,
    },
    /// The file isn't a key file of a known format, or is damaged.
    #[error("the key file {} can't be read: it is damaged or of another version; restore it", .path.display())]
    Malformed {
        /// Where it is.
        path: PathBuf,
    },
    /// Others than the owner may read or write the file.
    #[error("the key file {path} has the mode {mode:04o}: only its owner may have access (chmod 600 {path})", path = .path.display())]
    Permissions {
        /// Where it is.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// The operating system refused something.
    #[error("the key file {}: {source}", .path.display())]
    Io {
        /// Where it is.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

impl KeyFileError {
    fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }
}

/// An election's key file, opened.
pub struct KeyFile {
    path: PathBuf,
    election: ElectionId,
    document: Arc<Mutex<Document>>,
}

impl KeyFile {
    /// Makes an election's keys and secrets and writes them to a new file. Blocks.
    pub fn create(path: &Path, election: &ElectionId) -> Result<Self, KeyFileError> {
        // What is there is found before anything is made; `write_new` makes sure of it again.
        if path.exists() {
            return Err(KeyFileError::Exists {
                path: path.to_owned(),
            });
        }
        let document = make(election).map_err(|NoRandomness| {
            KeyFileError::io(path)(io::Error::other("the operating system gave no randomness"))
        })?;
        write_new(path, &document)?;
        Ok(Self::new(path, election, document))
    }

    /// Opens an election's key file and makes sure that all that is in it unwraps. Blocks.
    pub fn open(path: &Path, election: &ElectionId) -> Result<Self, KeyFileError> {
        let malformed = || KeyFileError::Malformed {
            path: path.to_owned(),
        };
        let file = File::open(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => KeyFileError::Missing {
                path: path.to_owned(),
            },
            _ => KeyFileError::io(path)(error),
        })?;
        if let Some(mode) = private_files::shared_mode(&file).map_err(KeyFileError::io(path))? {
            return Err(KeyFileError::Permissions {
                path: path.to_owned(),
                mode,
            });
        }
        let mut bytes = Zeroizing::new(Vec::with_capacity(Document::MOST_BYTES));
        let limit = Document::MOST_BYTES as u64;
        (&file)
            .take(limit)
            .read_to_end(&mut bytes)
            .map_err(KeyFileError::io(path))?;
        let document = Document::parse(&bytes).ok_or_else(malformed)?;
        if document.election != *election {
            return Err(KeyFileError::OtherElection {
                path: path.to_owned(),
                expected: election.clone(),
            });
        }
        secrets(&document).ok_or_else(malformed)?;
        Ok(Self::new(path, election, document))
    }

    fn new(path: &Path, election: &ElectionId, document: Document) -> Self {
        let document = Arc::new(Mutex::new(document));
        Self {
            path: path.to_owned(),
            election: election.clone(),
            document,
        }
    }
}

fn make(election: &ElectionId) -> Result<Document, NoRandomness> {
    let kms_keys = KmsKeys {
        records: Hex::random()?,
        secrets: Hex::random()?,
        ballot: Some(Hex::random()?),
    };
    let wrapped = |key: &Hex, purpose| {
        wrap(
            &key.0,
            &context(election, purpose),
            &random::<SECRET_BYTES>()?[..],
        )
    };
    let ballot_key = kms_keys.ballot.as_ref().ok_or(NoRandomness)?;
    let secrets = WrappedSecrets {
        roll: Hex(wrapped(&kms_keys.secrets, Purpose::Roll)?),
        ballot: Some(Hex(wrapped(ballot_key, Purpose::Ballot)?)),
        mac: Hex(wrapped(&kms_keys.secrets, Purpose::Mac)?),
    };
    Ok(Document {
        format: FORMAT,
        election: election.clone(),
        kms_keys,
        secrets,
    })
}

/// All secrets unwrapped, if they are what was wrapped.
fn secrets(document: &Document) -> Option<Secrets> {
    let Document {
        election,
        kms_keys,
        secrets,
        ..
    } = document;
    let unwrapped = |key: &Hex, purpose, wrapped: &Hex| -> Option<SecretBytes> {
        let plain = unwrap(&key.0, &context(election, purpose), &wrapped.0)?;
        Some(Zeroizing::new(plain.as_slice().try_into().ok()?))
    };
    let ballot = match (&kms_keys.ballot, &secrets.ballot) {
        (Some(key), Some(wrapped)) => Some(unwrapped(key, Purpose::Ballot, wrapped)?),
        (None, None) => None,
        _ => return None,
    };
    Some(Secrets {
        roll: unwrapped(&kms_keys.secrets, Purpose::Roll, &secrets.roll)?,
        ballot,
        mac: unwrapped(&kms_keys.secrets, Purpose::Mac, &secrets.mac)?,
    })
}

fn draft_path(path: &Path) -> PathBuf {
    let mut draft = path.as_os_str().to_owned();
    draft.push(".new");
    draft.into()
}

/// Writes a draft of the file next to it, durably.
fn write_draft(path: &Path, document: &Document) -> io::Result<PathBuf> {
    let draft = draft_path(path);
    private_files::remove_file(&draft)?;
    let mut file = private_files::create_file(&draft)?;
    file.write_all(&document.to_json()?)?;
    file.sync_all()?;
    Ok(draft)
}

fn sync_parent(path: &Path) -> io::Result<()> {
    private_files::sync_folder(path.parent().unwrap_or(Path::new("")))
}

fn write_new(path: &Path, document: &Document) -> Result<(), KeyFileError> {
    let draft = write_draft(path, document).map_err(KeyFileError::io(path))?;
    // A link, unlike a rename, fails if the file has come into being meanwhile.
    let linked = std::fs::hard_link(&draft, path);
    private_files::remove_file(&draft).map_err(KeyFileError::io(path))?;
    linked
        .and_then(|()| sync_parent(path))
        .map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => KeyFileError::Exists {
                path: path.to_owned(),
            },
            _ => KeyFileError::io(path)(error),
        })
}

/// Puts a file in the place of another and overwrites the bytes of that one, as far as the file system
/// lets one: the new file is durable before the old one is touched.
fn replace(path: &Path, document: &Document) -> io::Result<()> {
    let old = OpenOptions::new().write(true).open(path)?;
    let draft = write_draft(path, document)?;
    std::fs::rename(&draft, path)?;
    sync_parent(path)?;
    overwrite(old)
}

fn overwrite(mut file: File) -> io::Result<()> {
    let length = file.metadata()?.len();
    file.rewind()?;
    io::copy(&mut io::repeat(0).take(length), &mut file)?;
    file.sync_all()
}

fn no_randomness(_: NoRandomness) -> PortError {
    unavailable("the operating system gave no randomness")
}

#[async_trait]
impl KeyVault for KeyFile {
    async fn secrets(&self) -> PortResult<Secrets> {
        secrets(&locked(&self.document)).ok_or_else(|| corrupt("a secret can't be unwrapped"))
    }

    async fn generate_data_key(&self, batch: KeyBatchId) -> PortResult<(DataKey, WrappedDataKey)> {
        let key = random::<32>().map_err(no_randomness)?;
        let context = context(&self.election, Purpose::Records(batch));
        let wrapped = wrap(&locked(&self.document).kms_keys.records.0, &context, &key[..]);
        let wrapped = wrapped.map_err(no_randomness)?;
        Ok((DataKey::new(*key), WrappedDataKey(wrapped.to_vec())))
    }

    async fn unwrap_data_key(&self, batch: KeyBatchId, key: &WrappedDataKey) -> PortResult<DataKey> {
        let context = context(&self.election, Purpose::Records(batch));
        let plain = unwrap(&locked(&self.document).kms_keys.records.0, &context, &key.0);
        let plain = plain.and_then(|plain| plain.as_slice().try_into().ok());
        plain
            .map(DataKey::new)
            .ok_or_else(|| corrupt("a data key can't be unwrapped"))
    }

    async fn destroy_ballot_secret(&self) -> PortResult<()> {
        let (path, document) = (self.path.clone(), Arc::clone(&self.document));
        let destroy = move || {
            let mut document = locked(&document);
            if document.kms_keys.ballot.is_none() && document.secrets.ballot.is_none() {
                return Ok(());
            }
            let without = document.without_ballot_secret();
            replace(&path, &without)?;
            *document = without;
            Ok::<_, io::Error>(())
        };
        let destroyed = tokio::task::spawn_blocking(destroy).await;
        let destroyed = destroyed.map_err(|_| unavailable("rewriting the key file panicked"))?;
        destroyed.map_err(|_| unavailable("the key file can't be rewritten"))
    }
}
