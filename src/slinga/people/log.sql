-- name: hold
-- One writer per person's chain at a time, until the transaction ends.
SELECT pg_advisory_xact_lock(hashtext(%(name)s))

-- name: now
-- All entries of one call are recorded at one instant.
SELECT slinga_now()

-- name: tail
-- The last link of the chain.
SELECT n, hash FROM consent
WHERE bucket = %(bucket)s AND person = %(person)s
ORDER BY n DESC
LIMIT 1

-- name: tails
-- The last links of many chains at once.
SELECT t.person, c.n, c.hash
FROM unnest(%(buckets)s::smallint[], %(persons)s::uuid[]) AS t (bucket, person)
CROSS JOIN LATERAL (
    SELECT n, hash FROM consent c WHERE c.bucket = t.bucket AND c.person = t.person ORDER BY n DESC LIMIT 1
) c
ORDER BY t.person

-- name: add
-- Append-only: the chain would show a change.
INSERT INTO consent (bucket, person, n, channel, topic, action, basis, source, actor, message, address_hash,
    evidence, occurred_at, recorded_at, expires_at, prev_hash, hash)
VALUES (%(bucket)s, %(person)s, %(n)s, %(channel)s, %(topic)s, %(action)s, %(basis)s, %(source)s, %(actor)s,
    %(message)s, %(address_hash)s, %(evidence)s, %(occurred_at)s, %(recorded_at)s, %(expires_at)s,
    %(prev_hash)s, %(hash)s)

-- name: remove
-- Only to write it again without what an import had entered.
DELETE FROM consent WHERE bucket = %(bucket)s AND person = %(person)s

-- name: rows
-- The whole chain of one key: what the current state is folded from, and what proves it.
SELECT person, n, channel, topic, action, basis, source, actor, message, address_hash, evidence, occurred_at,
    recorded_at, expires_at, prev_hash, hash
FROM consent
WHERE bucket = %(bucket)s AND person = %(person)s
ORDER BY n

-- name: stops
-- What was forbidden at an address, by whomever it was read.
SELECT person, n, channel, topic, action, basis, source, actor, message, address_hash, evidence, occurred_at,
    recorded_at, expires_at, prev_hash, hash
FROM consent
WHERE address_hash = ANY(%(hashes)s) AND address_hash <> '' AND action IN ('withdrawn', 'denied')
ORDER BY recorded_at, person, n
