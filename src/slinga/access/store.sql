-- name: add_key
-- Only the hash is kept; the text is shown once to whoever asked for it.
INSERT INTO api_key (kind, hash, hint, source, trust, origins)
VALUES (%(kind)s, %(hash)s, %(hint)s, %(source)s, %(trust)s, %(origins)s)
RETURNING id

-- name: find_key
-- On the way of every API request (cached by its callers), so one index look-up.
SELECT id, kind, hint, source, trust, origins, withdrawn_at IS NOT NULL
FROM api_key WHERE hash = %(hash)s

-- name: keys
-- For the list at the desk; withdrawn ones stay visible, because their events do.
SELECT id, kind, hint, source, trust, origins, withdrawn_at IS NOT NULL FROM api_key ORDER BY id

-- name: withdraw_key
-- Keeps the first instant when it is withdrawn twice.
UPDATE api_key SET withdrawn_at = coalesce(withdrawn_at, clock_timestamp()) WHERE id = %(id)s RETURNING id

-- name: add_sign_in
-- Old links go with the new one, so the table stays small without a job.
WITH old AS (DELETE FROM sign_in WHERE expires_at < clock_timestamp())
INSERT INTO sign_in (hash, member, expires_at)
VALUES (%(hash)s, %(member)s, clock_timestamp() + %(seconds)s * interval '1 second')

-- name: use_sign_in
-- The condition in the same statement makes it work once, also under two requests at one instant.
UPDATE sign_in SET used_at = clock_timestamp()
WHERE hash = %(hash)s AND used_at IS NULL AND expires_at > clock_timestamp()
RETURNING member
