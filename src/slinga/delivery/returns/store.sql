-- name: now
SELECT slinga_now()

-- name: find
-- A return path names the message alone, so every bucket's index is probed: 256 of them, for few mails.
-- The row is locked, for it may just be settled. The columns after the first are the fields of `Message`.
SELECT state, bucket, id, send_key, person, class, channel, topic, journey, version, run, node,
    template, priority, lane, address, variables, witness, quiet_hours, planned_at,
    not_before, expires_at, attempts, tries, resends, lease_epoch, message_id
FROM message WHERE bucket = ANY (%(buckets)s::smallint[]) AND id = %(id)s
FOR UPDATE

-- name: add
-- One word of a sort per message: what is delivered three times counts once.
INSERT INTO message_return (bucket, message, sort, lane, journey, type, hard, code, enhanced, at)
VALUES (%(bucket)s, %(message)s, %(sort)s, %(lane)s, %(journey)s, %(type)s, %(hard)s, %(code)s, %(enhanced)s, slinga_now())
ON CONFLICT DO NOTHING

-- name: reject
UPDATE message SET state = 'rejected', reason = %(reason)s, response = %(text)s, changed_at = slinga_now()
WHERE bucket = %(bucket)s AND id = %(id)s AND state = 'unknown'

-- name: note
-- The receiver took the message once, so it stays accepted; what it said later stands beside.
UPDATE message SET response = %(text)s WHERE bucket = %(bucket)s AND id = %(id)s

-- name: count
-- Several parts per lane and hour, so that couriers do not wait for one row.
INSERT INTO lane_count AS l (lane, hour_at, part, accepted, returned)
VALUES (%(lane)s, date_trunc('hour', slinga_now(), 'UTC'), pg_backend_pid() %% 4, %(accepted)s, %(returned)s)
ON CONFLICT (lane, hour_at, part) DO UPDATE
SET accepted = l.accepted + excluded.accepted, returned = l.returned + excluded.returned

-- name: rate
-- A lane that somebody let go begins anew with its complaints, or it would be held again at once.
SELECT
    (SELECT coalesce(sum(accepted), 0) FROM lane_count
     WHERE lane = %(lane)s AND hour_at > slinga_now() - %(for_us)s * interval '1 microsecond'),
    (SELECT count(*) FROM message_return
     WHERE sort = 'complaint' AND lane = %(lane)s AND at > greatest(
        slinga_now() - %(for_us)s * interval '1 microsecond',
        (SELECT changed_at FROM delivery_hold WHERE key = %(key)s)))

-- name: first
-- Held already, or to be had: an advisory lock would count up each time it is taken again.
SELECT EXISTS (
    SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted
) OR pg_try_advisory_lock(hashtext('slinga.returns'))

-- name: leave
SELECT pg_advisory_unlock_all()

-- name: tidy
DELETE FROM lane_count WHERE hour_at < slinga_now() - %(for_us)s * interval '1 microsecond'
