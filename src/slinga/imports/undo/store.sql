-- name: touched
-- Whom an import touched in a bucket: the key, whom it forwards to, and whether they lived apart from it. What
-- delivery told them about messages is no life of theirs.
SELECT t.person, p.forward,
       EXISTS (SELECT 1 FROM import_before b
               WHERE b.bucket = %(bucket)s AND b.person = t.person AND b.import = %(import)s)
       OR EXISTS (SELECT 1 FROM input i
                  WHERE i.bucket = %(bucket)s AND i.person = t.person AND i.source <> %(source)s
                    AND i.source <> 'delivery' AND i.kind NOT IN ('receipt', 'handover'))
FROM (SELECT DISTINCT person FROM input WHERE bucket = %(bucket)s AND source = %(source)s) t
LEFT JOIN person p ON p.bucket = %(bucket)s AND p.key = t.person

-- name: lock
-- In one order everywhere, so that two never wait for each other; workers skip what is locked.
SELECT bucket FROM lane WHERE bucket = ANY (%(buckets)s::smallint[]) ORDER BY bucket FOR NO KEY UPDATE

-- name: still_dead
-- Of people who live by the import alone, those who still do, now that nobody advances them.
SELECT t.person FROM unnest(%(people)s::uuid[]) AS t (person)
WHERE NOT EXISTS (SELECT 1 FROM input i
                  WHERE i.bucket = %(bucket)s AND i.person = t.person AND i.source <> %(source)s
                    AND i.source <> 'delivery' AND i.kind NOT IN ('receipt', 'handover'))

-- name: drop_inputs
DELETE FROM input WHERE bucket = %(bucket)s AND person = ANY (%(people)s::uuid[]) AND seq <= %(until)s

-- name: drop_people
DELETE FROM person WHERE bucket = %(bucket)s AND key = ANY (%(people)s::uuid[])

-- name: drop_facts
DELETE FROM fact WHERE bucket = %(bucket)s AND person = ANY (%(people)s::uuid[])

-- name: drop_parked
DELETE FROM parked WHERE bucket = %(bucket)s AND person = ANY (%(people)s::uuid[])

-- name: drop_consents
DELETE FROM consent WHERE bucket = %(bucket)s AND person = ANY (%(people)s::uuid[])

-- name: drop_before
-- Also what later imports remember: it was this import's doing.
DELETE FROM import_before WHERE bucket = %(bucket)s AND person = ANY (%(people)s::uuid[])

-- name: states
SELECT key, state FROM person WHERE bucket = %(bucket)s AND key = ANY (%(people)s::uuid[])

-- name: before
-- How a person was before each import that found them there.
SELECT import, state, format FROM import_before WHERE bucket = %(bucket)s AND person = %(person)s ORDER BY import

-- name: facts
SELECT seq, kind, name, at, body FROM fact WHERE bucket = %(bucket)s AND person = %(person)s ORDER BY at, id

-- name: drop_some_inputs
DELETE FROM input WHERE bucket = %(bucket)s AND seq = ANY (%(seqs)s::bigint[])

-- name: drop_some_facts
DELETE FROM fact WHERE bucket = %(bucket)s AND person = %(person)s AND seq = ANY (%(seqs)s::bigint[])

-- name: save
-- The seq stays: what was applied is applied, what was not will be.
UPDATE person SET state = %(state)s, format = %(format)s, program = %(program)s, wake_at = %(wake_at)s,
    forward = NULL, created_at = %(created_at)s
WHERE bucket = %(bucket)s AND key = %(person)s

-- name: save_before
UPDATE import_before SET state = %(state)s, format = %(format)s
WHERE bucket = %(bucket)s AND person = %(person)s AND import = %(import)s

-- name: forget_before
DELETE FROM import_before WHERE bucket = %(bucket)s AND person = %(person)s AND import = %(import)s

-- name: forget_all_before
DELETE FROM import_before WHERE bucket = %(bucket)s AND import = %(import)s

-- name: forget_content
-- Once it is taken back, the same file may come again.
DELETE FROM import_content WHERE bucket = %(bucket)s AND import = %(import)s

-- name: forget_suppressions
DELETE FROM import_suppression WHERE import = %(import)s
