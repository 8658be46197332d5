-- name: refused_at
-- Addresses that refused a journey's messages, by domain, of the newest; read from the index by version and node.
SELECT lower(split_part(address, '@', 2)), count(*) FROM (
    SELECT m.address FROM message m
    WHERE m.journey = %(journey)s AND m.version = ANY (%(versions)s::integer[]) AND m.node = ANY (%(nodes)s::text[])
      AND m.state = 'rejected'
    LIMIT 10000) AS refused
GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20

-- name: has_broadcast
SELECT EXISTS (SELECT FROM broadcast WHERE key = %(key)s)
