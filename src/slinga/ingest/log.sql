-- name: take
-- An append in one statement: the lock, from which to commit no other appender can draw a seq or a time; the time;
-- what is known already or about the erased; the seqs; the rows; and a hint to sleeping workers.
SELECT * FROM slinga_take(
    %(low)s::timestamptz, %(high)s::timestamptz, %(at)s::timestamptz, %(repeated)s::boolean,
    %(kinds)s::text[], %(names)s::text[], %(trusts)s::smallint[], %(sources)s::text[],
    %(heads)s::smallint[], %(people)s::uuid[], %(messages)s::text[], %(keys)s::bigint[], %(before)s::bigint[],
    %(ids)s::text[], %(occurred)s::timestamptz[], %(bodies)s::jsonb[]
)

-- name: take_before_flush
-- The same, except that the lock is let go of before the write-ahead log is on disk: the next appender writes while
-- the disk does. Whoever asks for it may tell nobody before `flush` has returned.
SELECT t.* FROM (SELECT set_config('synchronous_commit', 'off', true)) AS set, slinga_take(
    %(low)s::timestamptz, %(high)s::timestamptz, %(at)s::timestamptz, %(repeated)s::boolean,
    %(kinds)s::text[], %(names)s::text[], %(trusts)s::smallint[], %(sources)s::text[],
    %(heads)s::smallint[], %(people)s::uuid[], %(messages)s::text[], %(keys)s::bigint[], %(before)s::bigint[],
    %(ids)s::text[], %(occurred)s::timestamptz[], %(bodies)s::jsonb[]
) AS t

-- name: flush
-- A commit that waits for the disk, and so for all that was committed before it.
SELECT pg_logical_emit_message(true, 'slinga', '')

-- name: now
SELECT slinga_now()

-- name: erased
-- Of these keys, those of people who were erased.
SELECT e.key FROM erased e
JOIN unnest(%(buckets)s::smallint[], %(keys)s::uuid[]) AS t (bucket, key) ON e.bucket = t.bucket AND e.key = t.key

-- name: staging
-- Of this connection alone, and empty after each transaction.
CREATE TEMPORARY TABLE IF NOT EXISTS staged (LIKE input) ON COMMIT DELETE ROWS

-- name: stage
-- Whatever happened at no instant of its own happens at its acceptance, which is not known yet.
INSERT INTO staged (bucket, seq, person, kind, name, trust, source, message_id, accepted_at, occurred_at, body)
SELECT get_byte(uuid_send(t.person), 0), %(after)s::bigint + t.n, t.person, (%(kinds)s::text[])[t.head],
    (%(names)s::text[])[t.head], (%(trusts)s::smallint[])[t.head], (%(sources)s::text[])[t.head], t.message,
    'infinity', t.at, t.body
FROM unnest(
    %(heads)s::smallint[], %(people)s::uuid[], %(messages)s::text[], %(occurred)s::timestamptz[], %(bodies)s::jsonb[]
) WITH ORDINALITY AS t (head, person, message, at, body, n)

-- name: number_staged
-- The log's lock, the instant, and numbers.
SELECT accepted, some_erased, last FROM slinga_append('{}', '{}', %(count)s::bigint, NULL, true)

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
