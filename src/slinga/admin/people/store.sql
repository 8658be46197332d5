-- name: forward
-- An old key in a link or a note still leads to the person.
SELECT key, forward FROM person WHERE bucket = %(bucket)s AND key = %(key)s

-- name: recent
-- Who did something last: the ends of all buckets' logs, so it costs the same with a million people. Only of the last
-- of them anything more is asked; there are three times as many as are shown, because some live on as others.
WITH last AS MATERIALIZED (
    SELECT done.bucket, done.person, max(done.accepted_at) AS at
    FROM generate_series(0, 255) AS b (bucket)
    CROSS JOIN LATERAL (
        SELECT bucket, person, accepted_at FROM input WHERE input.bucket = b.bucket AND kind IN ('event', 'identify')
        ORDER BY seq DESC LIMIT 12
    ) done
    GROUP BY done.bucket, done.person ORDER BY at DESC, done.person LIMIT 3 * %(limit)s
)
SELECT p.key, last.at, coalesce(f.identified, false), coalesce(f.traits, '{}'), pos.stage
FROM last
JOIN person p ON p.bucket = last.bucket AND p.key = last.person AND p.forward IS NULL
LEFT JOIN profile f ON f.bucket = p.bucket AND f.person = p.key
LEFT JOIN position pos ON pos.bucket = p.bucket AND pos.person = p.key AND pos.model = %(model)s
ORDER BY last.at DESC, p.key LIMIT %(limit)s

-- name: first
-- Some people, in the order of their keys: where the log is empty (an import, a restore) there are people all the same.
SELECT p.key, p.created_at, coalesce(f.identified, false), coalesce(f.traits, '{}'), pos.stage
FROM person p
LEFT JOIN profile f ON f.bucket = p.bucket AND f.person = p.key
LEFT JOIN position pos ON pos.bucket = p.bucket AND pos.person = p.key AND pos.model = %(model)s
WHERE p.forward IS NULL ORDER BY p.bucket, p.key LIMIT %(limit)s

-- name: found
-- Those who have one of these keys, or whose address or name begins so; each way has its index.
SELECT p.key, p.created_at, coalesce(f.identified, false), coalesce(f.traits, '{}'), pos.stage
FROM (
    SELECT who.bucket, who.person FROM unnest(%(buckets)s::smallint[], %(keys)s::uuid[]) AS who (bucket, person)
    UNION (SELECT bucket, person FROM profile WHERE traits ? 'email' AND lower(traits ->> 'email') LIKE %(like)s LIMIT %(limit)s)
    UNION (SELECT bucket, person FROM profile WHERE traits ? 'name' AND lower(traits ->> 'name') LIKE %(like)s LIMIT %(limit)s)
    UNION (SELECT bucket, person FROM profile WHERE traits ? 'first_name' AND lower(traits ->> 'first_name') LIKE %(like)s LIMIT %(limit)s)
    UNION (SELECT bucket, person FROM profile WHERE traits ? 'last_name' AND lower(traits ->> 'last_name') LIKE %(like)s LIMIT %(limit)s)
) one
JOIN person p ON p.bucket = one.bucket AND p.key = one.person AND p.forward IS NULL
LEFT JOIN profile f ON f.bucket = p.bucket AND f.person = p.key
LEFT JOIN position pos ON pos.bucket = p.bucket AND pos.person = p.key AND pos.model = %(model)s
ORDER BY p.created_at DESC, p.key LIMIT %(limit)s

-- name: standing
-- Those in a stage or a status of it, by the index on stage.
SELECT p.key, pos.entered_at, coalesce(f.identified, false), coalesce(f.traits, '{}'), pos.stage
FROM position pos
JOIN person p ON p.bucket = pos.bucket AND p.key = pos.person AND p.forward IS NULL
LEFT JOIN profile f ON f.bucket = p.bucket AND f.person = p.key
WHERE pos.model = %(model)s AND pos.stage = %(stage)s AND (%(status)s = '' OR pos.status = %(status)s)
ORDER BY pos.bucket, pos.person LIMIT %(limit)s

-- name: person
-- What stands about one person; the profile is missing until the engine has first met them.
SELECT p.key, p.created_at, p.forward, p.wake_at, f.zone, coalesce(f.traits, '{}'), coalesce(f.tags, '{}'),
    coalesce(f.identified, false), coalesce(f.reachable, '{}')
FROM person p
LEFT JOIN profile f ON f.bucket = p.bucket AND f.person = p.key
WHERE p.bucket = %(bucket)s AND p.key = %(key)s

-- name: positions_of
-- Where they stand, in every model.
SELECT model, stage, coalesce(status, ''), entered_at FROM position
WHERE bucket = %(bucket)s AND person = %(key)s ORDER BY model

-- name: segments_of
-- What they belong to, newest first.
SELECT segment, entered_at FROM membership
WHERE bucket = %(bucket)s AND person = %(key)s ORDER BY entered_at DESC, segment

-- name: scores_of
-- How they are doing.
SELECT score, value FROM score_value WHERE bucket = %(bucket)s AND person = %(key)s ORDER BY score

-- name: things_of
-- What they own or hold.
SELECT type, id, attributes, updated_at FROM thing
WHERE bucket = %(bucket)s AND person = %(key)s ORDER BY type, updated_at DESC LIMIT 50

-- name: facts_of
-- Newest first, up to an instant, so that a long life is read in pages.
SELECT at, kind, name, body FROM fact
WHERE bucket = %(bucket)s AND person = %(key)s AND at < %(before)s
ORDER BY at DESC, id DESC LIMIT %(limit)s

-- name: inputs_of
-- What they did, newest first, among those accepted last, which the index gives: files come in any order.
SELECT occurred_at, kind, name, body FROM (
    SELECT occurred_at, kind, name, body, seq FROM input
    WHERE bucket = %(bucket)s AND person = %(key)s AND occurred_at < %(before)s
    ORDER BY seq DESC LIMIT 3000) AS late
ORDER BY occurred_at DESC, seq DESC LIMIT %(limit)s

-- name: messages_of
-- What was planned for them and became of it.
SELECT planned_at, id, send_key, channel, journey, template, state, reason, accepted_at, changed_at FROM message
WHERE bucket = %(bucket)s AND person = %(key)s AND planned_at < %(before)s
ORDER BY planned_at DESC LIMIT %(limit)s

-- name: runs_of
-- The journeys they are in: where, since when, and when time moves them on.
SELECT journey, version, node, about, entered_at, since, due_at, id FROM run
WHERE bucket = %(bucket)s AND person = %(key)s ORDER BY since DESC

-- name: consents_of
-- What stands for each channel and topic.
SELECT channel, topic, state FROM consent_state
WHERE bucket = %(bucket)s AND person = %(key)s ORDER BY channel, topic

-- name: seen_of
-- When they last did something.
SELECT max(occurred_at) FROM (
    SELECT occurred_at FROM input WHERE bucket = %(bucket)s AND person = %(key)s AND kind IN ('event', 'history')
    ORDER BY seq DESC LIMIT 20
) last

-- name: orders_of
-- Their orders, newest first, with what each is worth where it says a number.
SELECT id, attributes, updated_at,
    CASE WHEN attributes ->> 'total' ~ '^-?[0-9]{1,12}([.][0-9]{1,6})?$' THEN (attributes ->> 'total')::numeric END
FROM thing WHERE bucket = %(bucket)s AND person = %(key)s AND type = 'order'
ORDER BY updated_at DESC LIMIT 200

-- name: merges_of
-- Which other profiles became this one.
SELECT at, body FROM fact
WHERE bucket = %(bucket)s AND person = %(key)s AND kind = 'merged' ORDER BY at DESC LIMIT 50

-- name: raw_of
-- What was taken in, as it stands in the log, newest first.
SELECT seq, kind, name, trust, source, accepted_at, occurred_at, body FROM input
WHERE bucket = %(bucket)s AND person = %(key)s AND seq < %(before)s ORDER BY seq DESC LIMIT 50

-- name: message_of
-- One message as it was planned.
SELECT id, send_key, person, class, channel, topic, journey, version, run, node, template, priority, address,
    variables, witness, quiet_hours, planned_at, not_before, expires_at, state, reason, accepted_at, changed_at, response
FROM message WHERE bucket = %(bucket)s AND person = %(key)s AND id = %(id)s

-- name: attempts_of
SELECT no, started_at, ended_at, outcome, code, enhanced, text FROM attempt
WHERE bucket = %(bucket)s AND message = %(id)s ORDER BY no

-- name: program_at
-- The program in force at an instant.
SELECT max(number) FROM program WHERE published_at <= %(at)s

-- name: known_of
-- Which of these sends became messages, wherever in the life they stand.
SELECT send_key FROM message WHERE bucket = %(bucket)s AND person = %(key)s AND send_key = ANY(%(keys)s)

-- name: decided_of
-- What the policy said about these sends, from an instant on.
SELECT body ->> 'send_key', at, kind, body FROM fact
WHERE bucket = %(bucket)s AND person = %(key)s AND at >= %(since)s
    AND kind IN ('send_deferred', 'send_blocked') AND body ->> 'send_key' = ANY(%(keys)s)
ORDER BY at LIMIT 2000

-- name: heard_of
-- What was heard of these sends.
SELECT body #>> '{properties,send_key}', occurred_at, name, body -> 'properties' FROM input
WHERE bucket = %(bucket)s AND person = %(key)s AND kind = 'event' AND name LIKE 'Message %%'
    AND body #>> '{properties,send_key}' = ANY(%(keys)s)
ORDER BY seq LIMIT 5000

-- name: worded_of
-- What messages were planned with, from which their subjects are read.
SELECT id, variables FROM message WHERE bucket = %(bucket)s AND person = %(key)s AND id = ANY(%(ids)s)

-- name: versions_of
-- Which version of these templates was in force since when.
SELECT part.key, p.published_at, part.version
FROM program p CROSS JOIN LATERAL jsonb_to_recordset(p.parts) AS part (kind text, key text, version integer)
WHERE part.kind = 'template' AND part.key = ANY(%(keys)s) ORDER BY p.number

-- name: documents_of
-- Templates as they were published.
SELECT d.key, d.version, d.document FROM definition d
JOIN unnest(%(keys)s::text[], %(versions)s::integer[]) AS one (key, version) ON one.key = d.key AND one.version = d.version
WHERE d.kind = 'template'

-- name: policy_of
-- A policy as it was published, whose topics people read.
SELECT document FROM definition WHERE kind = 'policy' AND key = %(key)s AND version = %(version)s
