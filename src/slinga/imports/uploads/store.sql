-- name: add
INSERT INTO upload (name, path, size, by, mapping)
VALUES (%(name)s, %(path)s, %(size)s, %(by)s, %(mapping)s) RETURNING id

-- name: find
SELECT id, name, path, size, by, made_at, mapping, state, phase, done, total, fault, import
FROM upload WHERE id = %(id)s

-- name: listed
-- For the desk: what is not finished, newest first; finished ones are in the list of imports.
SELECT id, name, path, size, by, made_at, mapping, state, phase, done, total, fault, import
FROM upload WHERE state <> 'done' ORDER BY id DESC LIMIT %(limit)s

-- name: next
-- One after the other, in the order they were asked for.
SELECT id, name, path, size, by, made_at, mapping, state, phase, done, total, fault, import
FROM upload WHERE state = 'asked' ORDER BY id LIMIT 1

-- name: map
-- A mapping is not changed under an import that runs.
UPDATE upload SET mapping = %(mapping)s WHERE id = %(id)s AND import IS NULL AND state IN ('open', 'failed')

-- name: ask
UPDATE upload SET state = 'asked', fault = '', phase = '', done = 0, total = 0
WHERE id = %(id)s AND state IN ('open', 'failed')

-- name: begun
UPDATE upload SET import = %(import)s WHERE id = %(id)s

-- name: tell
UPDATE upload SET phase = %(phase)s, done = %(done)s, total = %(total)s WHERE id = %(id)s

-- name: end
UPDATE upload SET state = %(state)s, fault = %(fault)s WHERE id = %(id)s

-- name: drop
-- Not while it is worked on.
DELETE FROM upload WHERE id = %(id)s AND import IS NULL AND state IN ('open', 'failed') RETURNING path

-- name: stale
-- Files that nobody went on with hold personal data for nothing.
SELECT id FROM upload
WHERE import IS NULL AND state IN ('open', 'failed') AND made_at < slinga_now() - interval '7 days' LIMIT 100

-- name: of_import
SELECT id, name, path, size, by, made_at, mapping, state, phase, done, total, fault, import
FROM upload WHERE import = %(import)s ORDER BY id DESC LIMIT 1

-- name: ask_undo
-- Asked again after a failure it goes on where it was.
INSERT INTO import_undo (import, by) VALUES (%(import)s, %(by)s)
ON CONFLICT (import) DO UPDATE SET state = 'asked', fault = '' WHERE import_undo.state = 'failed'

-- name: next_undo
SELECT import, by, state, phase, done, total, fault FROM import_undo WHERE state = 'asked' ORDER BY asked_at LIMIT 1

-- name: undo_of
SELECT import, by, state, phase, done, total, fault FROM import_undo WHERE import = %(import)s

-- name: tell_undo
UPDATE import_undo SET phase = %(phase)s, done = %(done)s, total = %(total)s WHERE import = %(import)s

-- name: end_undo
UPDATE import_undo SET state = %(state)s, fault = %(fault)s WHERE import = %(import)s

-- name: hold
-- One process at a time works on files; the lock goes with the connection.
SELECT pg_try_advisory_lock(hashtext('slinga.files'))

-- name: let_go
SELECT pg_advisory_unlock(hashtext('slinga.files'))

-- name: wake
NOTIFY slinga_files
