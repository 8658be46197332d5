-- name: secret
SELECT second_factor, factor_step FROM member WHERE id = %(id)s

-- name: set_secret
-- Sessions end: they were opened without it.
UPDATE member SET second_factor = %(secret)s, factor_step = %(step)s, epoch = epoch + 1 WHERE id = %(id)s

-- name: drop_secret
-- Sessions end, as with each change to how somebody comes in.
UPDATE member SET second_factor = NULL, epoch = epoch + 1
WHERE id = %(id)s AND second_factor IS NOT NULL
RETURNING id

-- name: use_step
-- The condition in the same statement makes a code work once, also under two requests at one instant.
UPDATE member SET factor_step = %(step)s WHERE id = %(id)s AND factor_step < %(step)s RETURNING id

-- name: drop_codes
DELETE FROM recovery_code WHERE member = %(id)s

-- name: add_codes
INSERT INTO recovery_code (member, hash) SELECT %(id)s, unnest(%(hashes)s::bytea[])

-- name: use_code
-- A recovery code is gone when it was used.
DELETE FROM recovery_code WHERE member = %(id)s AND hash = %(hash)s RETURNING member

-- name: count_codes
SELECT count(*) FROM recovery_code WHERE member = %(id)s

-- name: required
SELECT second_factor FROM access_rule

-- name: require
-- One row: it holds for the whole workspace.
INSERT INTO access_rule (second_factor) VALUES (%(required)s)
ON CONFLICT (one) DO UPDATE SET second_factor = excluded.second_factor
