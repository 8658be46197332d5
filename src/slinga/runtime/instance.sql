-- name: place
-- A copy of a database has another name or stands on another machine.
SELECT current_database()

-- name: begin
-- The first installation on a new database is the true one.
INSERT INTO instance (name) SELECT %(name)s WHERE NOT EXISTS (SELECT FROM instance)
ON CONFLICT DO NOTHING

-- name: confirm
INSERT INTO instance (name) VALUES (%(name)s) ON CONFLICT DO NOTHING

-- name: confirmed
SELECT name FROM instance WHERE hold IS NULL ORDER BY confirmed_at, name

-- name: hold
-- Named like no installation, so that a release which knows no holds does not find itself there either.
INSERT INTO instance (name, hold) VALUES ('hold: ' || %(why)s, %(why)s) ON CONFLICT DO NOTHING

-- name: forget_installations
-- A restored database was nobody's yet.
DELETE FROM instance WHERE hold IS NULL

-- name: release
DELETE FROM instance WHERE hold IS NOT NULL

-- name: holds
SELECT hold FROM instance WHERE hold IS NOT NULL ORDER BY confirmed_at
