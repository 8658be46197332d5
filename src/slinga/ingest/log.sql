-- name: lock
-- From here to commit no other appender can draw a seq or a time. The time is read by a statement of its
-- own, whose snapshot is younger than the wait.
SELECT pg_advisory_xact_lock(hashtext(%(lock)s))

-- name: now
SELECT slinga_now()

-- name: present
-- The instant of acceptance, and in the same round trip whether anybody was ever erased.
SELECT slinga_now(), EXISTS (SELECT FROM erased)

-- name: erased
-- Of these keys, those of people who were erased.
SELECT e.key FROM erased e
JOIN unnest(%(buckets)s::smallint[], %(keys)s::uuid[]) AS t (bucket, key) ON e.bucket = t.bucket AND e.key = t.key

-- name: take_seqs
SELECT setval('input_seq', nextval('input_seq') + %(count)s::bigint - 1)

-- name: copy_in
COPY input (bucket, seq, person, kind, name, trust, source, message_id, accepted_at, occurred_at, body)
FROM STDIN (FORMAT binary)

-- name: first_seen
-- One statement both remembers the ids and tells which were new.
INSERT INTO seen (bucket, message_id, accepted_at)
SELECT bucket, message_id, %(now)s
FROM unnest(%(buckets)s::smallint[], %(ids)s::text[]) AS t (bucket, message_id)
ON CONFLICT DO NOTHING
RETURNING bucket, message_id

-- name: notify
-- A hint to sleeping workers, never the truth.
NOTIFY slinga_input

-- name: read
-- What a lane has not seen, in the order of the log.
SELECT person, seq, kind, name, trust, source, message_id, accepted_at, occurred_at, body
FROM input
WHERE bucket = %(bucket)s AND seq > %(after)s
ORDER BY seq
LIMIT %(limit)s

-- name: history
-- One person's log up to an input, for replay.
SELECT person, seq, kind, name, trust, source, message_id, accepted_at, occurred_at, body
FROM input
WHERE bucket = %(bucket)s AND person = %(person)s AND seq > %(after)s AND seq <= %(until)s
ORDER BY seq
