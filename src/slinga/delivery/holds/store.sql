-- name: strike
-- Counts replies alike in a row; a different kind starts again. A hold already in force is left alone.
INSERT INTO delivery_hold AS h (key, reason, detail, strikes, changed_at)
VALUES (%(key)s, %(kind)s, %(detail)s, %(count)s, slinga_now())
ON CONFLICT (key) DO UPDATE
SET strikes = CASE WHEN h.reason = excluded.reason THEN h.strikes + excluded.strikes ELSE excluded.strikes END,
    reason = excluded.reason, detail = excluded.detail, changed_at = excluded.changed_at
WHERE h.held_until IS NULL OR h.held_until <= slinga_now()
RETURNING strikes

-- name: clear_strikes
UPDATE delivery_hold SET strikes = 0
WHERE key = ANY(%(keys)s) AND strikes > 0 AND (held_until IS NULL OR held_until <= slinga_now())

-- name: hold
INSERT INTO delivery_hold AS h (key, held_until, reason, detail, changed_at)
VALUES (%(key)s, coalesce(slinga_now() + %(for_us)s::bigint * interval '1 microsecond', 'infinity'), %(reason)s,
    %(detail)s, slinga_now())
ON CONFLICT (key) DO UPDATE
SET held_until = excluded.held_until, reason = excluded.reason, detail = excluded.detail, strikes = 0,
    changed_at = excluded.changed_at

-- name: release_hold
DELETE FROM delivery_hold WHERE key = %(key)s

-- name: holds
SELECT key, nullif(held_until, 'infinity'), reason, detail FROM delivery_hold
WHERE held_until > slinga_now() ORDER BY key
