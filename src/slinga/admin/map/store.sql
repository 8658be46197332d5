-- name: personas
SELECT name, words, goals, segments, journeys, id FROM persona ORDER BY id

-- name: add_persona
-- Dated by the clock that pages see.
INSERT INTO persona (name, words, goals, segments, journeys, changed_at, changed_by)
VALUES (%(name)s, %(words)s, %(goals)s, %(segments)s::text[], %(journeys)s::text[], slinga_now(), %(by)s)
RETURNING id

-- name: change_persona
-- All of it at once: what a form leaves empty is emptied.
UPDATE persona SET name = %(name)s, words = %(words)s, goals = %(goals)s, segments = %(segments)s::text[],
    journeys = %(journeys)s::text[], changed_at = slinga_now(), changed_by = %(by)s
WHERE id = %(id)s
RETURNING id

-- name: remove_persona
DELETE FROM persona WHERE id = %(id)s RETURNING id

-- name: definitions
-- Documents in force of a kind that the frame does not read.
SELECT d.key, d.document
FROM program p
CROSS JOIN LATERAL jsonb_to_recordset(p.parts) AS part (kind text, key text, version integer, live boolean)
JOIN definition d ON d.kind = part.kind AND d.key = part.key AND d.version = part.version
WHERE p.number = (SELECT max(number) FROM program) AND d.kind = %(kind)s AND coalesce(part.live, true)
ORDER BY d.key
