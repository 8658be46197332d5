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

-- name: add_identity_key
INSERT INTO identity_key (source, algorithm, text, required)
VALUES (%(source)s, %(algorithm)s, %(text)s, %(required)s)
RETURNING id

-- name: identity_keys
-- Those in use, newest first, for a source or for all: with two of them a source rotates without a gap.
SELECT id, source, algorithm, text, required FROM identity_key
WHERE withdrawn_at IS NULL AND (%(source)s = '' OR source = %(source)s)
ORDER BY id DESC

-- name: withdraw_identity_key
UPDATE identity_key SET withdrawn_at = coalesce(withdrawn_at, clock_timestamp()) WHERE id = %(id)s RETURNING id
