-- name: add
-- Ranks of what was counted now join those of before, whoever comes first; what was said later stands.
INSERT INTO product AS p (gen, id, rank, said, said_at)
SELECT %(gen)s, * FROM unnest(%(ids)s::text[], %(ranks)s::float8[], %(said)s::jsonb[], %(at)s::timestamptz[]) ORDER BY 2
ON CONFLICT (gen, id) DO UPDATE
SET rank = greatest(p.rank, excluded.rank) + ln(1 + 2.0::float8 ^ -abs(p.rank - excluded.rank)) / ln(2.0::float8),
    said = CASE WHEN excluded.said_at >= p.said_at THEN excluded.said ELSE p.said END,
    said_at = greatest(p.said_at, excluded.said_at)

-- name: ranked
-- What is bought most of late.
SELECT id, said FROM product WHERE gen = (SELECT gen FROM tally_form) ORDER BY rank DESC, id LIMIT %(most)s

-- name: owned
-- Orders of some people, the newest of each.
SELECT t.person, o.products
FROM unnest(%(buckets)s::int2[], %(people)s::uuid[]) AS t (bucket, person)
CROSS JOIN LATERAL (
    SELECT i.body #> '{properties,products}' AS products FROM input i
    WHERE i.bucket = t.bucket AND i.person = t.person AND i.name = 'Order Completed' AND i.kind IN ('event', 'history')
    ORDER BY i.seq DESC LIMIT %(orders)s) o
