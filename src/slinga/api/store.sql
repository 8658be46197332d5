-- name: forward
SELECT forward FROM person WHERE bucket = %(bucket)s AND key = %(key)s

-- name: logged
-- Somebody of whom the engine has not heard yet, but the log has.
SELECT EXISTS (SELECT FROM input WHERE bucket = %(bucket)s AND person = %(key)s)

-- name: person
-- One person in the shape of a list's row.
SELECT p.key, p.created_at, coalesce(f.identified, false), coalesce(f.traits, '{}'), coalesce(f.tags, '{}')
FROM person p LEFT JOIN profile f ON f.bucket = p.bucket AND f.person = p.key
WHERE p.bucket = %(bucket)s AND p.key = %(key)s AND p.forward IS NULL

-- name: merged
-- Keys that became this one, by what was recorded when they did.
WITH RECURSIVE of (key) AS (
    SELECT %(key)s::uuid
    UNION
    SELECT (f.body ->> 'other')::uuid FROM of
    JOIN fact f ON f.bucket = get_byte(uuid_send(of.key), 0) AND f.person = of.key AND f.kind = 'merged'
    WHERE f.body ->> 'other' ~ '^[0-9a-f]{32}$'
)
SELECT key FROM of WHERE key <> %(key)s::uuid

-- name: timeline
-- Each half is bounded before they are put together; the log's order is its seq, which acceptance follows.
SELECT * FROM (
    (SELECT accepted_at AS at, 1 AS of, seq AS id, kind, name, body FROM input
     WHERE bucket = %(bucket)s AND person = %(key)s AND (accepted_at, 1, seq) < (%(at)s, %(of)s, %(id)s)
     ORDER BY seq DESC LIMIT %(limit)s)
    UNION ALL
    (SELECT at, 0, id, kind, name, body FROM fact
     WHERE bucket = %(bucket)s AND person = %(key)s AND (at, 0, id) < (%(at)s, %(of)s, %(id)s)
     ORDER BY at DESC, id DESC LIMIT %(limit)s)
) AS life
ORDER BY at DESC, of DESC, id DESC LIMIT %(limit)s

-- name: messages
-- What was planned for somebody and became of it, newest first.
SELECT id, channel, class, topic, journey, version, node, template, state, reason, planned_at, changed_at,
    accepted_at, attempts
FROM message
WHERE bucket = %(bucket)s AND person = %(key)s AND (planned_at, id) < (%(at)s, %(id)s)
ORDER BY planned_at DESC, id DESC LIMIT %(limit)s

-- name: message
-- By its id alone: one probe of the primary key per bucket.
SELECT id, channel, class, topic, journey, version, node, template, state, reason, planned_at, changed_at,
    accepted_at, attempts, bucket, person
FROM message WHERE bucket = ANY(%(buckets)s::smallint[]) AND id = %(id)s

-- name: attempts
SELECT no, started_at, ended_at, outcome, code, enhanced, text FROM attempt
WHERE bucket = %(bucket)s AND message = %(id)s ORDER BY no

-- name: decided
-- What was decided about a send that was never planned.
SELECT kind, at, body ->> 'reason', body ->> 'detail' FROM fact
WHERE bucket = %(bucket)s AND person = %(key)s AND kind IN ('send_blocked', 'send_deferred', 'send_planned')
  AND body ->> 'send_key' = %(send_key)s
ORDER BY id DESC LIMIT 1

-- name: asked
-- The request for a send, as it stands in the log.
SELECT body ->> 'template', accepted_at FROM input
WHERE bucket = %(bucket)s AND person = %(key)s AND kind = 'command' AND name = 'send'
  AND body ->> 'send_key' = %(send_key)s
ORDER BY seq DESC LIMIT 1

-- name: things_of
-- Somebody's things, by type.
SELECT person, type, id, attributes, updated_at FROM thing
WHERE bucket = %(bucket)s AND person = %(key)s AND (%(type)s = '' OR type = %(type)s)
  AND (type, id) > (%(after_type)s, %(after)s)
ORDER BY type, id LIMIT %(limit)s

-- name: things
-- All things of a type, in the order of the index on it.
SELECT person, type, id, attributes, updated_at FROM thing
WHERE type = %(type)s AND (bucket, person, id) > (%(bucket)s, %(key)s, %(after)s)
ORDER BY bucket, person, id LIMIT %(limit)s

-- name: stages
-- Grouped once, from the index on stage.
SELECT model, stage, coalesce(status, ''), count(*) FROM position
WHERE %(model)s = '' OR model = %(model)s
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3

-- name: segments
-- From the index on segment.
SELECT segment, count(*) FROM membership GROUP BY segment ORDER BY segment

-- name: everybody
SELECT count(*), count(*) FILTER (WHERE identified) FROM profile

-- name: versions
-- Every published version of a definition, newest first.
SELECT version, published_at, published_by FROM definition
WHERE kind = %(kind)s AND key = %(key)s ORDER BY version DESC

-- name: version
SELECT version, document, published_at, published_by FROM definition
WHERE kind = %(kind)s AND key = %(key)s AND version = %(version)s
