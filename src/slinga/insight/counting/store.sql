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
WHERE t.gen = %(gen)s AND (SELECT f.id FROM fact f WHERE f.bucket = t.bucket AND f.id > t.fact LIMIT 1) IS NOT NULL
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
WHERE t.gen = %(gen)s
  AND (SELECT i.seq FROM input i WHERE i.bucket = t.bucket AND i.seq > t.input AND i.seq <= l.cursor LIMIT 1)
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
-- clicked on shortly before, and which journeys they came into or were held out of in the time before it, not by it.
-- What counts as earlier is what the log took in earlier: each order counts once, in that order, whenever it happened.
-- The products that a browser merely claims are left out: they would come into other people's mail.
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
            (extract(epoch FROM f.at) * 1000000)::bigint))::text
        FROM fact f
        WHERE f.bucket = i.bucket AND f.person = i.person AND f.kind IN ('holdout', 'run_entered')
          AND f.body @> '{"entry": 1}' AND f.at < i.occurred_at AND f.at > i.occurred_at - %(lift)s * interval '1 day') END
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
-- where the very same input first put them. Where they stand now tells nothing: a merge keeps an older instant.
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
SELECT o.key, o.total, o.refunded, o.currency, o.cancelled, o.person, o.place::text
FROM unnest(%(buckets)s::int2[], %(keys)s::bytea[]) AS t (bucket, key)
JOIN counted_order o ON o.bucket = t.bucket AND o.key = t.key AND o.gen = %(gen)s

-- name: save_orders
-- What is known of an order, anew: its place where only a refund had told of it, and what was given back.
INSERT INTO counted_order (gen, bucket, key, total, refunded, currency, cancelled, person, place)
SELECT %(gen)s, * FROM unnest(%(buckets)s::int2[], %(keys)s::bytea[], %(totals)s::numeric[], %(refunded)s::numeric[],
    %(currencies)s::text[], %(cancelled)s::bool[], %(people)s::uuid[], %(places)s::text[]::jsonb[])
ON CONFLICT (bucket, key, gen) DO UPDATE SET total = excluded.total, refunded = excluded.refunded, currency = excluded.currency,
    cancelled = excluded.cancelled, person = excluded.person, place = excluded.place

-- name: bought
-- What people bought in the days of a journey, as far as it is counted.
SELECT b.person, b.journey, b.arm, b.currency, b.orders, b.spent
FROM unnest(%(buckets)s::int2[], %(people)s::uuid[], %(journeys)s::text[], %(arms)s::text[]) AS t (bucket, person, journey, arm)
JOIN counted_buyer b ON b.bucket = t.bucket AND b.person = t.person AND b.journey = t.journey AND b.arm = t.arm
  AND b.gen = %(gen)s

-- name: save_bought
-- The same after some orders more or less.
INSERT INTO counted_buyer (gen, bucket, person, journey, arm, currency, orders, spent)
SELECT %(gen)s, * FROM unnest(%(buckets)s::int2[], %(people)s::uuid[], %(journeys)s::text[], %(arms)s::text[], %(currencies)s::text[],
    %(orders)s::int4[], %(spent)s::numeric[])
ON CONFLICT (bucket, person, journey, arm, currency, gen) DO UPDATE SET orders = excluded.orders, spent = excluded.spent

-- name: add
-- Sums and the cursor are one transaction, so what is counted is counted once whatever dies.
INSERT INTO tally_row AS t (gen, what, key, day, version, part, other, detail, extra, count, value)
SELECT %(gen)s, * FROM unnest(%(whats)s::text[], %(keys)s::text[], %(days)s::text[]::date[], %(versions)s::int4[], %(parts)s::text[],
    %(others)s::text[], %(details)s::text[], %(extras)s::text[], %(counts)s::int8[], %(values)s::text[]::numeric[])
ON CONFLICT (gen, what, key, day, version, part, other, detail, extra) DO UPDATE
SET count = t.count + excluded.count, value = t.value + excluded.value

-- name: add_stays
-- The same of stays.
INSERT INTO stay_row AS t (gen, what, key, day, version, part, bin, count)
SELECT %(gen)s, * FROM unnest(%(whats)s::text[], %(keys)s::text[], %(days)s::text[]::date[], %(versions)s::int4[], %(parts)s::text[],
    %(bins)s::int2[], %(counts)s::int8[])
ON CONFLICT (gen, what, key, day, version, part, bin) DO UPDATE SET count = t.count + excluded.count

-- name: count_facts
UPDATE tally_cursor t SET fact = n.until
FROM unnest(%(buckets)s::int2[], %(until)s::int8[]) AS n (bucket, until) WHERE t.gen = %(gen)s AND t.bucket = n.bucket

-- name: count_inputs
UPDATE tally_cursor t SET input = n.until
FROM unnest(%(buckets)s::int2[], %(until)s::int8[]) AS n (bucket, until) WHERE t.gen = %(gen)s AND t.bucket = n.bucket

-- name: form
-- In which form the sums are, since when, and which counting is under way; the newest form where nothing is counted.
SELECT gen, CASE WHEN EXISTS (SELECT FROM tally) THEN form ELSE %(newest)s END, since, next, next_form, floor FROM tally_form

-- name: formed
-- Where nothing was counted before, everything that will be is in the newest form.
UPDATE tally_form SET form = %(form)s, since = slinga_now() WHERE form <> %(form)s AND NOT EXISTS (SELECT FROM tally)

-- name: kept_for
-- How long things are kept that are kept for a time only.
SELECT length FROM retention WHERE what = ANY (%(whats)s::text[])

-- name: began_at
SELECT min(published_at) FROM program

-- name: begin
-- Begin a counting beside the one that pages read. What an unfinished one left is removed by its number.
WITH next AS (
    UPDATE tally_form SET next = greatest(gen, coalesce(next, 0), (SELECT max(c.gen) FROM tally_cursor c)) + 1,
        next_form = %(form)s, floor = %(floor)s
    RETURNING gen, next
)
INSERT INTO tally_cursor (gen, bucket, runs)
SELECT n.next, c.bucket, c.runs FROM next n JOIN tally_cursor c ON c.gen = n.gen

-- name: give_up
UPDATE tally_form SET next = NULL, next_form = NULL

-- name: take_over
-- Sums of days that are no longer wholly kept, and corrections, which follow from nothing that is kept.
INSERT INTO tally_row AS t (gen, what, key, day, version, part, other, detail, extra, count, value)
SELECT f.next, o.what, o.key, o.day, o.version, o.part, o.other, o.detail, o.extra, o.count, o.value
FROM tally_form f JOIN tally_row o ON o.gen = f.gen
WHERE o.day < f.floor OR (o.what IN ('stock', 'size') AND o.extra = 'corrected')
ON CONFLICT (gen, what, key, day, version, part, other, detail, extra) DO UPDATE
SET count = excluded.count, value = excluded.value

-- name: take_over_stays
INSERT INTO stay_row (gen, what, key, day, version, part, bin, count)
SELECT f.next, o.what, o.key, o.day, o.version, o.part, o.bin, o.count
FROM tally_form f JOIN stay_row o ON o.gen = f.gen AND o.day < f.floor

-- name: take_over_orders
-- Orders of which the log knows no more.
INSERT INTO counted_order AS t (gen, bucket, key, total, refunded, currency, cancelled, person, place)
SELECT f.next, o.bucket, o.key, o.total, o.refunded, o.currency, o.cancelled, o.person, o.place
FROM tally_form f JOIN counted_order o ON o.gen = f.gen
WHERE f.floor IS NOT NULL
ON CONFLICT (bucket, key, gen) DO UPDATE SET total = excluded.total, refunded = excluded.refunded,
    currency = excluded.currency, cancelled = excluded.cancelled, person = excluded.person, place = excluded.place
WHERE t.place IS NULL

-- name: take_over_buyers
-- And who bought more than the log still knows.
INSERT INTO counted_buyer AS t (gen, bucket, person, journey, arm, currency, orders, spent)
SELECT f.next, o.bucket, o.person, o.journey, o.arm, o.currency, o.orders, o.spent
FROM tally_form f JOIN counted_buyer o ON o.gen = f.gen
WHERE f.floor IS NOT NULL
ON CONFLICT (bucket, person, journey, arm, currency, gen) DO UPDATE SET orders = excluded.orders, spent = excluded.spent
WHERE t.orders < excluded.orders

-- name: change_over
UPDATE tally_form SET gen = next, form = next_form, since = slinga_now(), next = NULL, next_form = NULL

-- name: left_over
-- Countings that nobody reads and nobody goes on with.
SELECT c.gen FROM tally_cursor c, tally_form f WHERE c.gen <> f.gen AND c.gen IS DISTINCT FROM f.next LIMIT 1

-- name: drop_tally
DELETE FROM tally_row WHERE ctid = ANY (ARRAY(SELECT ctid FROM tally_row WHERE gen = %(gen)s LIMIT %(limit)s))

-- name: drop_months
DELETE FROM tally_month_row WHERE ctid = ANY (ARRAY(SELECT ctid FROM tally_month_row WHERE gen = %(gen)s LIMIT %(limit)s))

-- name: drop_stay
DELETE FROM stay_row WHERE ctid = ANY (ARRAY(SELECT ctid FROM stay_row WHERE gen = %(gen)s LIMIT %(limit)s))

-- name: drop_order
DELETE FROM counted_order WHERE ctid = ANY (ARRAY(SELECT ctid FROM counted_order WHERE gen = %(gen)s LIMIT %(limit)s))

-- name: drop_buyer
DELETE FROM counted_buyer WHERE ctid = ANY (ARRAY(SELECT ctid FROM counted_buyer WHERE gen = %(gen)s LIMIT %(limit)s))

-- name: drop_product
DELETE FROM product WHERE gen = %(gen)s

-- name: drop_cursors
DELETE FROM tally_cursor WHERE gen = %(gen)s

-- name: share
-- About how much is counted, by how far the cursors came. Numbers grow with time, so that it is a share of the past.
SELECT coalesce(sum(t.fact) + sum(t.input), 0)::float8, coalesce(sum(f.last) + sum(l.cursor), 0)::float8
FROM tally_cursor t JOIN lane l ON l.bucket = t.bucket AND t.gen = %(gen)s
CROSS JOIN LATERAL (SELECT coalesce(max(id), 0) AS last FROM fact WHERE fact.bucket = t.bucket) f

-- name: correct_stock
-- What erasures, undone imports and models taken out of force took away without a fact, as a change of today's.
-- Must see the positions and the counted facts of one snapshot.
INSERT INTO tally_row AS t (gen, what, key, day, version, part, other, detail, extra, count, value)
SELECT %(gen)s, 'stock', key, %(day)s, 0, part, other, '', 'corrected', sum(count), 0
FROM (
    SELECT model AS key, stage AS part, coalesce(status, '') AS other, count(*) AS count FROM position GROUP BY 1, 2, 3
    UNION ALL
    SELECT key, part, other, -sum(count) FROM tally WHERE what = 'stock' GROUP BY 1, 2, 3
) AS both_sides
GROUP BY key, part, other HAVING sum(count) <> 0
ON CONFLICT (gen, what, key, day, version, part, other, detail, extra) DO UPDATE SET count = t.count + excluded.count

-- name: correct_size
-- The same of the sizes of segments.
INSERT INTO tally_row AS t (gen, what, key, day, version, part, other, detail, extra, count, value)
SELECT %(gen)s, 'size', key, %(day)s, 0, '', '', '', 'corrected', sum(count), 0
FROM (
    SELECT segment AS key, count(*) AS count FROM membership GROUP BY 1
    UNION ALL
    SELECT key, -sum(count) FROM tally WHERE what = 'size' GROUP BY 1
) AS both_sides
GROUP BY key HAVING sum(count) <> 0
ON CONFLICT (gen, what, key, day, version, part, other, detail, extra) DO UPDATE SET count = t.count + excluded.count

-- name: without_runs
-- A bucket whose runs have no rows yet: its people's states are older than the table.
SELECT bucket FROM tally_cursor WHERE NOT runs AND gen = (SELECT gen FROM tally_form) ORDER BY bucket LIMIT 1

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
-- How many facts and events wait to be counted, up to a limit.
SELECT count(*) FROM (
    SELECT 1 FROM tally_cursor t JOIN lane l ON l.bucket = t.bucket
    CROSS JOIN LATERAL (
        (SELECT 1 FROM fact f WHERE f.bucket = t.bucket AND f.id > t.fact LIMIT %(limit)s)
        UNION ALL
        (SELECT 1 FROM input i WHERE i.bucket = t.bucket AND i.seq > t.input AND i.seq <= l.cursor LIMIT %(limit)s)
    ) AS unread
    WHERE t.gen = %(gen)s
    LIMIT %(limit)s) AS waiting

-- name: attributed_days
-- The newest version of the policy is the one in force: each publication writes another.
SELECT (document ->> 'attributed_days')::int FROM definition WHERE kind = 'policy' ORDER BY version DESC LIMIT 1
