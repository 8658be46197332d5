-- name: bounced_at
-- By domain, of the newest: addresses that refused a journey's messages at once, read from the index by version and
-- node, and those whose receiver took a message and sent it back later.
SELECT lower(split_part(address, '@', 2)) AS domain, count(*) FILTER (WHERE at_once), count(*) FILTER (WHERE NOT at_once)
FROM (
    (SELECT m.address, true AS at_once FROM message m
     WHERE m.journey = %(journey)s AND m.version = ANY (%(versions)s::integer[]) AND m.node = ANY (%(nodes)s::text[])
       AND m.state = 'rejected'
     LIMIT 10000)
    UNION ALL
    (SELECT m.address, false
     FROM (SELECT bucket, message FROM message_return
           WHERE journey = %(journey)s AND sort = 'bounce' ORDER BY at DESC LIMIT 10000) r
     JOIN message m ON m.bucket = r.bucket AND m.id = r.message
     WHERE m.state <> 'rejected')) AS bounced
WHERE address LIKE '%%@%%'
GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 20

-- name: has_broadcast
SELECT EXISTS (SELECT FROM broadcast WHERE key = %(key)s)
