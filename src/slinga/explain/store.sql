-- name: snapshot
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY

-- name: facts
-- Everything that was recorded of a key, as it was written, with the input it came of.
SELECT seq, kind, name, at, body FROM fact
WHERE bucket = %(bucket)s AND person = %(person)s ORDER BY id

-- name: programs
-- When each program was published: decides under which one an input was applied.
SELECT number, published_at FROM program ORDER BY number

-- name: message
-- One message of a key's bucket, by its id.
SELECT id, send_key, person, class, channel, topic, journey, version, run, node, template, priority, address,
    witness, quiet_hours, planned_at, not_before, expires_at, state, reason, due_at, changed_at, attempts,
    accepted_at, response, variables
FROM message WHERE bucket = %(bucket)s AND id = %(id)s

-- name: messages
-- What was planned for a person, newest first.
SELECT id, send_key, person, class, channel, topic, journey, version, run, node, template, priority, address,
    witness, quiet_hours, planned_at, not_before, expires_at, state, reason, due_at, changed_at, attempts,
    accepted_at, response, variables
FROM message WHERE bucket = %(bucket)s AND person = %(person)s
ORDER BY planned_at DESC, id LIMIT %(limit)s

-- name: attempts
-- How delivery went, in order.
SELECT no, started_at, ended_at, outcome, code, enhanced, text FROM attempt
WHERE bucket = %(bucket)s AND message = %(message)s ORDER BY no

-- name: template_version
-- The version of a template that the program in force at the time named.
SELECT part.version FROM program p
CROSS JOIN LATERAL jsonb_to_recordset(p.parts) AS part (kind text, key text, version integer)
WHERE p.number = %(number)s AND part.kind = 'template' AND part.key = %(key)s

-- name: program
-- To be compiled with one field of one definition said otherwise.
SELECT zone, parts FROM program WHERE number = %(number)s

-- name: documents
-- The versions that a program names.
SELECT d.kind, d.key, d.version, d.document FROM program p
CROSS JOIN LATERAL jsonb_to_recordset(p.parts) AS part (kind text, key text, version integer)
JOIN definition d ON d.kind = part.kind AND d.key = part.key AND d.version = part.version
WHERE p.number = %(number)s
