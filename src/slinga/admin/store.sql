-- name: now
-- The present of the pages is the one decisions see.
SELECT slinga_now()

-- name: program
-- The definitions in force: live parts of the newest program. A part without a word is live.
SELECT p.number, p.zone, d.kind, d.key, d.version, coalesce(part.live, true), d.document
FROM program p
CROSS JOIN LATERAL jsonb_to_recordset(p.parts) AS part (kind text, key text, version integer, live boolean)
JOIN definition d ON d.kind = part.kind AND d.key = part.key AND d.version = part.version
WHERE p.number = (SELECT max(number) FROM program) AND d.kind IN ('model', 'journey', 'segment')
ORDER BY d.kind, d.key, d.version

-- name: positions
-- The bow-tie: grouped once, from the index on stage.
SELECT stage, coalesce(status, ''), count(*) FROM position
WHERE model = %(model)s
GROUP BY stage, status

-- name: people_count
-- How many there are, and of how many we know who they are.
SELECT count(*), count(*) FILTER (WHERE identified) FROM profile

-- name: runs
-- How often each journey was entered, left and reached.
SELECT name, kind, count(*) FROM fact
WHERE kind IN ('run_entered', 'run_ended', 'goal_reached', 'holdout')
GROUP BY name, kind

-- name: forward
-- An old key in a link or a note still leads to the person.
SELECT key, forward FROM person WHERE bucket = %(bucket)s AND key = %(key)s

-- name: people
-- The newest people, or those who answer to what was asked for.
SELECT p.key, p.created_at, coalesce(f.identified, false), coalesce(f.traits, '{}'), pos.stage
FROM person p
LEFT JOIN profile f ON f.bucket = p.bucket AND f.person = p.key
LEFT JOIN position pos ON pos.bucket = p.bucket AND pos.person = p.key AND pos.model = %(model)s
WHERE p.forward IS NULL
  AND (%(everyone)s OR p.key = ANY (%(keys)s::uuid[])
       OR lower(f.traits ->> 'email') LIKE %(like)s OR lower(f.traits ->> 'name') LIKE %(like)s
       OR lower(f.traits ->> 'first_name') LIKE %(like)s OR lower(f.traits ->> 'last_name') LIKE %(like)s)
  AND (%(stage)s = '' OR (pos.stage = %(stage)s AND (%(status)s = '' OR pos.status = %(status)s)))
ORDER BY p.created_at DESC, p.key
LIMIT %(limit)s

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
-- What they did, newest first; by seq, which the index gives, and acceptance follows it.
SELECT occurred_at, kind, name, body FROM input
WHERE bucket = %(bucket)s AND person = %(key)s AND occurred_at < %(before)s
ORDER BY seq DESC LIMIT %(limit)s

-- name: messages_of
-- What was planned for them and became of it.
SELECT planned_at, id, channel, class, topic, journey, template, state, reason, accepted_at FROM message
WHERE bucket = %(bucket)s AND person = %(key)s AND planned_at < %(before)s
ORDER BY planned_at DESC LIMIT %(limit)s

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

-- name: quarantine
-- What waits to be mended, newest first.
SELECT id, received_at, source, call, reason, field, remedy, size, payload FROM quarantine
WHERE replayed_at IS NULL ORDER BY received_at DESC, id DESC LIMIT %(limit)s

-- name: quarantine_count
-- Which reasons there are most of.
SELECT reason, count(*) FROM quarantine WHERE replayed_at IS NULL GROUP BY reason ORDER BY 2 DESC
