-- name: now
SELECT slinga_now()

-- name: plan
-- A send key that was planned before is left alone: a decision taken twice sends once.
INSERT INTO message (bucket, id, send_key, person, class, channel, topic, journey, version, run, node, template,
    priority, lane, address, variables, witness, quiet_hours, planned_at, not_before, expires_at, due_at,
    changed_at)
SELECT *, slinga_now() FROM unnest(
    %(buckets)s::int2[], %(ids)s::uuid[], %(send_keys)s::text[], %(people)s::uuid[], %(classes)s::text[],
    %(channels)s::text[], %(topics)s::text[], %(journeys)s::text[], %(versions)s::int8[], %(runs)s::text[],
    %(nodes)s::text[], %(templates)s::text[], %(priorities)s::int8[], %(lanes)s::text[], %(addresses)s::text[],
    %(variables)s::jsonb[], %(witnesses)s::jsonb[], %(quiet_hours)s::text[], %(planned)s::timestamptz[],
    %(not_before)s::timestamptz[], %(expires)s::timestamptz[], %(due)s::timestamptz[])
ON CONFLICT DO NOTHING

-- name: streams
-- A loose index scan: one probe per (lane, journey, priority), however many messages wait in each.
WITH RECURSIVE stream AS (
    (SELECT lane, journey, priority, due_at FROM message
     WHERE state IN ('planned', 'deferred')
     ORDER BY lane, journey, priority, due_at LIMIT 1)
    UNION ALL
    SELECT next.* FROM stream, LATERAL (
        SELECT m.lane, m.journey, m.priority, m.due_at FROM message m
        WHERE m.state IN ('planned', 'deferred')
          AND (m.lane, m.journey, m.priority) > (stream.lane, stream.journey, stream.priority)
        ORDER BY m.lane, m.journey, m.priority, m.due_at LIMIT 1) next
)
SELECT lane, journey, priority FROM stream
WHERE due_at <= (SELECT slinga_now())
  AND NOT EXISTS (
    SELECT FROM delivery_hold
    WHERE held_until > (SELECT slinga_now())
      AND key IN ('lane:' || lane, 'journey:' || journey, 'class:' || split_part(lane, ':', 1)))

-- name: claim
-- Locked until the caller's transaction ends, which is when the attempts are on record; nobody waits for them.
SELECT bucket, id, send_key, person, class, channel, topic, journey, version, run, node,
    template, priority, lane, address, variables, witness, quiet_hours, planned_at,
    not_before, expires_at, attempts, tries, resends, lease_epoch, message_id
FROM message
WHERE state IN ('planned', 'deferred') AND lane = %(lane)s AND journey = %(journey)s
  AND priority = %(priority)s AND due_at <= (SELECT slinga_now())
ORDER BY due_at
LIMIT %(limit)s
FOR UPDATE SKIP LOCKED

-- name: heartbeat
-- Only with our own epoch: a lease that another worker took meanwhile is not prolonged.
UPDATE message m
SET leased_until = clock_timestamp() + %(lease_s)s * interval '1 second'
FROM unnest(%(buckets)s::smallint[], %(ids)s::uuid[], %(epochs)s::integer[]) AS t (bucket, id, epoch)
WHERE m.bucket = t.bucket AND m.id = t.id AND m.lease_epoch = t.epoch AND m.state IN ('leased', 'dialling')

-- name: dial
-- The attempt's row and the state change are one statement, committed before the network is touched: a crash
-- loop can neither forget an attempt nor hammer a receiver. Leases are about live processes, so they run on the
-- server's real clock, which virtual time cannot move.
WITH dialled AS (
    UPDATE message m
    SET state = 'dialling', attempts = m.attempts + 1, changed_at = t.now, message_id = t.message_id,
        reason = '', lease_owner = %(worker)s, lease_epoch = m.lease_epoch + 1,
        leased_until = clock_timestamp() + %(lease_s)s * interval '1 second'
    FROM (
        SELECT bucket, id, message_id, (SELECT slinga_now()) AS now
        FROM unnest(%(buckets)s::smallint[], %(ids)s::uuid[], %(message_ids)s::text[]) AS u (bucket, id, message_id)
    ) t
    WHERE m.bucket = t.bucket AND m.id = t.id AND m.state IN ('planned', 'deferred')
    RETURNING m.bucket, m.id, m.attempts, m.lease_epoch, m.changed_at
)
INSERT INTO attempt (bucket, message, no, worker, epoch, started_at)
SELECT bucket, id, attempts, %(worker)s, lease_epoch, changed_at FROM dialled

-- name: move
-- What was claimed and does not go: to anything but `dialling`.
UPDATE message m
SET state = t.state, reason = t.reason, due_at = coalesce(t.due_at, m.due_at), changed_at = slinga_now()
FROM unnest(%(buckets)s::smallint[], %(ids)s::uuid[], %(epochs)s::integer[], %(states)s::text[],
    %(reasons)s::text[], %(dues)s::timestamptz[]) AS t (bucket, id, epoch, state, reason, due_at)
WHERE m.bucket = t.bucket AND m.id = t.id AND m.lease_epoch = t.epoch
  AND m.state IN ('planned', 'deferred')
RETURNING m.bucket, m.id

-- name: settle
-- A worker that was taken for dead may still say how its own attempt ended, unless the message went on.
UPDATE message m
SET state = t.state, reason = t.reason, due_at = coalesce(t.due_at, m.due_at), changed_at = t.now,
    tries = m.tries + t.counted, response = t.text, leased_until = NULL, lease_owner = '',
    accepted_at = CASE WHEN t.state = 'accepted' THEN t.now ELSE m.accepted_at END
FROM (
    SELECT *, (SELECT slinga_now()) AS now
    FROM unnest(%(buckets)s::smallint[], %(ids)s::uuid[], %(epochs)s::integer[], %(states)s::text[],
        %(reasons)s::text[], %(dues)s::timestamptz[], %(counted)s::integer[], %(texts)s::text[])
        AS u (bucket, id, epoch, state, reason, due_at, counted, text)
) t
WHERE m.bucket = t.bucket AND m.id = t.id AND m.lease_epoch = t.epoch
  AND (m.state = 'dialling' OR (m.state = 'unknown' AND t.state <> 'unknown'))
RETURNING m.bucket, m.id

-- name: close_attempts
-- By epoch, so that the word of a worker taken for dead lands on its own attempt and no other.
UPDATE attempt a
SET ended_at = (SELECT slinga_now()), outcome = t.outcome, code = t.code, enhanced = t.enhanced, text = t.text
FROM unnest(%(buckets)s::smallint[], %(ids)s::uuid[], %(epochs)s::integer[], %(states)s::text[],
    %(codes)s::integer[], %(enhanced)s::text[], %(texts)s::text[])
    AS t (bucket, message, epoch, outcome, code, enhanced, text)
WHERE a.bucket = t.bucket AND a.message = t.message AND a.epoch = t.epoch

-- name: recover_leased
-- Nothing was sent for these: they wait again, for anyone.
UPDATE message SET state = 'planned', leased_until = NULL, lease_owner = '', changed_at = slinga_now()
WHERE (bucket, id) IN (
    SELECT bucket, id FROM message
    WHERE state = 'leased' AND leased_until < clock_timestamp()
    LIMIT 1000 FOR UPDATE SKIP LOCKED)

-- name: lost
-- What couriers that are gone had under way, and whose it was.
SELECT bucket, id, send_key, person, class, channel, topic, journey, version, run, node,
    template, priority, lane, address, variables, witness, quiet_hours, planned_at,
    not_before, expires_at, attempts, tries, resends, lease_epoch, message_id, lease_owner
FROM message
WHERE state = 'dialling' AND (leased_until < clock_timestamp() OR lease_owner = ANY(%(gone)s::text[]))
LIMIT 1000 FOR UPDATE SKIP LOCKED

-- name: holding
-- Those of the couriers that still have something under way.
SELECT DISTINCT lease_owner FROM message WHERE state = 'dialling' AND lease_owner = ANY(%(couriers)s::text[])

-- name: resend
-- Only transactional mail, only once, only while it is of use, and marked by `resends`.
UPDATE message
SET state = 'deferred', reason = 'resend_after_unknown', resends = resends + 1, due_at = slinga_now(),
    changed_at = slinga_now()
WHERE (bucket, id) IN (
    SELECT bucket, id FROM message
    WHERE state = 'unknown' AND class = 'transactional' AND resends = 0
      AND changed_at <= slinga_now() - %(after_us)s * interval '1 microsecond' AND expires_at > slinga_now()
    LIMIT 1000 FOR UPDATE SKIP LOCKED)

-- name: counts
-- planned = the sum of these, for the whole, a journey, a version or a node.
SELECT state, count(*) FROM message
WHERE (%(journey)s::text IS NULL OR journey = %(journey)s)
  AND (%(version)s::integer IS NULL OR version = %(version)s)
  AND (%(node)s::text IS NULL OR node = %(node)s)
  AND (%(class)s::text IS NULL OR class = %(class)s)
GROUP BY state

-- name: waiting
SELECT count(*), min(due_at) FROM message WHERE state IN ('planned', 'deferred')

-- name: confirm
-- Word from the receiver about an uncertain message.
UPDATE message SET state = %(state)s, reason = %(reason)s, changed_at = slinga_now(),
    accepted_at = CASE WHEN %(state)s = 'accepted' THEN slinga_now() ELSE accepted_at END
WHERE bucket = %(bucket)s AND id = %(id)s AND state = 'unknown'
RETURNING bucket, id, send_key, person, class, channel, topic, journey, version, run, node,
    template, priority, lane, address, variables, witness, quiet_hours, planned_at,
    not_before, expires_at, attempts, tries, resends, lease_epoch, message_id

-- name: one
-- In the order of the fields of `Message`.
SELECT bucket, id, send_key, person, class, channel, topic, journey, version, run, node,
    template, priority, lane, address, variables, witness, quiet_hours, planned_at,
    not_before, expires_at, attempts, tries, resends, lease_epoch, message_id
FROM message WHERE bucket = %(bucket)s AND id = %(id)s
