//! The local edition's adapters: SQLite files for the stores and queues, a key file for the secrets.
//!
//! A data folder has `election.sqlite` for what all regions share and `region-NAME.sqlite` for each
//! region's queue and tally. One process at a time uses it. Each file has one writing thread, which
//! answers only after COMMIT with `synchronous=FULL`, and a few connections that only read.

mod ballot_index;
mod ballots;
mod bundle;
mod columns;
mod data_folder;
mod database;
mod deciding;
mod elections;
mod failure;
mod key_document;
mod key_file;
mod leases;
mod outbox;
mod private_files;
mod queue;
mod reader;
mod recorded;
mod regions;
mod roll;
mod schema;
mod store;
mod tallies;
mod wrapping;
mod writer;

pub use data_folder::{DataFolder, OpenError};
pub use key_file::{KeyFile, KeyFileError};
pub use regions::SqliteRegion;
pub use store::{DEFAULT_VISIBILITY, SqliteStore};
