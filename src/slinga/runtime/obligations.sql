-- name: note
-- In the transaction of the effect: neither can be there without the other. What is replayed out of the
-- journal stands in it already.
INSERT INTO obligation (kind, body, at)
SELECT %(kind)s, %(body)s, coalesce(%(at)s, slinga_now())
WHERE coalesce(current_setting('slinga.replaying', true), '') <> 'on'

-- name: replaying
SELECT set_config('slinga.replaying', 'on', true)

-- name: known
-- How far the database knows a journal.
SELECT n, hash FROM journal WHERE name = %(name)s

-- name: journals
SELECT name FROM journal ORDER BY name

-- name: know
INSERT INTO journal (name, n, hash) VALUES (%(name)s, %(n)s, %(hash)s)
ON CONFLICT (name) DO UPDATE SET n = excluded.n, hash = excluded.hash

-- name: waiting
SELECT id, kind, body, at FROM obligation ORDER BY id LIMIT %(limit)s

-- name: one_at_a_time
-- Between a line's writing and its row's end nobody else may compare file and table.
SELECT pg_advisory_xact_lock(hashtext('slinga.journal'))

-- name: try_alone
SELECT pg_try_advisory_xact_lock(hashtext('slinga.journal'))

-- name: drained
-- The file has them, synced to the disk.
DELETE FROM obligation WHERE id = ANY(%(ids)s)

-- name: lag
-- How many the file lacks. Since when cannot be told: the instants are virtual.
SELECT count(*) FROM obligation
