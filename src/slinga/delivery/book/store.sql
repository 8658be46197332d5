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
-- Counts failures in a row, and how many different messages they belong to. A row is over when a message was
-- taken and this is not that message coming back.
INSERT INTO address_trouble AS a (bucket, key, failures, messages, last_message, first_at)
VALUES (%(bucket)s, %(key)s, 1, 1, %(message)s, slinga_now())
ON CONFLICT (bucket, key) DO UPDATE
SET (failures, messages, first_at) = (
        SELECT CASE WHEN over THEN 1 ELSE a.failures + 1 END,
            CASE WHEN over THEN 1 ELSE a.messages + (a.last_message <> excluded.last_message)::integer END,
            CASE WHEN over THEN excluded.first_at ELSE a.first_at END
        FROM (SELECT coalesce(a.cleared_by <> excluded.last_message, false) AS over) o),
    last_message = excluded.last_message, cleared_by = NULL
RETURNING failures, messages, first_at

-- name: well_again
-- Not forgotten yet: what a relay took may still come back.
UPDATE address_trouble a SET cleared_by = t.message
FROM unnest(%(buckets)s::smallint[], %(keys)s::bytea[], %(messages)s::uuid[]) AS t (bucket, key, message)
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
