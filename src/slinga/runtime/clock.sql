-- name: now
-- The instant that decisions see.
SELECT slinga_now()

-- name: shift
-- In microseconds, because intervals have no exact Python counterpart.
SELECT (extract(epoch FROM shift) * 1000000)::bigint FROM clock

-- name: frozen
SELECT frozen_at IS NOT NULL FROM clock

-- name: freeze
-- The condition keeps time from going back once anything has happened; no row then. A running clock read
-- twice does not equal itself, so the present needs no condition.
UPDATE clock SET frozen_at = coalesce(%(at)s::timestamptz, slinga_now())
WHERE %(at)s::timestamptz IS NULL OR %(at)s::timestamptz >= slinga_now() OR NOT EXISTS (SELECT FROM input)
RETURNING frozen_at

-- name: thaw
-- The shift takes up the difference, so the clock runs on from the frozen instant.
UPDATE clock SET shift = frozen_at - clock_timestamp(), frozen_at = NULL WHERE frozen_at IS NOT NULL

-- name: move
-- One statement, so that readers see either the old time or the new.
UPDATE clock SET
    shift = shift + %(by)s::bigint * interval '1 microsecond',
    frozen_at = frozen_at + %(by)s::bigint * interval '1 microsecond'
RETURNING coalesce(frozen_at, clock_timestamp() + shift)

-- name: skew
-- The real clock on purpose: this measures the machine, not the workspace.
SELECT (extract(epoch FROM clock_timestamp() - %(here)s::timestamptz) * 1000)::bigint
