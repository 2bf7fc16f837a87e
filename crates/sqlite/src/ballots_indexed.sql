-- All ballots are copied: they come into the index at once. A key of another size is nobody's.
DROP TABLE ballots_before;
INSERT INTO ballot_index (ballot_key, seq)
SELECT ballot_key, seq FROM ballots WHERE typeof(ballot_key) = 'blob' AND length(ballot_key) = 12 ORDER BY ballot_key;
UPDATE ballot_slices SET
    through = (SELECT coalesce(max(seq), 0) FROM ballots),
    ballots = (
        SELECT count(*) FROM ballot_index
        WHERE ballot_key >= unhex(printf('%02x', 4 * slice))
        AND ballot_key < unhex(printf('%02xffffffffffffffffffffffff', 4 * slice + 3))
    );
