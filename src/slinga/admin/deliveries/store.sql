-- name: message_counts
-- Planned equals the sum of these: nothing is lost in silence.
SELECT state, reason, count(*) FROM message GROUP BY state, reason ORDER BY state, count(*) DESC

-- name: messages
-- The newest in a state, for a reason.
SELECT bucket, id, person, address, channel, class, journey, template, state, reason, planned_at, due_at, attempts
FROM message
WHERE (%(state)s = '' OR state = %(state)s) AND (%(reason)s = '' OR reason = %(reason)s)
ORDER BY planned_at DESC, id LIMIT %(limit)s

-- name: blocked_counts
-- What policy kept back before a message was planned, by reason.
SELECT kind, coalesce(body ->> 'reason', ''), count(*), max(at) FROM fact
WHERE kind IN ('send_blocked', 'send_deferred') AND at > %(since)s
GROUP BY 1, 2 ORDER BY 3 DESC

-- name: blocked
-- The newest sends that policy kept back.
SELECT at, person, kind, name, coalesce(body ->> 'reason', ''), coalesce(body ->> 'detail', ''),
    coalesce(body ->> 'channel', '')
FROM fact
WHERE kind IN ('send_blocked', 'send_deferred') AND (%(reason)s = '' OR body ->> 'reason' = %(reason)s)
ORDER BY at DESC, id DESC LIMIT %(limit)s
