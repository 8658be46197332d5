-- name: listed
-- Broadcasts with what came of each so far, from the daily sums; those under way first, then the newest.
SELECT b.key, b.document, b.state, b.starts_at, b.started_at, b.audience, b.created_by, b.changed_at,
    coalesce(t.accepted, 0), coalesce(t.clicked, 0)
FROM broadcast b
LEFT JOIN LATERAL (
    SELECT sum(count) FILTER (WHERE what = 'send_accepted')::bigint AS accepted,
        sum(count) FILTER (WHERE what = 'react_clicked')::bigint AS clicked
    FROM tally
    WHERE key = 'broadcast.' || b.key
      AND (what = 'send_accepted' OR (what = 'react_clicked' AND extra = 'human'))) t ON true
ORDER BY array_position(ARRAY['running', 'testing', 'paused', 'addressed', 'scheduled', 'draft'], b.state),
    coalesce(b.started_at, b.starts_at, b.changed_at) DESC, b.key
LIMIT %(limit)s

-- name: one
SELECT document, state, created_by, changed_at FROM broadcast WHERE key = %(key)s

-- name: taken
SELECT key FROM broadcast WHERE key LIKE %(like)s

-- name: kept_back
-- Of some people: what would keep a message on a channel, of a topic, from each now; the first that does.
SELECT CASE
        WHEN p.person IS NULL OR (%(trait)s <> '' AND NOT p.traits ? %(trait)s) THEN 'no_address'
        WHEN EXISTS (
            SELECT FROM consent_state s
            WHERE s.bucket = who.bucket AND s.person = who.person AND s.channel = %(channel)s
              AND s.topic IN ('', %(topic)s) AND s.state IN ('withdrawn', 'denied')) THEN 'withdrawn'
        WHEN NOT %(channel)s = ANY (p.reachable) THEN 'no_consent'
        WHEN EXISTS (
            SELECT FROM message m
            WHERE m.bucket = who.bucket AND m.person = who.person AND m.class = 'marketing'
              AND m.planned_at > slinga_now() - interval '1 day') THEN 'written_lately'
        ELSE '' END AS why, count(*)
FROM unnest(%(buckets)s::smallint[], %(people)s::uuid[]) AS who (bucket, person)
LEFT JOIN profile p ON p.bucket = who.bucket AND p.person = who.person
GROUP BY 1 ORDER BY 2 DESC

-- name: receivers
-- Of some people: how many have an address at each domain.
SELECT lower(split_part(p.traits ->> 'email', '@', 2)), count(*)
FROM unnest(%(buckets)s::smallint[], %(people)s::uuid[]) AS who (bucket, person)
JOIN profile p ON p.bucket = who.bucket AND p.person = who.person
WHERE p.traits ->> 'email' LIKE '%%@%%'
GROUP BY 1

-- name: names
-- What broadcasts are called; those that are done have no definition in force any more.
SELECT key, coalesce(document ->> 'name', key) FROM broadcast ORDER BY changed_at DESC LIMIT 2000
