-- name: now
-- Hits and permissions are dated by the clock decisions see.
SELECT slinga_now()

-- name: add_hit
-- Bounded per message: whoever reloads a pixel for ever stops adding rows. Nothing about whom was erased.
INSERT INTO hit (bucket, person, message, kind, place, target, channel, topic, method, agent, network, at, due_at)
SELECT %(bucket)s, %(person)s, %(message)s, %(kind)s, %(place)s, %(target)s, %(channel)s, %(topic)s, %(method)s,
    %(agent)s, %(network)s, now, now + make_interval(secs => %(settle_s)s)
FROM slinga_now() AS now
WHERE (SELECT count(*) FROM (
        SELECT 1 FROM hit WHERE bucket = %(bucket)s AND message = %(message)s LIMIT %(most)s) AS kept) < %(most)s
  AND NOT EXISTS (SELECT FROM erased WHERE bucket = %(bucket)s AND key = %(person)s)

-- name: add_sum
-- Sums with no person in them.
INSERT INTO hit_sum AS s (campaign, kind, place, machine, hour_at, hits)
VALUES (%(campaign)s, %(kind)s, %(place)s, %(machine)s, date_trunc('hour', slinga_now(), 'UTC'), 1)
ON CONFLICT (campaign, kind, place, machine, hour_at) DO UPDATE SET hits = s.hits + 1

-- name: due_buckets
-- Buckets with hits whose waiting time is over.
SELECT DISTINCT bucket FROM hit WHERE settled_at IS NULL AND due_at <= %(now)s ORDER BY bucket

-- name: claim
-- Two settling processes never judge the same hit twice.
SELECT id, message, person FROM hit
WHERE bucket = %(bucket)s AND settled_at IS NULL AND due_at <= %(now)s
ORDER BY due_at, id
LIMIT %(limit)s
FOR UPDATE SKIP LOCKED

-- name: hits_of
-- Everything known of these messages, because a hit is judged by its neighbours.
SELECT id, message, kind, at, place, method, agent, network, target, channel, topic
FROM hit
WHERE bucket = %(bucket)s AND message = ANY(%(messages)s)
ORDER BY at, id

-- name: settle
-- The verdict stays with the raw hit, so a report can be checked.
UPDATE hit SET settled_at = %(now)s, verdict = v.verdict, sort = v.sort, reasons = string_to_array(v.reasons, ',')
FROM unnest(%(ids)s::bigint[], %(verdicts)s::text[], %(sorts)s::text[], %(reasons)s::text[])
    AS v (id, verdict, sort, reasons)
WHERE hit.bucket = %(bucket)s AND hit.id = v.id

-- name: forward
-- Who a key lives on as.
SELECT forward FROM person WHERE bucket = %(bucket)s AND key = %(key)s

-- name: state
-- The person's whole value, for the permissions that came by other roads than our pages.
SELECT state, format FROM person WHERE bucket = %(bucket)s AND key = %(key)s

-- name: sent
-- What a reaction is a reaction to.
SELECT send_key, channel, topic, journey, run, node, template, class, address, accepted_at
FROM message
WHERE bucket = %(bucket)s AND id = %(id)s

-- name: next_due
-- When the next hit may be judged, for moving virtual time.
SELECT min(due_at) FROM hit WHERE settled_at IS NULL

-- name: forget_hits
-- Raw hits name a person, a program and a network; what was judged of them lives on as events. Runs once a day
-- and reads the whole table, which an index on every write would not be worth.
DELETE FROM hit WHERE settled_at < %(before)s
