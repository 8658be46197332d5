-- name: broadcasts
-- Those that start, are judged or end their warming up within some days.
SELECT key, document, state, starts_at, started_at, decide_at, ends_at FROM broadcast
WHERE (state = 'scheduled' AND starts_at < %(until)s)
   OR (state IN ('running', 'testing', 'paused', 'addressed') AND started_at < %(until)s)
ORDER BY starts_at, key LIMIT 200

-- name: planned
-- Messages that wait for their hour, by day; of the first 20,000 of them.
SELECT (due_at AT TIME ZONE %(zone)s)::date, journey, count(*)
FROM (SELECT due_at, journey FROM message WHERE state IN ('planned', 'deferred') LIMIT 20000) AS waiting
GROUP BY 1, 2 ORDER BY 1, 3 DESC

-- name: parts
-- How many of the 256 buckets are looked at, so that a question about everybody stays small.
SELECT CASE WHEN reltuples > 50000 THEN 8 ELSE 256 END FROM pg_class WHERE oid = 'profile'::regclass

-- name: trait_dates
-- How many people have a date on each day, from some buckets.
SELECT substr(traits ->> %(name)s, %(from)s, 10), count(*) FROM profile
WHERE bucket < %(buckets)s AND traits ->> %(name)s ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}'
GROUP BY 1

-- name: thing_dates
-- The same of dates on things.
SELECT substr(attributes ->> %(name)s, %(from)s, 10), count(*) FROM thing
WHERE type = %(type)s AND bucket < %(buckets)s AND attributes ->> %(name)s ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}'
GROUP BY 1

-- name: items
-- What was planned by hand on any of some days.
SELECT id, name, stage, channel, owner, note, from_day, until_day FROM plan_item
WHERE from_day <= %(last)s AND until_day >= %(first)s ORDER BY from_day, id LIMIT 500

-- name: item
SELECT id, name, stage, channel, owner, note, from_day, until_day FROM plan_item WHERE id = %(id)s

-- name: add_item
INSERT INTO plan_item (name, stage, channel, owner, note, from_day, until_day, created_at, created_by)
VALUES (%(name)s, %(stage)s, %(channel)s, %(owner)s, %(note)s, %(from_day)s, %(until_day)s, slinga_now(), %(by)s)

-- name: edit_item
UPDATE plan_item SET name = %(name)s, stage = %(stage)s, channel = %(channel)s, owner = %(owner)s, note = %(note)s,
    from_day = %(from_day)s, until_day = %(until_day)s
WHERE id = %(id)s

-- name: remove_item
DELETE FROM plan_item WHERE id = %(id)s
