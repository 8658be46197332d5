-- name: names
-- What to call the people of one page.
SELECT p.person, p.traits ->> 'email', p.traits ->> 'first_name', p.traits ->> 'last_name', p.identified
FROM unnest(%(buckets)s::int2[], %(people)s::uuid[]) AS t (bucket, person)
JOIN profile p ON p.bucket = t.bucket AND p.person = t.person
