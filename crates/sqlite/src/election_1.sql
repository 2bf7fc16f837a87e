-- The one election. Times here and below are nanoseconds since 1970 in UTC.
CREATE TABLE elections (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    definition BLOB NOT NULL,
    fingerprints TEXT NOT NULL,    -- JSON
    phase TEXT NOT NULL,
    phase_since INTEGER NOT NULL,
    certified BLOB,
    keys_destroyed INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE regions (
    name TEXT NOT NULL PRIMARY KEY,
    state TEXT NOT NULL,
    position INTEGER NOT NULL UNIQUE
) STRICT, WITHOUT ROWID;

-- Revoked keys stay, so that an old letter is told apart from a wrong id and no id is drawn twice.
CREATE TABLE voters (
    voter_key BLOB NOT NULL PRIMARY KEY,
    person BLOB NOT NULL,
    jurisdiction TEXT NOT NULL,
    revoked INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE persons (
    person BLOB NOT NULL PRIMARY KEY,
    voter_key BLOB NOT NULL REFERENCES voters,
    jurisdiction TEXT NOT NULL,
    record BLOB NOT NULL
) STRICT, WITHOUT ROWID;
-- To count the registered without reading all records.
CREATE INDEX persons_by_jurisdiction ON persons (jurisdiction);

CREATE TABLE data_keys (
    batch BLOB NOT NULL PRIMARY KEY,
    wrapped BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Envelopes whose ballot another envelope had brought.
CREATE TABLE repeats (
    envelope BLOB NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- Envelopes whose voter had another ballot recorded: the digest of the ballot that wasn't.
CREATE TABLE conflicts (
    envelope BLOB NOT NULL PRIMARY KEY,
    ballot_key BLOB NOT NULL,
    digest BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Envelopes that are set aside; a row goes when its envelope is decided.
CREATE TABLE dead_letters (
    envelope BLOB NOT NULL PRIMARY KEY,
    ballot_key BLOB NOT NULL,
    body BLOB NOT NULL,
    region TEXT NOT NULL,
    reason TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE counters (
    name TEXT NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

