-- name: listed
-- Broadcasts with what came of each so far, from the monthly sums; those under way first, then the newest.
SELECT b.key, b.document, b.state, b.starts_at, b.started_at, b.audience, b.created_by, b.changed_at,
    coalesce(t.accepted, 0), coalesce(t.clicked, 0)
FROM broadcast b
LEFT JOIN LATERAL (
    SELECT sum(count) FILTER (WHERE what = 'send_accepted')::bigint AS accepted,
        sum(count) FILTER (WHERE what = 'react_clicked')::bigint AS clicked
    FROM tally_month
    WHERE key = 'broadcast.' || b.key
      AND (what = 'send_accepted' OR (what = 'react_clicked' AND extra = 'human'))) t ON true
ORDER BY array_position(ARRAY['running', 'testing', 'paused', 'addressed', 'scheduled', 'draft'], b.state),
    coalesce(b.started_at, b.starts_at, b.changed_at) DESC, b.key
LIMIT %(limit)s

-- name: one
SELECT document, state, created_by, changed_at FROM broadcast WHERE key = %(key)s

-- name: taken
SELECT key FROM broadcast WHERE key LIKE %(like)s

-- name: names
-- What broadcasts are called; those that are done have no definition in force any more.
SELECT key, coalesce(document ->> 'name', key) FROM broadcast ORDER BY changed_at DESC LIMIT 2000
