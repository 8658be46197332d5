-- name: size
-- How many are in it, from the index on segment and bucket.
SELECT count(*) FROM membership WHERE segment = %(segment)s

-- name: sizes
-- How many are in each, from the monthly sums: some seconds behind, and the same cost however many there are.
SELECT key, sum(count)::bigint FROM tally_month WHERE what = 'size' GROUP BY key

-- name: daily
-- By day: how the size changed, how many came and how many left.
SELECT day, coalesce(sum(count) FILTER (WHERE what = 'size'), 0)::bigint,
    coalesce(sum(count) FILTER (WHERE what = 'segment_entered'), 0)::bigint,
    coalesce(sum(count) FILTER (WHERE what = 'segment_left'), 0)::bigint
FROM tally WHERE what IN ('size', 'segment_entered', 'segment_left') AND key = %(segment)s
GROUP BY day ORDER BY day

-- name: people
-- A page of who is in it, by the index on segment and bucket.
SELECT m.bucket, m.person, m.entered_at, coalesce(p.traits, '{}')
FROM membership m
LEFT JOIN profile p ON p.bucket = m.bucket AND p.person = m.person
WHERE m.segment = %(segment)s AND (m.bucket, m.person) > (%(bucket)s, %(after)s::uuid)
ORDER BY m.bucket, m.person LIMIT %(limit)s

-- name: reach
-- Of some people: who can be reached by each channel, and what stands against the others.
SELECT c.channel,
    count(*),
    count(*) FILTER (WHERE c.channel = ANY (p.reachable)),
    count(*) FILTER (WHERE NOT c.channel = ANY (p.reachable) AND refused.state IS NOT NULL),
    count(*) FILTER (WHERE NOT c.channel = ANY (p.reachable) AND refused.state IS NULL AND NOT coalesce(p.traits ? c.trait, false))
FROM unnest(%(buckets)s::smallint[], %(people)s::uuid[]) AS who (bucket, person)
CROSS JOIN (VALUES ('email', 'email'), ('sms', 'phone'), ('push', '')) AS c (channel, trait)
LEFT JOIN profile p ON p.bucket = who.bucket AND p.person = who.person
LEFT JOIN LATERAL (
    SELECT state FROM consent_state s
    WHERE s.bucket = who.bucket AND s.person = who.person AND s.channel = c.channel AND s.topic = ''
        AND s.state IN ('withdrawn', 'denied')
    LIMIT 1
) refused ON true
GROUP BY c.channel

-- name: topics
-- Of some people: who permits each topic on each channel.
SELECT s.channel, s.topic, count(*)
FROM unnest(%(buckets)s::smallint[], %(people)s::uuid[]) AS who (bucket, person)
JOIN consent_state s ON s.bucket = who.bucket AND s.person = who.person AND s.state = 'granted' AND s.topic <> ''
GROUP BY s.channel, s.topic ORDER BY 3 DESC LIMIT 12

-- name: names
-- What some people are called.
SELECT p.person, coalesce(p.traits ->> 'email', p.traits ->> 'name', p.traits ->> 'first_name', '')
FROM unnest(%(buckets)s::smallint[], %(people)s::uuid[]) AS who (bucket, person)
JOIN profile p ON p.bucket = who.bucket AND p.person = who.person
