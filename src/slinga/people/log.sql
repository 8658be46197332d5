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

-- name: add
-- Append-only: the chain would show a change.
INSERT INTO consent (bucket, person, n, channel, topic, action, basis, source, actor, message, address_hash,
    evidence, occurred_at, recorded_at, expires_at, prev_hash, hash)
VALUES (%(bucket)s, %(person)s, %(n)s, %(channel)s, %(topic)s, %(action)s, %(basis)s, %(source)s, %(actor)s,
    %(message)s, %(address_hash)s, %(evidence)s, %(occurred_at)s, %(recorded_at)s, %(expires_at)s,
    %(prev_hash)s, %(hash)s)

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
