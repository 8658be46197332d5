-- name: suppressed
SELECT s.key, s.scope, s.reason FROM suppression s
JOIN unnest(%(buckets)s::smallint[], %(keys)s::bytea[]) AS t (bucket, key) ON s.bucket = t.bucket AND s.key = t.key

-- name: suppress
-- The first reason stands: entries for bad addresses and complaints do not expire.
INSERT INTO suppression (bucket, key, scope, reason, detail, message, at)
VALUES (%(bucket)s, %(key)s, %(scope)s, %(reason)s, %(detail)s, %(message)s, slinga_now())
ON CONFLICT DO NOTHING

-- name: unsuppress
DELETE FROM suppression WHERE bucket = %(bucket)s AND key = %(key)s AND scope = %(scope)s

-- name: trouble
-- Counts failures in a row, and how many different messages they belong to.
INSERT INTO address_trouble AS a (bucket, key, failures, messages, last_message, first_at)
VALUES (%(bucket)s, %(key)s, 1, 1, %(message)s, slinga_now())
ON CONFLICT (bucket, key) DO UPDATE
SET failures = a.failures + 1, messages = a.messages + (a.last_message <> excluded.last_message)::integer,
    last_message = excluded.last_message
RETURNING failures, messages, first_at

-- name: well_again
DELETE FROM address_trouble a
USING unnest(%(buckets)s::smallint[], %(keys)s::bytea[]) AS t (bucket, key)
WHERE a.bucket = t.bucket AND a.key = t.key

-- name: use_address
-- Claims contents for addresses; no row comes back for one that another person has within the window.
INSERT INTO address_use AS a (bucket, key, content, person, message, at)
SELECT t.bucket, t.key, t.content, t.person, t.message, slinga_now()
FROM unnest(%(buckets)s::smallint[], %(keys)s::bytea[], %(contents)s::text[], %(persons)s::uuid[],
    %(messages)s::uuid[]) WITH ORDINALITY AS t (bucket, key, content, person, message, place)
ORDER BY t.place
ON CONFLICT (bucket, key, content) DO UPDATE
SET person = excluded.person, message = excluded.message, at = excluded.at
WHERE a.person = excluded.person OR a.at < excluded.at - %(window_us)s * interval '1 microsecond'
RETURNING a.key, a.content
