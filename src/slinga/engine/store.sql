-- name: claim
-- Free lanes that have something to do: unread inputs, a wake-up due, somebody parked. Locked until the batch
-- commits. In the order of what waits longest in them: taken at random, the unlucky wait for many batches.
SELECT l.bucket, l.cursor, unread.at IS NOT NULL, due.at IS NOT NULL
FROM lane l
LEFT JOIN LATERAL (
    SELECT i.accepted_at AS at, NOT (i.source = 'broadcast' OR starts_with(i.source, 'import:')) AS live
    FROM input i WHERE i.bucket = l.bucket AND i.seq > l.cursor ORDER BY i.seq LIMIT 1
) unread ON true
LEFT JOIN LATERAL (
    SELECT p.wake_at AS at FROM person p
    WHERE p.bucket = l.bucket AND p.wake_at <= %(now)s ORDER BY p.wake_at LIMIT 1
) due ON true
LEFT JOIN LATERAL (SELECT min(k.parked_at) AS at FROM parked k WHERE k.bucket = l.bucket) apart ON true
WHERE coalesce(unread.at, due.at, apart.at) IS NOT NULL
ORDER BY %(live_first)s::boolean AND unread.live IS TRUE DESC, least(unread.at, due.at, apart.at)
LIMIT %(lanes)s
FOR NO KEY UPDATE OF l SKIP LOCKED

-- name: read
-- The next inputs of each lane, without those of parked people. The lanes of a batch share each statement: one for
-- every lane cost as much again as what it did.
SELECT next.person, next.seq, next.kind, next.name, next.trust, next.source, next.message_id, next.accepted_at,
       next.occurred_at, next.body
FROM unnest(%(buckets)s::smallint[], %(after)s::bigint[]) AS lane (bucket, after)
CROSS JOIN LATERAL (
    SELECT * FROM input i
    WHERE i.bucket = lane.bucket AND i.seq > lane.after AND i.person <> ALL (%(parked)s::uuid[])
    ORDER BY i.seq
    LIMIT %(limit)s
) AS next

-- name: last_seq
-- The end of a lane, so that a cursor can pass inputs of parked people.
SELECT coalesce(max(seq), 0) FROM input WHERE bucket = %(bucket)s

-- name: read_person
-- The log of one person alone: for the parked, the merged, and the gate's look at what is pending.
SELECT person, seq, kind, name, trust, source, message_id, accepted_at, occurred_at, body
FROM input
WHERE bucket = %(bucket)s AND person = %(person)s AND seq > %(after)s
ORDER BY seq
LIMIT %(limit)s

-- name: parked
SELECT bucket, person FROM parked WHERE bucket = ANY (%(buckets)s::smallint[]) ORDER BY parked_at, person

-- name: park
INSERT INTO parked (bucket, person, parked_at)
VALUES (%(bucket)s, %(person)s, slinga_now()) ON CONFLICT DO NOTHING

-- name: unpark
DELETE FROM parked WHERE bucket = %(bucket)s AND person = %(person)s

-- name: due
-- People of each lane whose wake-up has come, earliest first. By nothing else: where many wake at one instant, as
-- when a broadcast's wait is over, to order those of a lane further would be to read all of them for each batch.
SELECT woken.key
FROM unnest(%(buckets)s::smallint[], %(until)s::timestamptz[]) AS lane (bucket, until)
CROSS JOIN LATERAL (
    SELECT p.key FROM person p
    WHERE p.bucket = lane.bucket AND p.wake_at <= lane.until
    ORDER BY p.wake_at
    LIMIT %(limit)s
) AS woken

-- name: outdated
-- People still built under an older program: the sweep's next portion of a lane.
SELECT key FROM person
WHERE bucket = %(bucket)s AND program < %(program)s AND forward IS NULL
LIMIT %(limit)s

-- name: unknown
-- People of a lane of whom an earlier release has not told how they moved.
SELECT DISTINCT o.person FROM position o JOIN person p ON p.bucket = o.bucket AND p.key = o.person
WHERE o.bucket = %(bucket)s AND o.moves IS NULL AND p.forward IS NULL
LIMIT %(limit)s

-- name: outdated_lanes
-- One probe per lane for each of the two, beginning anywhere, so that several workers sweep different ones.
SELECT l.bucket FROM lane l
WHERE EXISTS (SELECT 1 FROM person p
              WHERE p.bucket = l.bucket AND p.program < %(program)s AND p.forward IS NULL)
   OR EXISTS (SELECT 1 FROM position o JOIN person p ON p.bucket = o.bucket AND p.key = o.person
              WHERE o.bucket = l.bucket AND o.moves IS NULL AND p.forward IS NULL)
ORDER BY random()
LIMIT %(limit)s

-- name: lock_lanes
-- For the sweep after a publication: whatever of these lanes no other worker holds, and when the first input that
-- is not applied yet was accepted.
SELECT l.bucket, l.cursor,
       (SELECT i.accepted_at FROM input i WHERE i.bucket = l.bucket AND i.seq > l.cursor ORDER BY i.seq LIMIT 1)
FROM lane l WHERE l.bucket = ANY (%(buckets)s::smallint[]) FOR NO KEY UPDATE OF l SKIP LOCKED

-- name: past
-- What a person's aggregates are rebuilt from: the log as far as it is applied.
SELECT person, seq, kind, name, trust, source, message_id, accepted_at, occurred_at, body
FROM input
WHERE bucket = %(bucket)s AND person = %(person)s AND seq > %(after)s AND seq <= %(until)s
ORDER BY seq
LIMIT %(limit)s

-- name: visits_of
-- The visits of a person, which the log does not hold; in portions, behind (at, id).
SELECT kind, name, at, body, id FROM fact
WHERE bucket = %(bucket)s AND person = %(person)s AND kind IN ('visit_started', 'visit_ended')
  AND (at, id) > (%(at)s::timestamptz, %(id)s)
ORDER BY at, id
LIMIT %(limit)s

-- name: moves_of
-- How a person moved, also under the keys that became them.
WITH RECURSIVE keys (bucket, person) AS (
    SELECT %(bucket)s::smallint, %(person)s::uuid
  UNION
    SELECT get_byte(uuid_send(m.other), 0)::smallint, m.other FROM keys
    CROSS JOIN LATERAL (
        SELECT (f.body ->> 'other')::uuid AS other FROM fact f
        WHERE f.bucket = keys.bucket AND f.person = keys.person AND f.kind = 'merged' AND f.body ? 'other'
        OFFSET 0) m)
SELECT f.kind, f.name, f.at, f.body FROM keys
JOIN fact f ON f.bucket = keys.bucket AND f.person = keys.person AND f.kind IN ('stage_moved', 'status_moved')
WHERE %(own)s OR keys.person <> %(person)s::uuid
ORDER BY f.at, f.id

-- name: handed_over
-- How much of a person's past a merge hands over.
SELECT (SELECT count(*) FROM input
        WHERE bucket = %(bucket)s AND person = %(person)s AND seq <= %(until)s AND kind IN ('event', 'history'))
     + (SELECT count(*) FROM fact
        WHERE bucket = %(bucket)s AND person = %(person)s AND kind IN ('visit_started', 'visit_ended'))

-- name: states
SELECT asked.n, p.state, p.format, p.seq, p.program
FROM unnest(%(buckets)s::smallint[], %(keys)s::uuid[]) WITH ORDINALITY AS asked (bucket, key, n)
JOIN person p ON p.bucket = asked.bucket AND p.key = asked.key

-- name: update_states
-- Binary arrays: text parameters made this five times slower. An update, because an insert that finds the row
-- in its way locks it first, which is one more record in the write-ahead log and one more look at the index.
UPDATE person SET state = new.state, format = %(format)s, program = new.program, seq = new.seq,
                  wake_at = new.wake_at, forward = coalesce(new.forward, person.forward)
FROM (SELECT unnest(%(buckets)s::smallint[]) AS bucket, unnest(%(keys)s::uuid[]) AS key,
             unnest(%(states)s::bytea[]) AS state, unnest(%(programs)s::bigint[]) AS program,
             unnest(%(seqs)s::bigint[]) AS seq, unnest(%(wakes)s::timestamptz[]) AS wake_at,
             unnest(%(forwards)s::uuid[]) AS forward) AS new  -- in FROM, each state would be copied first
WHERE person.bucket = new.bucket AND person.key = new.key

-- name: insert_states
-- Whoever has no row yet; the lane's lock keeps anybody else from writing one.
INSERT INTO person (bucket, key, state, format, program, seq, wake_at, forward, created_at)
SELECT bucket, key, state, %(format)s, program, seq, wake_at, forward, created_at
FROM unnest(%(buckets)s::smallint[], %(keys)s::uuid[], %(states)s::bytea[], %(programs)s::bigint[],
            %(seqs)s::bigint[], %(wakes)s::timestamptz[], %(forwards)s::uuid[], %(created)s::timestamptz[])
     AS new (bucket, key, state, program, seq, wake_at, forward, created_at)

-- name: unwaited
-- What a worker commits follows from the log, which is on disk; whoever acts on it waits for the disk himself.
SELECT set_config('synchronous_commit', 'off', true)

-- name: advance_cursors
-- Of lanes that are locked: all at once, for there are 256 rows in all.
UPDATE lane l SET cursor = t.cursor
FROM unnest(%(buckets)s::smallint[], %(cursors)s::bigint[]) AS t (bucket, cursor)
WHERE l.bucket = t.bucket AND l.cursor < t.cursor

-- name: copy_facts
COPY fact (bucket, person, seq, kind, name, at, body) FROM STDIN (FORMAT binary)

-- name: facts_of
SELECT kind, name, at, body FROM fact
WHERE bucket = %(bucket)s AND person = %(person)s ORDER BY at, id

-- name: next_due
-- The earliest wake-up of anybody, for moving virtual time.
SELECT min(wake_at) FROM person WHERE wake_at IS NOT NULL

-- name: behind
-- Inputs accepted and not yet applied, counted no further than the limit. One index probe per lane: as a plain
-- join it reads the whole log.
SELECT count(*) FROM (
    SELECT 1 FROM lane l
    CROSS JOIN LATERAL (
        SELECT 1 FROM input i WHERE i.bucket = l.bucket AND i.seq > l.cursor LIMIT %(limit)s
    ) unread
    LIMIT %(limit)s
) waiting

-- name: applied
SELECT coalesce(bool_and(l.cursor >= t.seq), true)
FROM unnest(%(buckets)s::smallint[], %(seqs)s::bigint[]) AS t (bucket, seq) JOIN lane l ON l.bucket = t.bucket

-- name: events_kept
SELECT length FROM retention WHERE what = 'events'

-- name: program_number
SELECT coalesce(max(number), 0) FROM program

-- name: program_basis
-- A release that did not know of it left it empty: such a program asked for everybody.
SELECT coalesce(basis, number) FROM program WHERE number = %(number)s

-- name: set_basis
UPDATE program SET basis = %(basis)s WHERE number = %(number)s

-- name: program
SELECT number, zone, parts FROM program WHERE number = %(number)s

-- name: program_documents
-- The very versions that the program names, also of journeys that only let people finish.
SELECT d.kind, d.key, d.version, d.document
FROM program p
CROSS JOIN LATERAL jsonb_to_recordset(p.parts) AS part (kind text, key text, version integer)
JOIN definition d ON d.kind = part.kind AND d.key = part.key AND d.version = part.version
WHERE p.number = %(number)s
ORDER BY d.kind, d.key, d.version

-- name: lock_programs
SELECT pg_advisory_xact_lock(hashtext('slinga.program'))

-- name: latest_document
SELECT version, document FROM definition
WHERE kind = %(kind)s AND key = %(key)s ORDER BY version DESC LIMIT 1

-- name: add_definition
INSERT INTO definition (kind, key, version, document, published_at, published_by)
VALUES (%(kind)s, %(key)s, %(version)s, %(document)s, slinga_now(), %(by)s)

-- name: add_program
INSERT INTO program (number, published_at, zone, parts)
VALUES (%(number)s, slinga_now(), %(zone)s, %(parts)s)
