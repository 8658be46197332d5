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
SELECT name FROM instance ORDER BY confirmed_at, name
