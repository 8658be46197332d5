-- name: met
-- What each person met with before an order, so much at most of each key and of either sort: the latest. Also under
-- the keys that had become them before an instant: visits are mostly theirs. Found by the person, never through the
-- index of kinds. What was taken in after the order is left out, so that it is the same whenever it is asked.
WITH RECURSIVE keys (n, at, seen, merged, bucket, person) AS (
    SELECT * FROM unnest(%(ns)s::int8[], %(at)s::timestamptz[], %(seen)s::timestamptz[], %(merged)s::timestamptz[],
                         %(buckets)s::int2[], %(people)s::uuid[])
  UNION
    SELECT k.n, k.at, k.seen, k.merged, get_byte(uuid_send(m.other), 0)::int2, m.other FROM keys k
    CROSS JOIN LATERAL (
        SELECT (f.body ->> 'other')::uuid AS other FROM fact f
        WHERE f.bucket = k.bucket AND f.person = k.person AND f.at < k.merged AND f.kind || '' = 'merged'
          AND f.body ? 'other'
        OFFSET 0) m
)
SELECT k.n, met.* FROM keys k
CROSS JOIN LATERAL (
    (SELECT f.at, f.kind, coalesce(f.body ->> 'channel', ''), coalesce(f.body ->> 'to_stage', ''),
        CASE f.kind WHEN 'stage_moved' THEN f.name ELSE '' END
     FROM fact f
     WHERE f.bucket = k.bucket AND f.person = k.person AND f.at < k.at
       AND (f.kind || '' IN ('visit_started', 'send_planned') OR f.kind || '' = 'stage_moved'
            AND f.name = ANY (%(models)s::text[]) AND f.body ->> 'cause' IS DISTINCT FROM 'merge')
     ORDER BY f.at DESC, f.id DESC LIMIT %(limit)s)
    UNION ALL
    (SELECT i.occurred_at, 'clicked', coalesce(i.body #>> '{properties,channel}', ''), '', '' FROM input i
     WHERE i.bucket = k.bucket AND i.person = k.person AND i.name = 'Message Clicked' AND i.kind = 'event'
       AND i.body #>> '{properties,machine}' IS DISTINCT FROM 'true' AND i.occurred_at <= k.at
       AND i.accepted_at <= k.seen
     ORDER BY i.occurred_at DESC, i.seq DESC LIMIT %(limit)s)
) met

-- name: first_orders
-- The first orders of people who became one with another not long after: of an order that the other reported before,
-- or whose history brought it, the way is counted there.
SELECT t.n, o.seq, o.occurred_at, o.accepted_at
FROM unnest(%(ns)s::int8[], %(buckets)s::int2[], %(people)s::uuid[], %(others)s::uuid[], %(at)s::timestamptz[])
     AS t (n, bucket, person, other, at)
CROSS JOIN LATERAL (
    SELECT i.* FROM input i
    WHERE i.bucket = t.bucket AND i.person = t.person AND i.name = 'Order Completed' AND i.kind IN ('event', 'history')
    ORDER BY i.seq LIMIT 1) o
WHERE NOT (o.kind = 'history' AND o.body ? 'handed')
  AND o.accepted_at < t.at AND o.accepted_at > t.at - interval '30 days'
  AND NOT EXISTS (
    SELECT FROM input e
    WHERE e.bucket = get_byte(uuid_send(t.other), 0) AND e.person = t.other AND e.name = 'Order Completed'
      AND e.accepted_at <= o.accepted_at
      AND e.body #> '{properties,order_id}' = o.body #> '{properties,order_id}')

-- name: inside
-- The segments that each person was in when the order was taken in.
SELECT t.n, s.name
FROM unnest(%(ns)s::int8[], %(seen)s::timestamptz[], %(buckets)s::int2[], %(people)s::uuid[], %(seqs)s::int8[])
     AS t (n, seen, bucket, person, seq)
CROSS JOIN LATERAL (
    SELECT DISTINCT ON (f.name) f.name, f.kind FROM fact f
    WHERE f.bucket = t.bucket AND f.person = t.person AND f.kind || '' IN ('segment_entered', 'segment_left')
      AND (f.at, f.seq) < (t.seen, t.seq)
    ORDER BY f.name, f.at DESC, f.id DESC) s
WHERE s.kind = 'segment_entered'
