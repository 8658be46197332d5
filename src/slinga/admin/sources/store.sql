-- name: live
-- The newest stretch of the log, one range of the primary key in each bucket, however long the log is.
SELECT i.seq, i.accepted_at, i.kind, i.name, i.person, i.source, i.trust
FROM generate_series(0, 255) AS b (bucket)
CROSS JOIN LATERAL (
    SELECT seq, accepted_at, kind, name, person, source, trust FROM input
    WHERE bucket = b.bucket AND seq > (SELECT last_value FROM input_seq) - %(stretch)s
) AS i
WHERE i.source = %(source)s AND i.kind IN ('event', 'identify', 'group', 'merge')
ORDER BY i.seq DESC LIMIT %(limit)s

-- name: refused
-- The newest items of one source, looked for among the newest of all.
SELECT id, received_at, call, reason, field, remedy FROM (
    SELECT id, received_at, source, call, reason, field, remedy FROM quarantine
    WHERE replayed_at IS NULL ORDER BY id DESC LIMIT %(stretch)s
) AS newest
WHERE source = %(source)s ORDER BY id DESC LIMIT %(limit)s

-- name: quarantine
-- What waits to be mended, newest first, behind a number.
SELECT id, received_at, source, call, reason, field, remedy, size FROM quarantine
WHERE replayed_at IS NULL AND id < %(before)s AND (%(reason)s = '' OR reason = %(reason)s)
ORDER BY id DESC LIMIT %(limit)s

-- name: quarantine_count
-- Which reasons there are most of, among the newest.
SELECT reason, count(*) FROM (
    SELECT reason FROM quarantine WHERE replayed_at IS NULL ORDER BY id DESC LIMIT %(stretch)s
) AS newest
GROUP BY reason ORDER BY 2 DESC, 1

-- name: item
SELECT id, received_at, source, call, reason, field, remedy, size, payload, replayed_at FROM quarantine
WHERE id = %(id)s

-- name: waiting
-- Numbers of what waits for one reason, oldest first, so that replaying keeps the order.
SELECT id FROM quarantine WHERE replayed_at IS NULL AND reason = %(reason)s ORDER BY id LIMIT %(limit)s
