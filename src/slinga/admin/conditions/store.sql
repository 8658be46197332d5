-- name: lately
-- What some buckets took in last: the names that fields offer. By the log's key, so it costs the same in any size.
SELECT name, body FROM (
    SELECT i.name, i.body FROM generate_series(0, 255, 16) AS bucket
    CROSS JOIN LATERAL (
        SELECT name, body FROM input WHERE input.bucket = bucket.bucket AND kind IN ('event', 'history')
        ORDER BY seq DESC LIMIT 200
    ) i
) latest

-- name: traits
-- Of some people, by bucket.
SELECT DISTINCT key FROM generate_series(0, 255, 16) AS bucket
CROSS JOIN LATERAL (SELECT traits FROM profile WHERE profile.bucket = bucket.bucket LIMIT 200) p
CROSS JOIN LATERAL jsonb_object_keys(traits) AS key

-- name: tags
SELECT DISTINCT tag FROM generate_series(0, 255, 16) AS bucket
CROSS JOIN LATERAL (SELECT tags FROM profile WHERE profile.bucket = bucket.bucket LIMIT 200) p
CROSS JOIN LATERAL unnest(tags) AS tag

-- name: things
SELECT DISTINCT type FROM thing
