-- name: now
SELECT slinga_now()

-- name: add
-- What was repeated inside the files is known before the first chunk.
INSERT INTO import (state, mapping, files, by, started_at, changed_at, rows, duplicates, report)
VALUES ('running', %(mapping)s, %(files)s, %(by)s, slinga_now(), slinga_now(), %(rows)s, %(duplicates)s, %(report)s)
RETURNING id

-- name: find
-- One import, whole.
SELECT id, state, mapping, files, by, started_at, changed_at, position, rows, accepted, duplicates, errors, notes,
       inputs, report, report_size
FROM import WHERE id = %(id)s

-- name: listed
-- The newest first, for a list in the terminal.
SELECT id, state, mapping, files, by, started_at, changed_at, position, rows, accepted, duplicates, errors, notes,
       inputs, report, report_size
FROM import ORDER BY id DESC LIMIT %(limit)s

-- name: same_files
-- An import of these very bytes that was not taken back, with the same mapping.
SELECT id, state FROM import
WHERE files @> %(hashes)s AND jsonb_array_length(files) = %(count)s AND mapping = %(mapping)s AND state <> 'undone'
ORDER BY id DESC LIMIT 1

-- name: old_reports
-- Of imports that are over: rows that were not taken, which hold what people were called.
SELECT id, report FROM import WHERE report <> '' AND state <> 'running' AND changed_at < %(before)s ORDER BY id

-- name: forget_report
UPDATE import SET report = '', report_size = 0 WHERE id = %(id)s

-- name: advance
-- In the transaction that appends a chunk, so that the place and what stands behind it are one.
UPDATE import SET position = %(position)s, accepted = accepted + %(accepted)s,
    duplicates = duplicates + %(duplicates)s, errors = errors + %(errors)s, notes = notes + %(notes)s,
    inputs = inputs + %(inputs)s, report_size = %(report_size)s, changed_at = slinga_now()
WHERE id = %(id)s AND state = 'running'

-- name: move
UPDATE import SET state = %(state)s, changed_at = slinga_now() WHERE id = %(id)s

-- name: first_seen
-- One statement both remembers the hashes and tells which were new.
INSERT INTO import_content (bucket, id, import)
SELECT bucket, id, %(import)s
FROM unnest(%(buckets)s::smallint[], %(ids)s::uuid[]) AS t (bucket, id)
ON CONFLICT DO NOTHING
RETURNING id

-- name: remember
-- Only the first time: what the import itself did to a person is no part of the state before. Whoever a known
-- key forwards to is touched too.
WITH RECURSIVE touched (bucket, key, forward) AS (
    SELECT p.bucket, p.key, p.forward
    FROM unnest(%(buckets)s::smallint[], %(people)s::uuid[]) AS t (bucket, key)
    JOIN person p ON p.bucket = t.bucket AND p.key = t.key
    UNION
    SELECT p.bucket, p.key, p.forward
    FROM touched t
    JOIN person p ON p.bucket = get_byte(uuid_send(t.forward), 0) AND p.key = t.forward
    WHERE t.forward IS NOT NULL
)
INSERT INTO import_before (bucket, person, import, state, format)
SELECT p.bucket, p.key, %(import)s, p.state, p.format
FROM touched t
JOIN person p ON p.bucket = t.bucket AND p.key = t.key
WHERE NOT EXISTS (SELECT 1 FROM input i WHERE i.bucket = p.bucket AND i.person = p.key AND i.source = %(source)s)
ON CONFLICT DO NOTHING

-- name: suppressed
INSERT INTO import_suppression (bucket, key, scope, import)
VALUES (%(bucket)s, %(key)s, %(scope)s, %(import)s) ON CONFLICT DO NOTHING

-- name: suppressions
SELECT key, scope FROM import_suppression WHERE import = %(import)s

-- name: behind
-- Inputs that wait to be applied, counted no further than the limit: one index probe per lane.
SELECT count(*) FROM (
    SELECT 1 FROM lane l
    CROSS JOIN LATERAL (
        SELECT 1 FROM input i WHERE i.bucket = l.bucket AND i.seq > l.cursor LIMIT %(limit)s
    ) unread
    LIMIT %(limit)s
) waiting

-- name: workers
-- Whether anybody applies the log at all.
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'slinga worker' AND pid <> pg_backend_pid()

-- name: claim
-- One process works on an import at a time; the lock goes with the connection, whatever becomes of the process.
SELECT pg_try_advisory_lock(hashtext('slinga.import'), %(id)s::integer)

-- name: release
SELECT pg_advisory_unlock(hashtext('slinga.import'), %(id)s::integer)
