-- name: patience
-- A rewrite waits this long for its lock, then lets others pass and tries again.
SELECT set_config('lock_timeout', '5s', false)

-- name: may
-- Whether this account may do to the server what only its owner may.
SELECT rolsuper FROM pg_roles WHERE rolname = current_user

-- name: keep_no_segment
-- Old segments of the write-ahead log are else renamed for later use, with everything in them.
ALTER SYSTEM SET wal_recycle = off

-- name: keep_segments
ALTER SYSTEM RESET wal_recycle

-- name: reload
SELECT pg_reload_conf()

-- name: segments
SELECT name FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$'

-- name: next_segment
-- A record, so that there is something to switch behind.
SELECT pg_logical_emit_message(false, 'slinga', 'scrub'), pg_switch_wal()
