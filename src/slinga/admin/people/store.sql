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
