-- The queue: what one commit brought is one row. bundle.rs says how it is written. AUTOINCREMENT: a handle
-- must never mean a later message. Leases aren't written: a crash ends them all, and the messages are
-- received again.
CREATE TABLE bundles (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    messages BLOB NOT NULL
) STRICT;

-- The tally's items: counts and checkpoint in one row.
CREATE TABLE tallies (
    shard TEXT NOT NULL,
    jurisdiction TEXT NOT NULL,    -- empty for the records that claim none of the election
    last_sequence TEXT NOT NULL,   -- forty digits
    item TEXT NOT NULL,            -- JSON
    PRIMARY KEY (shard, jurisdiction)
) STRICT, WITHOUT ROWID;

CREATE TABLE tally_written (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    at INTEGER NOT NULL            -- nanoseconds since 1970 in UTC
) STRICT;
