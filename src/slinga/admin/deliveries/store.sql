-- name: messages
-- The newest planned, by the index of facts, each with its message by the index of its person; those of a state and
-- a reason are looked for among them, so that the question costs the same however many messages there are.
SELECT DISTINCT ON (f.at, f.id) m.id, m.person, m.address, m.channel, m.class, m.journey, m.template, m.state, m.reason,
    m.planned_at, m.due_at, m.attempts
FROM (
    SELECT id, at, bucket, person, name FROM fact
    WHERE kind = 'send_planned' AND at <= %(before)s ORDER BY at DESC LIMIT %(stretch)s
) AS f
JOIN message m ON m.bucket = f.bucket AND m.person = f.person AND m.planned_at = f.at AND m.journey = f.name
WHERE (%(state)s = '' OR m.state = %(state)s) AND (%(reason)s = '' OR m.reason = %(reason)s)
    AND (%(channel)s = '' OR m.channel = %(channel)s) AND (%(journey)s = '' OR m.journey = %(journey)s)
ORDER BY f.at DESC, f.id DESC LIMIT %(limit)s

-- name: blocked
-- The newest sends that policy kept back; those for a reason are looked for among them.
SELECT at, person, kind, name, reason, detail, channel FROM (
    SELECT id, at, person, kind, name, coalesce(body ->> 'reason', '') AS reason,
        coalesce(body ->> 'detail', '') AS detail, coalesce(body ->> 'channel', '') AS channel
    FROM fact WHERE kind = ANY (ARRAY['send_blocked', 'send_deferred'])
    ORDER BY at DESC LIMIT %(stretch)s
) AS newest
WHERE (%(reason)s = '' OR reason = %(reason)s)
ORDER BY at DESC, id DESC LIMIT %(limit)s
