-- name: begin
-- In one call: the lock, from which to commit no other appender can draw a seq or a time; the time; which
-- de-duplication keys are new; the seqs; and a hint to sleeping workers.
SELECT * FROM slinga_append(
    %(buckets)s::smallint[], %(ids)s::text[], %(unkeyed)s::bigint, %(at)s::timestamptz, %(checked)s
)

-- name: now
SELECT slinga_now()

-- name: erased
-- Of these keys, those of people who were erased.
SELECT e.key FROM erased e
JOIN unnest(%(buckets)s::smallint[], %(keys)s::uuid[]) AS t (bucket, key) ON e.bucket = t.bucket AND e.key = t.key

-- name: copy_in
COPY input (bucket, seq, person, kind, name, trust, source, message_id, accepted_at, occurred_at, body)
FROM STDIN (FORMAT binary)

-- name: staging
-- Of this connection alone, and empty after each transaction.
CREATE TEMPORARY TABLE IF NOT EXISTS staged (LIKE input) ON COMMIT DELETE ROWS

-- name: copy_staged
COPY staged (bucket, seq, person, kind, name, trust, source, message_id, accepted_at, occurred_at, body)
FROM STDIN (FORMAT binary)

-- name: append_staged
-- Nothing is thought about any more while the log is locked.
INSERT INTO input (bucket, seq, person, kind, name, trust, source, message_id, accepted_at, occurred_at, body)
SELECT bucket, seq + %(shift)s::bigint, person, kind, name, trust, source, message_id, %(accepted)s::timestamptz,
    least(occurred_at, %(accepted)s::timestamptz), body
FROM staged WHERE seq > %(after)s::bigint AND seq <= %(last)s::bigint ORDER BY seq

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
