-- name: beat
INSERT INTO part (name, process, seen_at) VALUES (%(name)s, %(process)s, clock_timestamp())
ON CONFLICT (name, process) DO UPDATE SET seen_at = excluded.seen_at

-- name: forget
-- Those that ended without a word.
DELETE FROM part WHERE seen_at < clock_timestamp() - interval '1 day'

-- name: leave
DELETE FROM part WHERE name = %(name)s AND process = %(process)s

-- name: parts
-- How long ago each kind of part was last heard of: the liveliest of its processes counts.
SELECT name, extract(epoch FROM clock_timestamp() - max(seen_at))::float8 FROM part GROUP BY name

-- name: size
-- In bytes, and connections as a share of what the server allows.
SELECT pg_database_size(current_database()),
    (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')::float8,
    current_setting('max_connections')::float8
