-- name: now
SELECT slinga_now()

-- name: draft
-- Locked where it is about to be saved, so that of two who save at once the second is told.
SELECT kind, key, document, revision, based_on, edited_by, edited_at FROM draft
WHERE kind = %(kind)s AND key = %(key)s FOR UPDATE

-- name: drafts
-- All of a kind, or all, the last edited first.
SELECT kind, key, document, revision, based_on, edited_by, edited_at FROM draft
WHERE %(kind)s = '' OR kind = %(kind)s
ORDER BY edited_at DESC, kind, key

-- name: save
-- A new draft or the next revision of one.
INSERT INTO draft (kind, key, document, revision, based_on, edited_by, edited_at)
VALUES (%(kind)s, %(key)s, %(document)s, 1, %(based_on)s, %(by)s, slinga_now())
ON CONFLICT (kind, key) DO UPDATE SET document = excluded.document, revision = draft.revision + 1,
    edited_by = excluded.edited_by, edited_at = excluded.edited_at
RETURNING kind, key, document, revision, based_on, edited_by, edited_at

-- name: remember
INSERT INTO draft_revision (kind, key, revision, document, edited_by, edited_at)
VALUES (%(kind)s, %(key)s, %(revision)s, %(document)s, %(by)s, slinga_now())

-- name: forget
-- The newest hundred are enough to go back to.
DELETE FROM draft_revision WHERE kind = %(kind)s AND key = %(key)s AND revision <= %(revision)s - 100

-- name: revisions
-- What it was before, newest first.
SELECT revision, document, edited_at, edited_by FROM draft_revision
WHERE kind = %(kind)s AND key = %(key)s ORDER BY revision DESC LIMIT 100

-- name: discard
-- With its revisions: a draft that comes later begins anew.
WITH gone AS (DELETE FROM draft_revision WHERE kind = %(kind)s AND key = %(key)s)
DELETE FROM draft WHERE kind = %(kind)s AND key = %(key)s

-- name: versions
-- Every version that was ever published, newest first.
SELECT version, document, published_at, published_by FROM definition
WHERE kind = %(kind)s AND key = %(key)s ORDER BY version DESC
