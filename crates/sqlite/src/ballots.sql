-- seq is the feed's order and has no gaps: only the one writer inserts, so it never gains a row before a committed
-- one, and none is removed. envelope decides whether a message is the one that was recorded; NULL once the keys are
-- destroyed. That a key is there once only is decided by the index below, not by one of this table.
CREATE TABLE ballots (
    seq INTEGER PRIMARY KEY,
    ballot_key BLOB NOT NULL,
    ballot_id BLOB NOT NULL,
    jurisdiction TEXT NOT NULL,
    format INTEGER NOT NULL,
    content BLOB NOT NULL,
    mac BLOB NOT NULL,
    envelope BLOB
) STRICT;

-- The ballots by their keys, except those after the mark of their key's slice.
CREATE TABLE ballot_index (
    ballot_key BLOB NOT NULL PRIMARY KEY,
    seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Up to which seq a slice of the keys is in the index, and how many of its ballots that are. A key's slice is
-- the first six bits of it.
CREATE TABLE ballot_slices (
    slice INTEGER PRIMARY KEY,
    through INTEGER NOT NULL,
    ballots INTEGER NOT NULL
) STRICT;
WITH RECURSIVE slices (slice) AS (VALUES (0) UNION ALL SELECT slice + 1 FROM slices WHERE slice < 63)
INSERT INTO ballot_slices (slice, through, ballots) SELECT slice, 0, 0 FROM slices;

-- Nothing is ever rewritten. (REPLACE counts as a deletion: recursive_triggers is on.)
CREATE TRIGGER ballots_are_never_changed BEFORE UPDATE ON ballots
BEGIN SELECT RAISE(ABORT, 'a recorded ballot is never changed'); END;
CREATE TRIGGER ballots_are_never_removed BEFORE DELETE ON ballots
BEGIN SELECT RAISE(ABORT, 'a recorded ballot is never removed'); END;
CREATE TRIGGER indexed_ballots_are_never_changed BEFORE UPDATE ON ballot_index
BEGIN SELECT RAISE(ABORT, 'an indexed ballot is never changed'); END;
CREATE TRIGGER indexed_ballots_are_never_removed BEFORE DELETE ON ballot_index
BEGIN SELECT RAISE(ABORT, 'an indexed ballot is never removed'); END;
CREATE TRIGGER slices_never_go_back BEFORE UPDATE ON ballot_slices
WHEN NEW.slice <> OLD.slice OR NEW.through < OLD.through OR NEW.ballots < OLD.ballots
BEGIN SELECT RAISE(ABORT, 'a slice of the index never goes back'); END;
CREATE TRIGGER slices_are_never_removed BEFORE DELETE ON ballot_slices
BEGIN SELECT RAISE(ABORT, 'a slice of the index is never removed'); END;
