-- name: hold
-- Of two changes to who owns the workspace the second sees what the first did.
SELECT pg_advisory_xact_lock(hashtext('slinga.member'))

-- name: add
-- Nothing comes back where the e-mail is taken.
INSERT INTO member (email, name, role, password, locale)
VALUES (%(email)s, %(name)s, %(role)s, %(password)s, %(locale)s)
ON CONFLICT (email) DO NOTHING
RETURNING id

-- name: one
-- Once in each request of the desk, by its primary key.
SELECT id, email, name, role, locale, epoch, created_at, disabled_at, password IS NOT NULL,
    second_factor IS NOT NULL
FROM member WHERE id = %(id)s

-- name: by_email
SELECT id, email, name, role, locale, epoch, created_at, disabled_at, password IS NOT NULL,
    second_factor IS NOT NULL
FROM member WHERE email = %(email)s

-- name: all
SELECT id, email, name, role, locale, epoch, created_at, disabled_at, password IS NOT NULL,
    second_factor IS NOT NULL
FROM member ORDER BY id

-- name: owners
-- Those who can still come in, the first of them first.
SELECT id, email, name, role, locale, epoch, created_at, disabled_at, password IS NOT NULL,
    second_factor IS NOT NULL
FROM member WHERE role = 'owner' AND disabled_at IS NULL ORDER BY id

-- name: some
SELECT EXISTS (SELECT FROM member)

-- name: password
SELECT password FROM member WHERE id = %(id)s

-- name: rename
UPDATE member SET name = %(name)s, locale = %(locale)s WHERE id = %(id)s

-- name: set_role
-- Sessions end, because what they were opened for has changed.
UPDATE member SET role = %(role)s, epoch = epoch + 1 WHERE id = %(id)s

-- name: disable
UPDATE member SET disabled_at = coalesce(disabled_at, clock_timestamp()), epoch = epoch + 1 WHERE id = %(id)s

-- name: enable
UPDATE member SET disabled_at = NULL, epoch = epoch + 1 WHERE id = %(id)s

-- name: set_password
-- Sessions end: whoever knew the old password is out.
UPDATE member SET password = %(password)s, epoch = epoch + 1 WHERE id = %(id)s RETURNING epoch

-- name: rehash
-- The same password under today's parameters; only if it is still the one that was checked.
UPDATE member SET password = %(password)s WHERE id = %(id)s AND password = %(checked)s

-- name: end_sessions
UPDATE member SET epoch = epoch + 1 WHERE id = %(id)s

-- name: forget_links
-- One-time addresses of a member, or those that set a workspace up, work no more.
DELETE FROM sign_in WHERE member = %(member)s

-- name: invite
-- A newer invitation takes the place of an older one to the same address.
-- Those that can be accepted no more go with it after a month: the audit log tells of them by their numbers.
WITH older AS (
    UPDATE invitation SET withdrawn_at = clock_timestamp()
    WHERE email = %(email)s AND used_at IS NULL AND withdrawn_at IS NULL
        AND expires_at >= clock_timestamp() - interval '30 days'
), past AS (
    DELETE FROM invitation
    WHERE least(used_at, withdrawn_at, expires_at) < clock_timestamp() - interval '30 days'
)
INSERT INTO invitation (hash, email, role, invited_by, expires_at)
VALUES (%(hash)s, %(email)s, %(role)s, %(invited_by)s, clock_timestamp() + %(seconds)s * interval '1 second')
RETURNING id

-- name: invitation
-- Worth nothing once whoever invited is no owner any more.
SELECT i.id, i.email, i.role, i.created_at, i.expires_at
FROM invitation i JOIN member m ON m.id = i.invited_by
WHERE i.hash = %(hash)s AND i.used_at IS NULL AND i.withdrawn_at IS NULL AND i.expires_at > clock_timestamp()
    AND m.role = 'owner' AND m.disabled_at IS NULL

-- name: use_invitation
-- The condition in the same statement makes it work once, also under two requests at one instant.
UPDATE invitation i SET used_at = clock_timestamp()
FROM member m
WHERE i.hash = %(hash)s AND i.used_at IS NULL AND i.withdrawn_at IS NULL AND i.expires_at > clock_timestamp()
    AND m.id = i.invited_by AND m.role = 'owner' AND m.disabled_at IS NULL
RETURNING i.id, i.email, i.role, i.created_at, i.expires_at

-- name: invitations
-- Those that can still be accepted, the newest first.
SELECT i.id, i.email, i.role, i.created_at, i.expires_at
FROM invitation i JOIN member m ON m.id = i.invited_by
WHERE i.used_at IS NULL AND i.withdrawn_at IS NULL AND i.expires_at > clock_timestamp()
    AND m.role = 'owner' AND m.disabled_at IS NULL
ORDER BY i.id DESC

-- name: withdraw_invitation
UPDATE invitation SET withdrawn_at = clock_timestamp()
WHERE id = %(id)s AND used_at IS NULL AND withdrawn_at IS NULL
RETURNING email

-- name: setup_open
-- Whether an address may still make the first owner; looked at without using it up.
SELECT EXISTS (
    SELECT FROM sign_in
    WHERE hash = %(hash)s AND member = 'setup' AND used_at IS NULL AND expires_at > clock_timestamp()
) AND NOT EXISTS (SELECT FROM member)

-- name: charge
-- One try, counted before it is made, so that tries at one instant cannot pass together. Windows that ended
-- long ago go with it, skipping those that somebody else holds.
WITH old AS (
    DELETE FROM sign_in_try WHERE key IN (
        SELECT key FROM sign_in_try WHERE until < clock_timestamp() - interval '1 day' AND key <> %(key)s
        LIMIT 100 FOR UPDATE SKIP LOCKED
    )
)
INSERT INTO sign_in_try AS t (key, tries, until)
VALUES (%(key)s, 1, clock_timestamp() + %(seconds)s * interval '1 second')
ON CONFLICT (key) DO UPDATE SET
    tries = CASE WHEN t.until <= clock_timestamp() THEN 1 ELSE t.tries + 1 END,
    until = CASE WHEN t.until <= clock_timestamp() THEN excluded.until ELSE t.until END
RETURNING tries, extract(epoch FROM until - clock_timestamp())::float8

-- name: refund
-- Whoever gets in has not guessed.
UPDATE sign_in_try SET tries = greatest(0, tries - 1) WHERE key = %(key)s

-- name: forget_tries
DELETE FROM sign_in_try WHERE key = %(key)s
