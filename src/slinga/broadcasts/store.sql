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
SELECT key, document, state, starts_at, started_at, next_bucket, audience, place, round, decide_at, winner,
    addressed_by_receiver, ends_at
FROM broadcast WHERE key = %(key)s

-- name: lock
-- One order at a time for each broadcast.
SELECT key, document, state, starts_at, started_at, next_bucket, audience, place, round, decide_at, winner,
    addressed_by_receiver, ends_at
FROM broadcast WHERE key = %(key)s FOR UPDATE

-- name: listed
SELECT key, document, state, starts_at, started_at, next_bucket, audience, place, round, decide_at, winner,
    addressed_by_receiver, ends_at
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
SELECT key, document, state, starts_at, started_at, next_bucket, audience, place, round, decide_at, winner,
    addressed_by_receiver, ends_at
FROM broadcast WHERE state = 'running'
ORDER BY started_at, key LIMIT 1 FOR UPDATE SKIP LOCKED

-- name: addressed
-- Those whose messages may all have come to their end.
SELECT key, document, state, starts_at, started_at, next_bucket, audience, place, round, decide_at, winner,
    addressed_by_receiver, ends_at
FROM broadcast WHERE state = 'addressed' ORDER BY started_at, key

-- name: advance
-- The place behind a portion; the last one ends the addressing.
UPDATE broadcast
SET next_bucket = %(next)s::smallint, place = %(place)s, audience = audience + %(found)s::bigint, changed_at = slinga_now(),
    state = CASE WHEN %(next)s::smallint >= 256 THEN %(ended)s ELSE state END
WHERE key = %(key)s

-- name: population
-- How many people there are, as the planner knows it: only the size of a portion rests on it.
SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'profile'::regclass

-- name: next_due
SELECT min(CASE state WHEN 'testing' THEN decide_at ELSE starts_at END) FROM broadcast
WHERE state IN ('scheduled', 'testing')

-- name: warmed
UPDATE broadcast SET addressed_by_receiver = %(warming)s,
    ends_at = greatest(ends_at, started_at + %(days)s::integer * interval '1 day')
WHERE key = %(key)s

-- name: decide_at
UPDATE broadcast SET decide_at = %(at)s WHERE key = %(key)s

-- name: to_decide
-- Samples whose time has come; what another worker judges is left out.
SELECT key, document, state, starts_at, started_at, next_bucket, audience, place, round, decide_at, winner,
    addressed_by_receiver, ends_at
FROM broadcast WHERE state = 'testing' AND decide_at <= slinga_now()
ORDER BY decide_at, key FOR UPDATE SKIP LOCKED

-- name: decided
UPDATE broadcast SET winner = %(winner)s, round = 2, next_bucket = 0, place = 0, state = 'running',
    changed_at = slinga_now()
WHERE key = %(key)s

-- name: came
-- By node: of those whose message went out, who opened, clicked, did what counts, and what they spent since.
SELECT m.node, count(*), count(*) FILTER (WHERE r.opened), count(*) FILTER (WHERE r.clicked),
    count(*) FILTER (WHERE r.converted), coalesce(sum(r.spent), 0), coalesce(sum(r.spent * r.spent), 0)
FROM message m
LEFT JOIN LATERAL (
    SELECT bool_or(i.name = 'Message Opened' AND mine) AS opened, bool_or(i.name = 'Message Clicked' AND mine) AS clicked,
        bool_or(i.name = %(event)s) AS converted,
        sum(CASE WHEN i.name = 'Order Completed' AND jsonb_typeof(i.body #> '{properties,total}') = 'number'
            THEN (i.body #>> '{properties,total}')::numeric END) AS spent
    FROM input i
    CROSS JOIN LATERAL (
        SELECT i.body #>> '{properties,journey}' = %(journey)s
            AND i.body #>> '{properties,machine}' IS DISTINCT FROM 'true' AS mine) AS about
    WHERE i.bucket = m.bucket AND i.person = m.person AND i.kind IN ('event', 'history')
      AND i.name IN ('Message Opened', 'Message Clicked', 'Order Completed', %(event)s)
      AND i.occurred_at >= m.accepted_at) r ON true
WHERE m.journey = %(journey)s AND m.state = 'accepted'
GROUP BY m.node

-- name: addresses
SELECT p.person, coalesce(p.traits ->> 'email', '')
FROM unnest(%(buckets)s::smallint[], %(people)s::uuid[]) AS who (bucket, person)
JOIN profile p ON p.bucket = who.bucket AND p.person = who.person

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
           OR (f.kind = 'step' AND f.body ->> 'node' LIKE 'send%%' AND f.body ->> 'outcome' = 'dropped')
           OR (f.kind = 'run_ended' AND f.body ->> 'reason' <> 'completed'
               AND coalesce((f.body ->> 'sends')::integer, 0) = 0))
) left_out
GROUP BY reason ORDER BY reason
