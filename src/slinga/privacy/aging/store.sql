-- name: tell
INSERT INTO retention (what, length) VALUES (%(what)s, %(length)s)
ON CONFLICT (what) DO UPDATE SET length = excluded.length WHERE retention.length <> excluded.length

-- name: probe
-- The first input of a bucket from a number on: instants never decrease with it, so a few probes find an age.
SELECT seq, accepted_at FROM input WHERE bucket = %(bucket)s AND seq >= %(seq)s ORDER BY seq LIMIT 1

-- name: cursor
-- What is not applied yet is not old.
SELECT cursor FROM lane WHERE bucket = %(bucket)s

-- name: forget_events
-- Only what happened: consents, identities, merges and commands are what a person's state is made of.
DELETE FROM input WHERE bucket = %(bucket)s AND seq IN (
    SELECT seq FROM input
    WHERE bucket = %(bucket)s AND seq > %(after)s AND seq < %(before)s AND kind IN ('event', 'history')
    ORDER BY seq LIMIT %(limit)s
)
RETURNING seq

-- name: count_events
SELECT count(*) FROM input
WHERE bucket = %(bucket)s AND seq < %(before)s AND kind IN ('event', 'history')

-- name: nameless
-- People without a name whose last input is old or forgotten already, and who were not made just now.
SELECT p.key FROM person p
JOIN profile f ON f.bucket = p.bucket AND f.person = p.key
LEFT JOIN input i ON i.bucket = p.bucket AND i.seq = p.seq
WHERE p.bucket = %(bucket)s AND p.forward IS NULL AND NOT f.identified
    AND p.created_at < %(before)s AND coalesce(i.accepted_at, p.created_at) < %(before)s
LIMIT %(limit)s

-- name: awaited
-- Of these, whom an input waits for that is not applied yet.
SELECT DISTINCT i.person FROM input i JOIN lane l ON l.bucket = i.bucket
WHERE i.bucket = %(bucket)s AND i.seq > l.cursor AND i.person = ANY(%(people)s)

-- name: forget_audit
DELETE FROM audit WHERE at < %(before)s AND n < (SELECT max(n) FROM audit)

-- name: forget_words
-- What was filled into a message; that it was sent, and why, stays.
UPDATE message SET variables = '{}' WHERE bucket = %(bucket)s AND id IN (
    SELECT id FROM message WHERE bucket = %(bucket)s AND changed_at < %(before)s AND variables <> '{}'
        AND state IN ('accepted', 'rejected', 'cancelled', 'expired', 'render_failed')
    LIMIT %(limit)s
)

-- name: count_words
SELECT count(*) FROM message WHERE changed_at < %(before)s AND variables <> '{}'
    AND state IN ('accepted', 'rejected', 'cancelled', 'expired', 'render_failed')

-- name: forget_answers
-- Receivers quote addresses; the codes stay.
UPDATE message SET response = '' WHERE bucket = %(bucket)s AND id IN (
    SELECT id FROM message WHERE bucket = %(bucket)s AND changed_at < %(before)s AND response <> ''
    LIMIT %(limit)s
)

-- name: forget_replies
-- The same of each attempt.
UPDATE attempt SET text = '' WHERE bucket = %(bucket)s AND (message, no) IN (
    SELECT message, no FROM attempt WHERE bucket = %(bucket)s AND started_at < %(before)s AND text <> ''
    LIMIT %(limit)s
)

-- name: count_replies
SELECT (SELECT count(*) FROM attempt WHERE started_at < %(before)s AND text <> '')
    + (SELECT count(*) FROM message WHERE changed_at < %(before)s AND response <> '')
