-- name: now
SELECT slinga_now()

-- name: zone
-- The workspace's zone and its lifecycle models, from the program in force.
SELECT p.zone, coalesce(array_agg(DISTINCT part.key) FILTER (WHERE part.kind = 'model'), '{}')
FROM program p
LEFT JOIN LATERAL jsonb_to_recordset(p.parts) AS part (kind text, key text) ON true
WHERE p.number = (SELECT max(number) FROM program)
GROUP BY p.zone

-- name: mine
-- One process counts at a time; another takes over as soon as this transaction ends.
SELECT pg_try_advisory_xact_lock(hashtext('slinga.tally'))

-- name: by_index
-- A portion is found through the indices; a plan for a whole table would read the whole log for it.
SELECT set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
       set_config('enable_mergejoin', 'off', true), set_config('max_parallel_workers_per_gather', '0', true)

-- name: for_all
-- And a correction through the whole tables.
SELECT set_config('enable_seqscan', 'on', true), set_config('enable_hashjoin', 'on', true),
       set_config('work_mem', '64MB', true)

-- name: turn
-- Held by whoever may not wait in vain: a rebuilding, a correction.
SELECT pg_advisory_xact_lock(hashtext('slinga.tally'))

-- name: one_snapshot
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ

-- name: new_facts
-- Buckets with facts that are not counted, each with the last one of its next portion. A bucket's facts are
-- written by whoever holds its lane until the commit, so their ids appear in order and none comes in late.
SELECT t.bucket, t.fact, (
    SELECT max(id) FROM (
        SELECT id FROM fact f WHERE f.bucket = t.bucket AND f.id > t.fact ORDER BY f.id LIMIT %(each)s) AS next)
FROM tally_cursor t
WHERE (SELECT f.id FROM fact f WHERE f.bucket = t.bucket AND f.id > t.fact LIMIT 1) IS NOT NULL
ORDER BY random()
LIMIT %(buckets)s

-- name: facts
-- Bodies as text: what is counted is read out of them, the rest is never made into anything.
SELECT t.bucket, f.id, f.seq, f.person, f.kind, f.name, f.at, (f.body - '{witness,trigger}'::text[])::text
FROM unnest(%(buckets)s::int2[], %(after)s::int8[], %(until)s::int8[]) AS t (bucket, after, until)
JOIN fact f ON f.bucket = t.bucket AND f.id > t.after AND f.id <= t.until AND f.kind = ANY (%(kinds)s::text[])
ORDER BY t.bucket, f.id

-- name: new_inputs
-- The same of the log, as far as its lane has applied it.
SELECT t.bucket, t.input, (
    SELECT max(seq) FROM (
        SELECT seq FROM input i WHERE i.bucket = t.bucket AND i.seq > t.input AND i.seq <= l.cursor
        ORDER BY i.seq LIMIT %(each)s) AS next)
FROM tally_cursor t
JOIN lane l ON l.bucket = t.bucket
WHERE (SELECT i.seq FROM input i WHERE i.bucket = t.bucket AND i.seq > t.input AND i.seq <= l.cursor LIMIT 1)
    IS NOT NULL
ORDER BY random()
LIMIT %(buckets)s

-- name: names
-- How often each event happened, by the quarter of an hour. Left out: the past that a merged person handed over,
-- which was counted where it happened, and what a forwarder passes on, which is counted where it arrives. Who is
-- no forwarder is known before facts are looked at: as a join, every event looked at the facts of all merges;
-- and those are found by their person, never through the index of kinds.
SELECT i.name, date_bin('15 minutes', i.occurred_at, '2000-01-01T00:00:00Z'), count(*)
FROM unnest(%(buckets)s::int2[], %(after)s::int8[], %(until)s::int8[]) AS t (bucket, after, until)
JOIN input i ON i.bucket = t.bucket AND i.seq > t.after AND i.seq <= t.until
WHERE i.kind IN ('event', 'history') AND NOT (i.kind = 'history' AND i.body ? 'handed')
  AND CASE WHEN EXISTS (
        SELECT FROM person p WHERE p.bucket = i.bucket AND p.key = i.person AND p.forward IS NOT NULL
    ) THEN coalesce((
        SELECT max(f.seq) FROM fact f WHERE f.bucket = i.bucket AND f.person = i.person AND f.kind || '' = 'merged'
    ) >= i.seq, true) ELSE true END
GROUP BY 1, 2

-- name: events
-- Events whose properties count; for an order also whether another one of its person was known, what they had
-- clicked on shortly before, and which journeys they came into or were held out of in the time before it, with
-- what they had ordered since. What counts as earlier is what the log took in earlier: each order counts once, in
-- that order, whenever it happened. The products that a browser merely claims are left out: they would come into
-- other people's mail.
SELECT t.bucket, i.seq, i.person, i.name, i.occurred_at, i.accepted_at,
    (CASE WHEN i.trust = 0 THEN (i.body -> 'properties') - 'products' ELSE i.body -> 'properties' END)::text,
    i.name = 'Order Completed' AND EXISTS (
        SELECT FROM input o
        WHERE o.bucket = i.bucket AND o.person = i.person AND o.name = 'Order Completed'
          AND o.kind IN ('event', 'history') AND o.seq < i.seq
          AND o.body #> '{properties,order_id}' IS DISTINCT FROM i.body #> '{properties,order_id}'),
    CASE WHEN i.name = 'Order Completed' THEN (
        SELECT jsonb_build_array(c.body #> '{properties,journey}', c.body #> '{properties,node}', c.body #> '{properties,template}')
        FROM input c
        WHERE c.bucket = i.bucket AND c.person = i.person AND c.name = 'Message Clicked' AND c.kind IN ('event', 'history')
          AND c.body #>> '{properties,machine}' IS DISTINCT FROM 'true'
          AND c.occurred_at <= i.occurred_at AND c.occurred_at > i.occurred_at - %(clicked)s * interval '1 day'
        ORDER BY c.occurred_at DESC, c.seq DESC LIMIT 1) END,
    CASE WHEN i.name = 'Order Completed' THEN (
        SELECT jsonb_agg(jsonb_build_array(f.name, CASE f.kind WHEN 'holdout' THEN 'held' ELSE 'treated' END,
            (extract(epoch FROM f.at) * 1000000)::bigint, coalesce((
                SELECT jsonb_agg(coalesce(o.body -> 'properties', '{}') ORDER BY o.seq) FROM input o
                WHERE o.bucket = i.bucket AND o.person = i.person AND o.name = 'Order Completed'
                  AND o.kind IN ('event', 'history') AND o.seq < i.seq
                  AND o.occurred_at >= f.at AND o.occurred_at < f.at + %(lift)s * interval '1 day'), '[]')))::text
        FROM fact f
        WHERE f.bucket = i.bucket AND f.person = i.person AND f.kind IN ('holdout', 'run_entered')
          AND f.body @> '{"entry": 1}' AND f.at <= i.occurred_at AND f.at > i.occurred_at - %(lift)s * interval '1 day') END
FROM unnest(%(buckets)s::int2[], %(after)s::int8[], %(until)s::int8[]) AS t (bucket, after, until)
JOIN input i ON i.bucket = t.bucket AND i.seq > t.after AND i.seq <= t.until AND i.name = ANY (%(names)s::text[])
WHERE i.kind IN ('event', 'history') AND NOT (i.kind = 'history' AND i.body ? 'handed')
  AND CASE WHEN EXISTS (
        SELECT FROM person p WHERE p.bucket = i.bucket AND p.key = i.person AND p.forward IS NOT NULL
    ) THEN coalesce((
        SELECT max(f.seq) FROM fact f WHERE f.bucket = i.bucket AND f.person = i.person AND f.kind || '' = 'merged'
    ) >= i.seq, true) ELSE true END
ORDER BY t.bucket, i.seq

-- name: sent
-- What settled messages were.
SELECT m.id, m.journey, m.version, m.node, m.template, m.channel, m.state
FROM unnest(%(buckets)s::int2[], %(ids)s::uuid[]) AS t (bucket, id)
JOIN message m ON m.bucket = t.bucket AND m.id = t.id

-- name: stood
-- In which stage each person stood before a fact or an input: by the last move that was written before it, else
-- where the very same input first put them.
SELECT t.n, m.model, coalesce(
    (SELECT f.body ->> 'to_stage' FROM fact f
     WHERE f.bucket = t.bucket AND f.person = t.person AND f.kind = 'stage_moved' AND f.name = m.model
       AND (f.id < t.id OR (t.id = 0 AND (f.at, f.seq) < (t.at, t.seq)))
     ORDER BY f.at DESC, f.id DESC LIMIT 1),
    (SELECT coalesce(f.body ->> 'from_stage', f.body ->> 'to_stage') FROM fact f
     WHERE f.bucket = t.bucket AND f.person = t.person AND f.kind = 'stage_moved' AND f.name = m.model
       AND f.seq = t.seq
     ORDER BY f.at, f.id LIMIT 1), '')
FROM unnest(%(ns)s::int8[], %(buckets)s::int2[], %(people)s::uuid[], %(ids)s::int8[], %(seqs)s::int8[],
            %(at)s::timestamptz[]) AS t (n, bucket, person, id, seq, at)
CROSS JOIN unnest(%(models)s::text[]) AS m (model)

-- name: before
-- Each person's last visit in the 30 days before a fact, and the last message that had left in the 7 before.
SELECT t.n,
    (SELECT f.body ->> 'channel' FROM fact f
     WHERE f.bucket = t.bucket AND f.person = t.person AND f.kind = 'visit_started' AND f.id < t.id
       AND f.at > t.at - interval '30 days'
     ORDER BY f.at DESC, f.id DESC LIMIT 1),
    (SELECT m.channel FROM message m
     WHERE m.bucket = t.bucket AND m.person = t.person AND m.planned_at < t.at
       AND m.planned_at > t.at - interval '7 days' AND m.accepted_at < t.at
     ORDER BY m.planned_at DESC, m.id LIMIT 1)
FROM unnest(%(ns)s::int8[], %(buckets)s::int2[], %(people)s::uuid[], %(ids)s::int8[], %(at)s::timestamptz[])
     AS t (n, bucket, person, id, at)

-- name: orders
SELECT o.key, o.total, o.refunded, o.currency
FROM unnest(%(buckets)s::int2[], %(keys)s::bytea[]) AS t (bucket, key)
JOIN counted_order o ON o.bucket = t.bucket AND o.key = t.key

-- name: save_orders
INSERT INTO counted_order (bucket, key, total, refunded, currency)
SELECT * FROM unnest(%(buckets)s::int2[], %(keys)s::bytea[], %(totals)s::numeric[], %(refunded)s::numeric[], %(currencies)s::text[])
ON CONFLICT (bucket, key) DO UPDATE SET refunded = excluded.refunded

-- name: add
-- Sums and the cursor are one transaction, so what is counted is counted once whatever dies.
INSERT INTO tally (what, key, day, version, part, other, detail, extra, count, value)
SELECT * FROM unnest(%(whats)s::text[], %(keys)s::text[], %(days)s::text[]::date[], %(versions)s::int4[], %(parts)s::text[],
    %(others)s::text[], %(details)s::text[], %(extras)s::text[], %(counts)s::int8[], %(values)s::text[]::numeric[])
ON CONFLICT (what, key, day, version, part, other, detail, extra) DO UPDATE
SET count = tally.count + excluded.count, value = tally.value + excluded.value

-- name: add_stays
-- The same of stays.
INSERT INTO stay (what, key, day, version, part, bin, count)
SELECT * FROM unnest(%(whats)s::text[], %(keys)s::text[], %(days)s::text[]::date[], %(versions)s::int4[], %(parts)s::text[],
    %(bins)s::int2[], %(counts)s::int8[])
ON CONFLICT (what, key, day, version, part, bin) DO UPDATE SET count = stay.count + excluded.count

-- name: count_facts
UPDATE tally_cursor t SET fact = n.until
FROM unnest(%(buckets)s::int2[], %(until)s::int8[]) AS n (bucket, until) WHERE t.bucket = n.bucket

-- name: count_inputs
UPDATE tally_cursor t SET input = n.until
FROM unnest(%(buckets)s::int2[], %(until)s::int8[]) AS n (bucket, until) WHERE t.bucket = n.bucket

-- name: begin_anew
TRUNCATE tally, stay, counted_order

-- name: rewind
UPDATE tally_cursor SET fact = 0, input = 0

-- name: form
-- None where nothing is counted yet.
SELECT form, since FROM tally_form WHERE EXISTS (SELECT FROM tally)

-- name: formed
-- Whether everything that is counted holds all kinds: after a counting anew, and where nothing was counted before.
UPDATE tally_form SET form = %(form)s, since = slinga_now()
WHERE form <> %(form)s AND (%(anew)s OR NOT EXISTS (SELECT FROM tally))

-- name: share
-- About how much is counted, by how far the cursors came. Numbers grow with time, so that it is a share of the past.
SELECT coalesce(sum(t.fact) + sum(t.input), 0)::float8, coalesce(sum(f.last) + sum(l.cursor), 0)::float8
FROM tally_cursor t JOIN lane l ON l.bucket = t.bucket
CROSS JOIN LATERAL (SELECT coalesce(max(id), 0) AS last FROM fact WHERE fact.bucket = t.bucket) f

-- name: correct_stock
-- What erasures, undone imports and models taken out of force took away without a fact, as a change of today's.
-- Must see the positions and the counted facts of one snapshot.
INSERT INTO tally (what, key, day, version, part, other, detail, extra, count, value)
SELECT 'stock', key, %(day)s, 0, part, other, '', 'corrected', sum(count), 0
FROM (
    SELECT model AS key, stage AS part, coalesce(status, '') AS other, count(*) AS count FROM position GROUP BY 1, 2, 3
    UNION ALL
    SELECT key, part, other, -sum(count) FROM tally WHERE what = 'stock' GROUP BY 1, 2, 3
) AS both_sides
GROUP BY key, part, other HAVING sum(count) <> 0
ON CONFLICT (what, key, day, version, part, other, detail, extra) DO UPDATE SET count = tally.count + excluded.count

-- name: correct_size
-- The same of the sizes of segments.
INSERT INTO tally (what, key, day, version, part, other, detail, extra, count, value)
SELECT 'size', key, %(day)s, 0, '', '', '', 'corrected', sum(count), 0
FROM (
    SELECT segment AS key, count(*) AS count FROM membership GROUP BY 1
    UNION ALL
    SELECT key, -sum(count) FROM tally WHERE what = 'size' GROUP BY 1
) AS both_sides
GROUP BY key HAVING sum(count) <> 0
ON CONFLICT (what, key, day, version, part, other, detail, extra) DO UPDATE SET count = tally.count + excluded.count

-- name: without_runs
-- A bucket whose runs have no rows yet: its people's states are older than the table.
SELECT bucket FROM tally_cursor WHERE NOT runs ORDER BY bucket LIMIT 1

-- name: hold_lane
SELECT bucket FROM lane WHERE bucket = %(bucket)s FOR NO KEY UPDATE

-- name: states
SELECT state FROM person WHERE bucket = %(bucket)s AND forward IS NULL AND format <= %(format)s

-- name: with_runs
UPDATE tally_cursor SET runs = true WHERE bucket = %(bucket)s

-- name: all_with_runs
-- Nobody is there yet.
UPDATE tally_cursor SET runs = true WHERE NOT EXISTS (SELECT FROM person)

-- name: behind
-- How many facts wait to be counted, up to a limit.
SELECT count(*) FROM (
    SELECT 1 FROM tally_cursor t
    CROSS JOIN LATERAL (SELECT 1 FROM fact f WHERE f.bucket = t.bucket AND f.id > t.fact LIMIT %(limit)s) AS unread
    LIMIT %(limit)s) AS waiting

-- name: attributed_days
-- The newest version of the policy is the one in force: each publication writes another.
SELECT (document ->> 'attributed_days')::int FROM definition WHERE kind = 'policy' ORDER BY version DESC LIMIT 1
