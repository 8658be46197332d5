-- name: find
-- The one demo of this installation, if there is one.
SELECT twin, hits, mail, opens_at, site, write_key FROM demo

-- name: begin
INSERT INTO demo (twin, hits, opens_at, site, write_key)
VALUES (%(twin)s, %(hits)s, %(opens_at)s, %(site)s, %(write_key)s)

-- name: keep
UPDATE demo SET twin = %(twin)s, hits = %(hits)s, mail = %(mail)s

-- name: lived
-- Whether anything was ever recorded here.
SELECT EXISTS (SELECT FROM input)

-- name: set_back
-- The only way back in time there is: before the first input, time has not begun.
UPDATE clock SET frozen_at = %(at)s WHERE NOT EXISTS (SELECT FROM input)

-- name: alone
-- Whoever holds this lives the demo; it falls with the connection.
SELECT pg_try_advisory_lock(hashtext('slinga.demo'))

-- name: want
UPDATE demo SET wanted_at = %(at)s

-- name: wanted
SELECT wanted_at FROM demo
