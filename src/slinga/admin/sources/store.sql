-- name: quarantine
-- What waits to be mended, newest first.
SELECT id, received_at, source, call, reason, field, remedy, size, payload FROM quarantine
WHERE replayed_at IS NULL ORDER BY received_at DESC, id DESC LIMIT %(limit)s

-- name: quarantine_count
-- Which reasons there are most of.
SELECT reason, count(*) FROM quarantine WHERE replayed_at IS NULL GROUP BY reason ORDER BY 2 DESC
