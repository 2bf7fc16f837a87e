-- The queue. AUTOINCREMENT: a handle must never mean a later message. Leases aren't written: a crash ends
-- them all, and the messages are received again.
CREATE TABLE messages (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    envelope BLOB NOT NULL,
    ballot_key BLOB NOT NULL,
    role INTEGER NOT NULL CHECK (role IN (1, 2)),
    visible_at INTEGER NOT NULL,   -- milliseconds since 1970 in UTC
    delay INTEGER NOT NULL,        -- milliseconds; the most that can be left of it, whatever the clock says
    receives INTEGER NOT NULL,
    body BLOB NOT NULL
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
