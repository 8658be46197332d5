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
