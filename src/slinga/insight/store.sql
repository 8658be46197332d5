-- name: program
-- The definitions in force. A part without a word is live; versions come in order, so the newest stands last.
SELECT p.number, p.zone, d.kind, d.key, d.version, coalesce(part.live, true), d.document
FROM program p
CROSS JOIN LATERAL jsonb_to_recordset(p.parts) AS part (kind text, key text, version integer, live boolean)
JOIN definition d ON d.kind = part.kind AND d.key = part.key AND d.version = part.version
WHERE p.number = (SELECT max(number) FROM program) AND d.kind = ANY (%(kinds)s::text[])
ORDER BY d.kind, d.key, d.version

-- name: sums_of
-- Sums of some kinds over days, grouped by everything but the day: whole months from their own sums, the days before
-- and after them day by day; of one key, which the index leads to.
SELECT what, key, version, part, other, detail, extra, sum(count)::bigint, sum(value)
FROM (
    SELECT what, key, version, part, other, detail, extra, count, value FROM tally_month
    WHERE what = ANY (%(whats)s::text[]) AND key = %(key)s AND month >= %(months)s AND month < %(rest)s
    UNION ALL
    SELECT what, key, version, part, other, detail, extra, count, value FROM tally
    WHERE what = ANY (%(whats)s::text[]) AND key = %(key)s AND day >= %(since)s AND day < %(months)s
    UNION ALL
    SELECT what, key, version, part, other, detail, extra, count, value FROM tally
    WHERE what = ANY (%(whats)s::text[]) AND key = %(key)s AND day >= %(rest)s AND day <= %(until)s) AS parts
GROUP BY 1, 2, 3, 4, 5, 6, 7

-- name: sums
-- The same of all keys.
SELECT what, key, version, part, other, detail, extra, sum(count)::bigint, sum(value)
FROM (
    SELECT what, key, version, part, other, detail, extra, count, value FROM tally_month
    WHERE what = ANY (%(whats)s::text[]) AND month >= %(months)s AND month < %(rest)s
    UNION ALL
    SELECT what, key, version, part, other, detail, extra, count, value FROM tally
    WHERE what = ANY (%(whats)s::text[]) AND day >= %(since)s AND day < %(months)s
    UNION ALL
    SELECT what, key, version, part, other, detail, extra, count, value FROM tally
    WHERE what = ANY (%(whats)s::text[]) AND day >= %(rest)s AND day <= %(until)s) AS parts
GROUP BY 1, 2, 3, 4, 5, 6, 7

-- name: daily
-- The same day by day, over all versions.
SELECT what, key, 0, part, other, detail, extra, sum(count)::bigint, sum(value), day
FROM tally
WHERE what = ANY (%(whats)s::text[]) AND (%(key)s = '' OR key = %(key)s)
  AND day BETWEEN %(since)s AND %(until)s
GROUP BY what, key, part, other, detail, extra, day

-- name: totals
-- Sums by kind and key alone; of steps only those that failed.
SELECT what, key, sum(count)::bigint FROM (
    SELECT what, key, other, count FROM tally_month
    WHERE what = ANY (%(whats)s::text[]) AND month >= %(months)s AND month < %(rest)s
    UNION ALL
    SELECT what, key, other, count FROM tally WHERE what = ANY (%(whats)s::text[]) AND day >= %(since)s AND day < %(months)s
    UNION ALL
    SELECT what, key, other, count FROM tally WHERE what = ANY (%(whats)s::text[]) AND day >= %(rest)s AND day <= %(until)s) AS parts
WHERE what <> 'step' OR other = 'failed'
GROUP BY 1, 2

-- name: stock
-- Running sums up to a day: how many stood where.
SELECT part, other, sum(count)::bigint FROM (
    SELECT part, other, count FROM tally_month
    WHERE what = 'stock' AND key = %(model)s AND month < date_trunc('month', %(day)s::date)
    UNION ALL
    SELECT part, other, count FROM tally
    WHERE what = 'stock' AND key = %(model)s AND day >= date_trunc('month', %(day)s::date) AND day <= %(day)s) AS parts
GROUP BY 1, 2 HAVING sum(count) <> 0

-- name: stays
-- Bins of stays that ended within some days.
SELECT version, part, bin, sum(count)::bigint FROM stay
WHERE what = %(what)s AND key = %(key)s AND day BETWEEN %(since)s AND %(until)s
GROUP BY 1, 2, 3

-- name: standing
-- Who stands in a stage, in the order of the index, behind somebody.
SELECT bucket, person, entered_at FROM position
WHERE model = %(model)s AND stage = %(stage)s AND (%(status)s::text IS NULL OR coalesce(status, '') = %(status)s)
  AND (bucket, person) > (%(bucket)s, %(person)s)
ORDER BY bucket, person
LIMIT %(limit)s

-- name: moved
-- Who moved, newest first; looks at so many moves at most, however few of them are the right ones. To become one
-- person with another is no move, and of several such moves of one person the last counts.
SELECT f.id, f.person, f.at, f.name = %(model)s AND coalesce(f.body ->> 'from_stage', '') = %(source)s
    AND f.body ->> 'to_stage' = %(target)s AND f.body ->> 'cause' IS DISTINCT FROM 'merge'
    AND NOT EXISTS (
        SELECT FROM fact l
        WHERE l.bucket = f.bucket AND l.person = f.person AND l.at < %(until)s AND (l.at, l.id) > (f.at, f.id)
          AND l.kind = 'stage_moved' AND l.name = f.name AND l.body ->> 'cause' IS DISTINCT FROM 'merge'
          AND coalesce(l.body ->> 'from_stage', '') = %(source)s AND l.body ->> 'to_stage' = %(target)s)
FROM fact f
WHERE kind = 'stage_moved' AND at >= %(since)s AND (at, id) < (%(at)s, %(id)s)
ORDER BY at DESC, id DESC
LIMIT %(limit)s

-- name: survivors
-- Who people have become, by way of however many.
WITH RECURSIVE ways (began, bucket, person) AS (
    SELECT person, bucket, person FROM unnest(%(buckets)s::int2[], %(people)s::uuid[]) AS these (bucket, person)
  UNION
    SELECT ways.began, get_byte(uuid_send(p.forward), 0)::int2, p.forward FROM ways
    JOIN person p ON p.bucket = ways.bucket AND p.key = ways.person AND p.forward IS NOT NULL)
SELECT w.began, w.person FROM ways w
WHERE w.began <> w.person
  AND NOT EXISTS (SELECT FROM person p WHERE p.bucket = w.bucket AND p.key = w.person AND p.forward IS NOT NULL)

-- name: in_portions
-- For a question over a few buckets: through their indices, and not longer than somebody waits.
SELECT set_config('enable_seqscan', 'off', true), set_config('max_parallel_workers_per_gather', '0', true),
       set_config('jit', 'off', true),
       set_config('statement_timeout', %(patience)s, true)

-- name: narrowed_stock
-- Where people of a few buckets stand, all of them or those in any of some segments.
SELECT p.stage, count(*) FROM position p
WHERE p.model = %(model)s AND p.bucket BETWEEN %(first)s AND %(last)s
  AND (cardinality(%(segments)s::text[]) = 0 OR EXISTS (
    SELECT m.person FROM membership m
    WHERE m.bucket = p.bucket AND m.person = p.person AND m.segment = ANY (%(segments)s::text[])))
GROUP BY 1

-- name: narrowed_stock_from
-- The same of people whose first visit came over a channel, be it theirs or one of those who became one with them.
WITH RECURSIVE keys (person, stage, b, k) AS (
    SELECT p.person, p.stage, p.bucket, p.person FROM position p
    WHERE p.model = %(model)s AND p.bucket BETWEEN %(first)s AND %(last)s
      AND (cardinality(%(segments)s::text[]) = 0 OR EXISTS (
        SELECT m.person FROM membership m
        WHERE m.bucket = p.bucket AND m.person = p.person AND m.segment = ANY (%(segments)s::text[])))
  UNION
    SELECT keys.person, keys.stage, get_byte(uuid_send(m.other), 0)::int2, m.other FROM keys
    CROSS JOIN LATERAL (  -- by person: of all merges there ever were these are few
        SELECT f.name::uuid AS other FROM fact f
        WHERE f.bucket = keys.b AND f.person = keys.k AND f.kind = 'merged' AND f.body ? 'other' OFFSET 0) m
), arrived AS MATERIALIZED (
    SELECT DISTINCT ON (keys.person) keys.person, keys.stage, v.body ->> 'channel' AS channel
    FROM keys JOIN fact v ON v.bucket = keys.b AND v.person = keys.k AND v.kind = 'visit_started'
    ORDER BY keys.person, v.at, v.id
)
SELECT stage, count(*) FROM arrived WHERE channel = %(source)s GROUP BY 1

-- name: narrowed_flow
-- And how they moved, also while they were still known under other keys.
WITH RECURSIVE keys (person, b, k) AS (
    SELECT p.person, p.bucket, p.person FROM position p
    WHERE p.model = %(model)s AND p.bucket BETWEEN %(first)s AND %(last)s
      AND (cardinality(%(segments)s::text[]) = 0 OR EXISTS (
        SELECT m.person FROM membership m
        WHERE m.bucket = p.bucket AND m.person = p.person AND m.segment = ANY (%(segments)s::text[])))
  UNION
    SELECT keys.person, get_byte(uuid_send(m.other), 0)::int2, m.other FROM keys
    CROSS JOIN LATERAL (
        SELECT f.name::uuid AS other FROM fact f
        WHERE f.bucket = keys.b AND f.person = keys.k AND f.kind = 'merged' AND f.body ? 'other' OFFSET 0) m
), told AS (
    SELECT keys.person, f.id, f.kind, f.at, f.body FROM keys
    JOIN fact f ON f.bucket = keys.b AND f.person = keys.k
      AND (f.kind = 'visit_started' OR f.kind = 'stage_moved' AND f.name = %(model)s
        AND f.at >= %(since)s AND f.at < %(until)s)
), arrived AS MATERIALIZED (
    SELECT DISTINCT ON (person) person, body ->> 'channel' AS channel FROM told
    WHERE kind = 'visit_started' AND %(source)s <> '' ORDER BY person, at, id
)
SELECT coalesce(t.body ->> 'from_stage', ''), t.body ->> 'to_stage', coalesce(t.body ->> 'direction', ''),
    coalesce(t.body ->> 'cause', ''), count(*)
FROM told t LEFT JOIN arrived a ON a.person = t.person
WHERE t.kind = 'stage_moved' AND (%(source)s = '' OR a.channel = %(source)s)
GROUP BY 1, 2, 3, 4

-- name: waiting
-- Runs that wait, by version and node, among some buckets. Counted from the index alone.
SELECT version, node, count(*) FROM run
WHERE journey = %(journey)s AND bucket < %(buckets)s
GROUP BY 1, 2

-- name: waiting_many
-- Whether so many wait that they are counted from a part.
SELECT count(*) FROM (SELECT 1 FROM run WHERE journey = %(journey)s LIMIT %(limit)s) AS these

-- name: waiting_at
-- Who waits at a node, behind somebody.
SELECT bucket, person, id, version, about, since, due_at FROM run
WHERE journey = %(journey)s AND node = %(node)s AND (%(version)s = 0 OR version = %(version)s)
  AND (bucket, person, id) > (%(bucket)s, %(person)s, %(id)s)
ORDER BY bucket, person, id
LIMIT %(limit)s

-- name: unknown_messages
-- Messages of which nobody knows whether they arrived; from their own index.
SELECT count(*) FROM (SELECT 1 FROM message WHERE state = 'unknown' LIMIT 10000) AS these

-- name: holds
SELECT key, reason, detail, changed_at FROM delivery_hold WHERE held_until > slinga_now() ORDER BY key

-- name: quarantine
-- What came in and was refused, open and lately.
SELECT count(*), count(*) FILTER (WHERE received_at > slinga_now() - interval '1 day') FROM (
    SELECT received_at FROM quarantine WHERE replayed_at IS NULL ORDER BY received_at DESC LIMIT 10000) AS these

-- name: stuck_imports
-- Imports under way that have not moved for a while.
SELECT id, state, changed_at FROM import
WHERE state IN ('running', 'undoing') AND changed_at < slinga_now() - interval '15 minutes' ORDER BY id

-- name: touchpoints
SELECT name, model, stage, channel, from_day, until_day, volume, cost, note, id FROM touchpoint
WHERE model = %(model)s AND from_day <= %(until)s AND until_day >= %(since)s ORDER BY id

-- name: add_touchpoint
-- Dated by the clock that pages see.
INSERT INTO touchpoint (name, model, stage, channel, from_day, until_day, volume, cost, note, created_at, created_by)
VALUES (%(name)s, %(model)s, %(stage)s, %(channel)s, %(from_day)s, %(until_day)s, %(volume)s, %(cost)s, %(note)s,
    slinga_now(), %(by)s)
RETURNING id

-- name: edit_touchpoint
UPDATE touchpoint SET name = %(name)s, model = %(model)s, stage = %(stage)s, channel = %(channel)s,
    from_day = %(from_day)s, until_day = %(until_day)s, volume = %(volume)s, cost = %(cost)s, note = %(note)s
WHERE id = %(id)s

-- name: remove_touchpoint
DELETE FROM touchpoint WHERE id = %(id)s

-- name: ways
-- The most frequent ways to a first order made within some days; months as in sums_of.
SELECT part, sum(count)::int8
FROM (
    SELECT part, count FROM tally_month
    WHERE what = 'way' AND key = %(model)s AND month >= %(months)s AND month < %(rest)s
    UNION ALL
    SELECT part, count FROM tally WHERE what = 'way' AND key = %(model)s AND day >= %(since)s AND day < %(months)s
    UNION ALL
    SELECT part, count FROM tally WHERE what = 'way' AND key = %(model)s AND day >= %(rest)s AND day <= %(until)s
) AS parts
GROUP BY 1 HAVING sum(count) > 0 ORDER BY 2 DESC, 1 LIMIT %(limit)s

-- name: came_of_journeys
-- What came of each journey since it was first counted, and the last day on which anything did.
SELECT key, what, sum(count)::int8,
    (SELECT max(t.day) FROM tally t WHERE t.what = m.what AND t.key = m.key AND t.day >= max(m.month))
FROM tally_month m WHERE what = ANY (%(whats)s) AND key <> '' GROUP BY 1, 2
