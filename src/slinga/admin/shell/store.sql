-- name: now
-- The present of the pages is the one decisions see.
SELECT slinga_now()

-- name: program
-- The definitions in force: live parts of the newest program. A part without a word is live. Of templates, which
-- are large, only the name.
SELECT p.number, p.zone, d.kind, d.key, d.version, coalesce(part.live, true),
    CASE WHEN d.kind IN ('template', 'broadcast') THEN jsonb_build_object('name', d.document -> 'name') ELSE d.document END
FROM program p
CROSS JOIN LATERAL jsonb_to_recordset(p.parts) AS part (kind text, key text, version integer, live boolean)
JOIN definition d ON d.kind = part.kind AND d.key = part.key AND d.version = part.version
WHERE p.number = (SELECT max(number) FROM program)
ORDER BY d.kind, d.key, d.version

-- name: traits
-- What is known of the people of one page.
SELECT p.person, p.traits FROM profile p
WHERE p.bucket = ANY (%(buckets)s::smallint[]) AND p.person = ANY (%(people)s::uuid[])
