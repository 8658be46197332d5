-- name: now
SELECT slinga_now()

-- name: ask
INSERT INTO rehearsal (journey, request, state, asked_by, asked_at)
VALUES (%(journey)s, %(request)s, 'waiting', %(by)s, slinga_now()) RETURNING id

-- name: forget
-- The newest few of a journey are enough.
DELETE FROM rehearsal WHERE journey = %(journey)s AND state NOT IN ('waiting', 'running') AND id NOT IN (
    SELECT id FROM rehearsal WHERE journey = %(journey)s ORDER BY id DESC LIMIT %(keep)s)

-- name: of_journey
SELECT id, journey, request, state, done, parts, NULL::jsonb, fault, asked_by, asked_at, ended_at
FROM rehearsal WHERE journey = %(journey)s ORDER BY id DESC LIMIT %(limit)s

-- name: one
SELECT id, journey, request, state, done, parts, report, fault, asked_by, asked_at, ended_at
FROM rehearsal WHERE id = %(id)s

-- name: last_done
SELECT id, journey, request, state, done, parts, report, fault, asked_by, asked_at, ended_at
FROM rehearsal WHERE journey = %(journey)s AND state = 'done' ORDER BY id DESC LIMIT 1

-- name: take
-- The oldest that waits, or one whose player was not heard of for long: the wall clock, for people may move ours.
UPDATE rehearsal SET state = 'running', done = 0, beat_at = clock_timestamp()
WHERE id = (
    SELECT id FROM rehearsal
    WHERE state = 'waiting' OR (state = 'running' AND beat_at < clock_timestamp() - interval '10 minutes')
    ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, request

-- name: beat
-- False once it was cancelled.
UPDATE rehearsal SET done = %(done)s, parts = %(parts)s, beat_at = clock_timestamp()
WHERE id = %(id)s AND state = 'running' RETURNING id

-- name: finish
UPDATE rehearsal SET state = %(state)s, report = %(report)s, fault = %(fault)s, ended_at = slinga_now()
WHERE id = %(id)s AND state = 'running'

-- name: cancel
UPDATE rehearsal SET state = 'cancelled', ended_at = slinga_now()
WHERE id = %(id)s AND state IN ('waiting', 'running')
