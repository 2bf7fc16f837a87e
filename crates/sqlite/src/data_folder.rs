//! Owns the folder that an election's files are in, and the lock by which one process at a time uses it.
//! It opens no database: [`crate::database`] does.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use election_core::identifiers::RegionName;

use crate::private_files;

const LOCK_FILE: &str = "lock";
const ELECTION_FILE: &str = "election.sqlite";

/// Why an election's files can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has the folder open.
    #[error("{} is in use by another process: end that one first", .folder.display())]
    InUse {
        /// The data folder.
        folder: PathBuf,
    },
    /// The folder holds no election.
    #[error("there is no election in {}: run `election init` or `election demo`", .folder.display())]
    NotFound {
        /// The data folder.
        folder: PathBuf,
    },
    /// Another version of the program wrote the file in a form that this one can't read.
    #[error(
        "{} has the schema version {found}, but this program reads version {expected}: use the version \
         of the program that wrote it", .file.display()
    )]
    OtherVersion {
        /// The file.
        file: PathBuf,
        /// The file's version.
        found: i64,
        /// This program's version.
        expected: i64,
    },
    /// The file is something else, or is truncated or damaged.
    #[error("{} isn't a database of this program, or it is damaged: restore it from a backup", .file.display())]
    NotADatabase {
        /// The file.
        file: PathBuf,
    },
    /// The operating system refused something.
    #[error("{}: {source}", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

impl OpenError {
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }
}

/// An election's folder, locked against other processes until it is dropped. Everything that has a file
/// of it open keeps it alive.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    // The operating system's lock ends when the file is closed, also if the process is killed.
    _lock: File,
}

impl DataFolder {
    /// Opens and locks a folder that holds an election.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        if !path.join(ELECTION_FILE).exists() {
            return Err(OpenError::NotFound {
                folder: path.to_owned(),
            });
        }
        Self::lock(path)
    }

    /// Creates the folder if it isn't there, with the mode 0700, and locks it. What it holds stays, so
    /// that a creation that was interrupted can be repeated.
    pub fn create(path: &Path) -> Result<Self, OpenError> {
        private_files::create_folder(path).map_err(OpenError::io(path))?;
        Self::lock(path)
    }

    fn lock(path: &Path) -> Result<Self, OpenError> {
        let file = path.join(LOCK_FILE);
        let lock = match private_files::create_file(&file) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                OpenOptions::new().read(true).write(true).open(&file)
            }
            result => result,
        };
        let lock = lock.map_err(OpenError::io(&file))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                path: path.to_owned(),
                _lock: lock,
            }),
            Err(TryLockError::WouldBlock) => Err(OpenError::InUse {
                folder: path.to_owned(),
            }),
            Err(TryLockError::Error(source)) => Err(OpenError::Io { path: file, source }),
        }
    }

    /// The folder's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn election_file(&self) -> PathBuf {
        self.path.join(ELECTION_FILE)
    }

    pub(crate) fn region_file(&self, region: &RegionName) -> PathBuf {
        self.path.join(format!("region-{region}.sqlite"))
    }

    /// The regions whose files are in the folder.
    pub(crate) fn regions(&self) -> io::Result<Vec<RegionName>> {
        let mut regions = Vec::new();
        for entry in self.path.read_dir()? {
            let name = entry?.file_name();
            let region = name
                .to_str()
                .and_then(|name| name.strip_prefix("region-")?.strip_suffix(".sqlite"));
            regions.extend(region.and_then(|name| RegionName::parse(name).ok()));
        }
        Ok(regions)
    }
}
