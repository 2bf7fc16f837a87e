-- seq is the feed's order. Only the one writer inserts, so it never gains a row before a committed one.
-- envelope decides whether a message is the one that was recorded; NULL once the keys are destroyed.
CREATE TABLE ballots (
    seq INTEGER PRIMARY KEY,
    ballot_key BLOB NOT NULL UNIQUE,
    ballot_id BLOB NOT NULL,
    jurisdiction TEXT NOT NULL,
    format INTEGER NOT NULL,
    content BLOB NOT NULL,
    mac BLOB NOT NULL,
    envelope BLOB
) STRICT;

-- Nothing is ever rewritten. (REPLACE counts as a deletion: recursive_triggers is on.)
CREATE TRIGGER ballots_are_never_changed BEFORE UPDATE ON ballots
BEGIN SELECT RAISE(ABORT, 'a recorded ballot is never changed'); END;
CREATE TRIGGER ballots_are_never_removed BEFORE DELETE ON ballots
BEGIN SELECT RAISE(ABORT, 'a recorded ballot is never removed'); END;
