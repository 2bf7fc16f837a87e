//! Tests of the SQLite adapters through their ports and their files.

mod ballots;
mod contract;
mod data_folder;
mod durability;
mod key_file;
mod queue;
mod regions;
mod support;
