-- name: states
-- Messages of one batch go to people of many lanes.
SELECT p.key, p.state
FROM unnest(%(buckets)s::smallint[], %(keys)s::uuid[]) AS t (bucket, key)
JOIN person p ON p.bucket = t.bucket AND p.key = t.key

-- name: pending
-- One probe of the index per person: nearly always there is nothing.
SELECT i.person, i.seq, i.kind, i.name, i.trust, i.source, i.message_id, i.accepted_at, i.occurred_at, i.body
FROM unnest(%(buckets)s::smallint[], %(people)s::uuid[], %(seqs)s::bigint[]) AS t (bucket, person, seq)
CROSS JOIN LATERAL (
    SELECT * FROM input
    WHERE bucket = t.bucket AND person = t.person AND seq > t.seq
    ORDER BY seq
    LIMIT %(limit)s
) i
ORDER BY i.bucket, i.seq
