-- name: strike
-- Counts replies alike in a row; a different kind starts again. A hold already in force is left alone.
INSERT INTO delivery_hold AS h (key, reason, detail, strikes, changed_at)
VALUES (%(key)s, %(kind)s, %(detail)s, %(count)s, slinga_now())
ON CONFLICT (key) DO UPDATE
SET strikes = CASE WHEN h.reason = excluded.reason THEN h.strikes + excluded.strikes ELSE excluded.strikes END,
    reason = excluded.reason, detail = excluded.detail, changed_at = excluded.changed_at
WHERE h.held_until IS NULL OR h.held_until <= slinga_now()
RETURNING strikes

-- name: clear_strikes
UPDATE delivery_hold SET strikes = 0
WHERE key = ANY(%(keys)s) AND strikes > 0 AND (held_until IS NULL OR held_until <= slinga_now())

-- name: hold
-- A hold that is given again begins anew: its length, its reason, and the strikes that led to it.
INSERT INTO delivery_hold AS h (key, held_until, reason, detail, changed_at)
VALUES (%(key)s, coalesce(slinga_now() + %(for_us)s::bigint * interval '1 microsecond', 'infinity'), %(reason)s,
    %(detail)s, slinga_now())
ON CONFLICT (key) DO UPDATE
SET held_until = excluded.held_until, reason = excluded.reason, detail = excluded.detail, strikes = 0,
    changed_at = excluded.changed_at

-- name: release_hold
DELETE FROM delivery_hold WHERE key = %(key)s

-- name: let_go
INSERT INTO delivery_hold (key, reason, detail, changed_at) VALUES (%(key)s, 'released', %(member)s, slinga_now())
ON CONFLICT (key) DO UPDATE SET detail = excluded.detail, changed_at = excluded.changed_at

-- name: holds
SELECT key, nullif(held_until, 'infinity'), reason, detail FROM delivery_hold
WHERE held_until > slinga_now() ORDER BY key

-- name: held
SELECT changed_at, reason, detail FROM delivery_hold
WHERE key = %(key)s AND held_until > slinga_now()

-- name: late
-- Marketing that fell due while it was stopped, by journey.
SELECT journey, count(*), min(planned_at), count(*) FILTER (WHERE expires_at <= slinga_now())
FROM message
WHERE class = 'marketing' AND state IN ('planned', 'deferred') AND due_at <= slinga_now()
GROUP BY journey ORDER BY 2 DESC, 1

-- name: keep_late
-- Sending late mail gives each message as long again as it had.
UPDATE message SET expires_at = slinga_now() + greatest(expires_at - planned_at, interval '1 hour')
WHERE class = 'marketing' AND state IN ('planned', 'deferred') AND due_at <= slinga_now()
  AND expires_at <= slinga_now() + interval '1 hour'

-- name: cancel_late
-- What fell due while marketing was stopped, all of it or only what is stale by now.
UPDATE message m SET state = %(state)s, reason = %(reason)s, changed_at = slinga_now()
WHERE class = 'marketing' AND state IN ('planned', 'deferred') AND due_at <= slinga_now()
  AND (expires_at <= slinga_now() OR NOT %(stale)s)
RETURNING m.bucket, m.id, m.send_key, m.person, m.class, m.channel, m.topic, m.journey, m.version, m.run, m.node,
    m.template, m.priority, m.lane, m.address, m.variables, m.witness, m.quiet_hours, m.planned_at,
    m.not_before, m.expires_at, m.attempts, m.tries, m.resends, m.lease_epoch, m.message_id

-- name: cancel_journey
-- What has not been leased yet; the gate stops the rest.
UPDATE message m SET state = 'cancelled', reason = %(reason)s, changed_at = slinga_now()
WHERE journey = %(journey)s AND state IN ('planned', 'deferred')
RETURNING m.bucket, m.id, m.send_key, m.person, m.class, m.channel, m.topic, m.journey, m.version, m.run, m.node,
    m.template, m.priority, m.lane, m.address, m.variables, m.witness, m.quiet_hours, m.planned_at,
    m.not_before, m.expires_at, m.attempts, m.tries, m.resends, m.lease_epoch, m.message_id

-- name: busy
-- Whether anything of a journey is still on its way.
SELECT EXISTS (
    SELECT FROM message WHERE journey = %(journey)s AND state IN ('planned', 'leased', 'dialling', 'deferred'))
