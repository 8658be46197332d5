-- name: today
-- The present, in the workspace's zone.
SELECT (slinga_now() AT TIME ZONE %(zone)s)::date

-- name: history
-- How many stood where, day by day: changes, to be summed. From the daily sums, by their key.
SELECT day, part, sum(count)::bigint FROM tally
WHERE what = 'stock' AND key = %(model)s
GROUP BY 1, 2 ORDER BY 1

-- name: links
-- Moves from stage to stage within some days; from the daily sums, by their key.
SELECT part, other, sum(count)::bigint FROM tally
WHERE what = 'move' AND key = %(model)s AND day BETWEEN %(since)s AND %(until)s AND part <> other
GROUP BY 1, 2

-- name: sources
-- Channels over which visits came: one step of the index for each.
WITH RECURSIVE found AS (
    (SELECT key FROM tally WHERE what = 'visit' ORDER BY key LIMIT 1)
    UNION ALL
    SELECT (SELECT t.key FROM tally t WHERE t.what = 'visit' AND t.key > f.key ORDER BY t.key LIMIT 1)
    FROM found f WHERE f.key IS NOT NULL)
SELECT key FROM found WHERE key <> '' LIMIT 50

-- name: positions
-- How many stand where, counted one by one; for checks, not for pages.
SELECT stage, coalesce(status, ''), count(*) FROM position
WHERE model = %(model)s
GROUP BY stage, status

-- name: people_count
-- How many there are, and of how many we know who they are; for checks, not for pages.
SELECT count(*), count(*) FILTER (WHERE identified) FROM profile
