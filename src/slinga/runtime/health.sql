-- name: parts
-- How long ago each kind of part was last heard of: the liveliest of its processes counts.
SELECT name, extract(epoch FROM clock_timestamp() - max(seen_at))::float8 FROM part GROUP BY name

-- name: size
-- In bytes, and connections as a share of what the server allows.
SELECT pg_database_size(current_database()),
    (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')::float8,
    current_setting('max_connections')::float8
