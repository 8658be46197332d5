-- name: beat
INSERT INTO part (name, process, seen_at) VALUES (%(name)s, %(process)s, clock_timestamp())
ON CONFLICT (name, process) DO UPDATE SET seen_at = excluded.seen_at

-- name: forget
-- Those that ended without a word.
DELETE FROM part WHERE seen_at < clock_timestamp() - interval '1 day'

-- name: leave
DELETE FROM part WHERE name = %(name)s AND process = %(process)s
