//! Owns the tables of both kinds of file and the steps from one version of them to the next.
//!
//! All tables are STRICT, so that nothing gets another type than its column's without breaking the file
//! open. Those whose rows' order could tell when somebody voted are WITHOUT ROWID: kept in the order of
//! their keys, which are random or pseudonyms.

/// What a kind of database file is recognised by, and how it becomes one of this version.
pub(crate) struct Schema {
    /// In the file's header, so that another program's database isn't mistaken for one of these.
    pub(crate) application_id: i32,
    /// The step to version 1, to version 2 and so on. Never changed once released, only added to.
    pub(crate) migrations: &'static [&'static str],
    /// The size of a new file's pages.
    pub(crate) page_bytes: u32,
    /// The page cache of the connection that writes, in KiB. A transaction that changes more pages writes some twice.
    pub(crate) writer_cache_kib: u32,
    /// The page cache of each connection that reads, in KiB.
    pub(crate) reader_cache_kib: u32,
}

impl Schema {
    /// The version that this program reads and writes.
    pub(crate) fn version(&self) -> i64 {
        i64::try_from(self.migrations.len()).unwrap_or(i64::MAX)
    }
}

/// What all regions share; the id is `Elec` in ASCII.
pub(crate) const ELECTION: Schema = Schema {
    application_id: 0x456c_6563,
    migrations: &[
        concat!(include_str!("election_1.sql"), include_str!("ballots_1.sql")),
        // The ballots' unique index gives way to one that is written slice by slice.
        concat!(
            include_str!("ballots_aside.sql"),
            include_str!("ballots.sql"),
            "INSERT INTO ballots SELECT * FROM ballots_before ORDER BY seq;",
            include_str!("ballots_indexed.sql")
        ),
    ],
    // With millions of ballots, most of a turn change a page of their own of the index: small pages are less
    // to write. A turn's fit into the cache.
    page_bytes: 2048,
    writer_cache_kib: 64 * 1024,
    reader_cache_kib: 8 * 1024,
};

/// What one region has for itself; the id is `ElR2` in ASCII. Files with `ElRe` kept their messages otherwise and
/// are refused.
pub(crate) const REGION: Schema = Schema {
    application_id: 0x456c_5232,
    migrations: &[include_str!("region_1.sql")],
    page_bytes: 4096,
    // What is written is mostly read and removed within a second.
    writer_cache_kib: 8 * 1024,
    reader_cache_kib: 2 * 1024,
};

/// Makes the ballots' tables anew with the rows in the order of the keys and without envelopes.
pub(crate) const BALLOTS_IN_KEY_ORDER: &str = concat!(
    include_str!("ballots_aside.sql"),
    include_str!("ballots.sql"),
    "INSERT INTO ballots (seq, ballot_key, ballot_id, jurisdiction, format, content, mac)
     SELECT row_number() OVER (ORDER BY ballot_key), ballot_key, ballot_id, jurisdiction, format, content, mac
     FROM ballots_before ORDER BY ballot_key;",
    include_str!("ballots_indexed.sql")
);
