-- name: note
-- In the transaction of the effect: neither can be there without the other.
INSERT INTO obligation (kind, body, at) VALUES (%(kind)s, %(body)s, coalesce(%(at)s, slinga_now()))

-- name: waiting
-- One drainer at a time: another process finds nothing and goes on.
SELECT id, kind, body, at FROM obligation ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED

-- name: drained
-- The file has them, synced to the disk.
DELETE FROM obligation WHERE id = ANY(%(ids)s)

-- name: lag
-- How many the file lacks, and since when in real time cannot be told from virtual instants: the count.
SELECT count(*) FROM obligation
