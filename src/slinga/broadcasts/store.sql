-- name: add
-- A key that is taken is told, not written over.
INSERT INTO broadcast (key, document, created_at, created_by, changed_at)
VALUES (%(key)s, %(document)s, slinga_now(), %(by)s, slinga_now())
ON CONFLICT DO NOTHING
RETURNING key

-- name: edit
UPDATE broadcast SET document = %(document)s, changed_at = slinga_now()
WHERE key = %(key)s AND state IN ('draft', 'scheduled')
RETURNING key

-- name: find
SELECT key, document, state, starts_at, started_at, next_bucket, audience, place
FROM broadcast WHERE key = %(key)s

-- name: lock
-- One order at a time for each broadcast.
SELECT key, document, state, starts_at, started_at, next_bucket, audience, place
FROM broadcast WHERE key = %(key)s FOR UPDATE

-- name: listed
SELECT key, document, state, starts_at, started_at, next_bucket, audience, place
FROM broadcast WHERE key > %(after)s ORDER BY key LIMIT %(limit)s

-- name: move
UPDATE broadcast SET state = %(state)s, starts_at = %(starts_at)s, changed_at = slinga_now()
WHERE key = %(key)s

-- name: begin
-- The audience is who fits at this instant.
UPDATE broadcast SET state = 'running', started_at = slinga_now(), changed_at = slinga_now()
WHERE key = %(key)s

-- name: due
-- Scheduled broadcasts whose time has come.
SELECT key FROM broadcast WHERE state = 'scheduled' AND starts_at <= slinga_now() ORDER BY starts_at, key

-- name: running
-- One that has people left to address, which no other worker is at.
SELECT key, document, state, starts_at, started_at, next_bucket, audience, place
FROM broadcast WHERE state = 'running'
ORDER BY started_at, key LIMIT 1 FOR UPDATE SKIP LOCKED

-- name: addressed
-- Those whose messages may all have come to their end.
SELECT key, document, state, starts_at, started_at, next_bucket, audience, place
FROM broadcast WHERE state = 'addressed' ORDER BY started_at, key

-- name: advance
-- The place behind a portion; the last one ends the addressing.
UPDATE broadcast
SET next_bucket = %(next)s::smallint, place = %(place)s, audience = audience + %(found)s::bigint, changed_at = slinga_now(),
    state = CASE WHEN %(next)s::smallint >= 256 THEN 'addressed' ELSE state END
WHERE key = %(key)s

-- name: population
-- How many people there are, as the planner knows it: only the size of a portion rests on it.
SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'profile'::regclass

-- name: next_due
SELECT min(starts_at) FROM broadcast WHERE state = 'scheduled'

-- name: excluded
-- Why people of the audience get nothing: turned away at the door, dropped by the policy, or taken out before
-- their message was planned.
SELECT reason, count(*)
FROM (
    SELECT CASE f.kind
        WHEN 'holdout' THEN ''
        WHEN 'step' THEN coalesce(f.body -> 'witness' ->> 'reason', 'dropped')
        ELSE f.body ->> 'reason'
    END AS reason
    FROM fact f
    WHERE f.name = %(journey)s AND f.at >= %(since)s
      AND (f.kind IN ('holdout', 'entry_refused')
           OR (f.kind = 'step' AND f.body ->> 'node' = 'send' AND f.body ->> 'outcome' = 'dropped')
           OR (f.kind = 'run_ended' AND f.body ->> 'reason' <> 'completed'
               AND coalesce((f.body ->> 'sends')::integer, 0) = 0))
) left_out
GROUP BY reason ORDER BY reason
