-- name: now
-- The instant of receipt of a whole group of requests.
SELECT slinga_now()

-- name: durable
-- Whatever the server's default: an answer is given only after the write-ahead log is on disk.
SET synchronous_commit = on

-- name: patience
-- A statement that hangs must not hold every request behind it.
SET statement_timeout = '20s'

-- name: planned
-- The plans inside the append are the same for every group; made anew they cost as much as a few rows.
SET plan_cache_mode = force_generic_plan

-- name: quarantine
-- One refused item; the payload is bytes because it may be no valid text.
INSERT INTO quarantine (received_at, source, trust, call, reason, field, remedy, size, payload, sent_at)
VALUES (%(received_at)s, %(source)s, %(trust)s, %(call)s, %(reason)s, %(field)s, %(remedy)s, %(size)s, %(payload)s,
        %(sent_at)s)

-- name: quarantined
-- The newest first, for a page or a list in the terminal.
SELECT id, received_at, source, trust, call, reason, field, remedy, size, payload, sent_at, replayed_at
FROM quarantine
WHERE (%(open)s::boolean IS NOT TRUE OR replayed_at IS NULL) AND id < %(before)s
ORDER BY id DESC
LIMIT %(limit)s

-- name: take
-- Locked, so that two replays of one item at the same time append it once.
SELECT id, received_at, source, trust, call, reason, field, remedy, size, payload, sent_at, replayed_at
FROM quarantine
WHERE id = %(id)s
FOR UPDATE

-- name: replayed
UPDATE quarantine SET replayed_at = slinga_now() WHERE id = %(id)s

-- name: forget_seen
-- In slices, so that no delete runs long; the index on age finds them.
DELETE FROM seen
WHERE ctid = ANY (ARRAY (
    SELECT ctid FROM seen WHERE accepted_at < %(before)s ORDER BY accepted_at LIMIT %(limit)s
))

-- name: forget_quarantine
DELETE FROM quarantine WHERE received_at < %(before)s
