-- name: add_key
-- Only the hash is kept, but for a browser's key, which everybody can read in the page; others are shown once.
INSERT INTO api_key (kind, hash, hint, source, trust, origins, scopes, expires_at, shown)
VALUES (%(kind)s, %(hash)s, %(hint)s, %(source)s, %(trust)s, %(origins)s, %(scopes)s, %(expires_at)s, %(shown)s)
RETURNING id

-- name: find_key
-- On the way of every API request (cached by its callers), so one index look-up.
SELECT id, kind, hint, source, trust, origins,
    withdrawn_at IS NOT NULL OR coalesce(expires_at <= clock_timestamp(), false), scopes, expires_at, shown
FROM api_key WHERE hash = %(hash)s

-- name: keys
-- For the list at the desk; withdrawn ones stay visible, because their events do.
SELECT id, kind, hint, source, trust, origins,
    withdrawn_at IS NOT NULL OR coalesce(expires_at <= clock_timestamp(), false), scopes, expires_at, shown
FROM api_key ORDER BY id

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

-- name: used_key
-- At most one write an hour, so that reading stays reading.
UPDATE api_key SET last_used_at = clock_timestamp()
WHERE id = %(id)s AND (last_used_at IS NULL OR last_used_at < clock_timestamp() - interval '1 hour')

-- name: hold_write
-- Of two requests with one idempotency key at one instant the second is told so, and waits for nothing.
SELECT pg_try_advisory_xact_lock(hashtextextended(%(name)s, 0))

-- name: kept_write
-- Asked under the lock, so whoever held it before has committed.
SELECT request, status, answer FROM idempotent WHERE api_key = %(api_key)s AND key = %(key)s

-- name: keep_write
INSERT INTO idempotent (api_key, key, request, status, answer, at)
VALUES (%(api_key)s, %(key)s, %(request)s, %(status)s, %(answer)s, slinga_now())

-- name: forget_writes
DELETE FROM idempotent WHERE at < %(before)s

-- name: now
-- Entries are dated by the clock that decisions see.
SELECT slinga_now()

-- name: hold_audit
-- One writer at a time, so that the chain has one end. Taken last, shortly before the commit.
SELECT pg_advisory_xact_lock(hashtext('slinga.audit'))

-- name: last_audit
SELECT n, hash FROM audit ORDER BY n DESC LIMIT 1

-- name: add_audit
-- Append-only: the chain would show a change.
INSERT INTO audit (n, at, actor, action, object, detail, prev_hash, hash)
VALUES (%(n)s, %(at)s, %(actor)s, %(action)s, %(object)s, %(detail)s, %(prev_hash)s, %(hash)s)

-- name: audited
-- A page of the log, newest first.
SELECT n, at, actor, action, object, detail, prev_hash, hash FROM audit
WHERE n < %(before)s AND (%(actor)s = '' OR actor = %(actor)s)
    AND (%(action)s = '' OR action = %(action)s)
ORDER BY n DESC LIMIT %(limit)s

-- name: audit_from
-- A portion of the chain in order, for verifying it.
SELECT n, at, actor, action, object, detail, prev_hash, hash FROM audit
WHERE n > %(after)s ORDER BY n LIMIT %(limit)s
