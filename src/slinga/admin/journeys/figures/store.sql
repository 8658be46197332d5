-- name: names
-- What to call the people of one page.
SELECT p.person, p.traits ->> 'email', p.traits ->> 'first_name', p.traits ->> 'last_name', p.identified
FROM unnest(%(buckets)s::int2[], %(people)s::uuid[]) AS t (bucket, person)
JOIN profile p ON p.bucket = t.bucket AND p.person = t.person

-- name: moved
-- Who moved on from a step lately and how: among the newest steps of all journeys, by the index on kind and instant.
SELECT person, at, outcome, coalesce(body ->> 'to', ''), '' FROM (
    SELECT person, name, at, body, coalesce(body ->> 'outcome', '') AS outcome FROM fact
    WHERE kind = 'step' AND at < %(before)s ORDER BY at DESC LIMIT 20000
) latest
WHERE name = %(journey)s AND body ->> 'node' = %(node)s
  AND CASE %(what)s WHEN 'skipped' THEN outcome = %(skipped)s WHEN 'failed' THEN outcome = %(failed)s
      ELSE outcome NOT IN (%(skipped)s, %(failed)s, 'deferred') END
ORDER BY at DESC LIMIT %(limit)s

-- name: broken
-- Whose message of a step failed on its way, newest first, by the index on journey, version, node and state.
SELECT person, changed_at, state, '', reason FROM message
WHERE journey = %(journey)s AND version = ANY (%(versions)s) AND node = %(node)s
  AND state IN ('rejected', 'render_failed') AND changed_at < %(before)s
ORDER BY changed_at DESC LIMIT %(limit)s
