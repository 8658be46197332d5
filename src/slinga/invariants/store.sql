-- Each check answers rows of one text: what breaks the invariant, at most %(most)s of them.

-- name: now
SELECT slinga_now()

-- name: messages
SELECT count(*) FROM message

-- name: one_end
-- A lease and a state that has one go together; an end leaves no attempt open.
SELECT 'message ' || id || ' is ' || state FROM message
WHERE (state IN ('leased', 'dialling')) <> (leased_until IS NOT NULL)
   OR (state = 'accepted' AND accepted_at IS NULL)
UNION ALL
SELECT 'message ' || m.id || ' is ' || m.state || ' with attempt ' || a.no || ' under way'
FROM attempt a JOIN message m ON m.bucket = a.bucket AND m.id = a.message
WHERE a.ended_at IS NULL AND m.state IN ('accepted', 'rejected', 'deferred')
LIMIT %(most)s

-- name: accepted_twice
-- A transactional letter of which nobody knew whether it had left may leave once more, and says so.
SELECT 'message ' || m.id || ' was accepted ' || count(*) || ' times'
FROM attempt a JOIN message m ON m.bucket = a.bucket AND m.id = a.message
WHERE a.outcome = 'accepted'
GROUP BY m.bucket, m.id, m.class, m.resends
HAVING count(*) > 1 + CASE WHEN m.class = 'transactional' THEN m.resends ELSE 0 END
UNION ALL
SELECT 'send key ' || send_key || ' has ' || count(*) || ' messages'
FROM message GROUP BY bucket, send_key HAVING count(*) > 1
LIMIT %(most)s

-- name: left
-- Marketing that was accepted, with the instant at which its last attempt passed the gate.
SELECT m.id, m.person, m.channel, m.topic, m.address, a.started_at
FROM message m
JOIN LATERAL (
    SELECT started_at FROM attempt a
    WHERE a.bucket = m.bucket AND a.message = m.id AND a.outcome IN ('accepted', 'unknown')
    ORDER BY no DESC LIMIT 1
) a ON true
WHERE m.bucket = ANY (%(buckets)s::smallint[]) AND m.class = 'marketing' AND m.state IN ('accepted', 'unknown')

-- name: forbidden_at
-- Suppressed addresses: since when, and for what.
SELECT key, scope, at FROM suppression

-- name: withheld
-- People who forbade something, at any time.
SELECT DISTINCT person FROM consent
WHERE bucket = ANY (%(buckets)s::smallint[]) AND action IN ('withdrawn', 'denied')

-- name: without_message
-- A decision to send and its message commit together.
SELECT 'send ' || (f.body ->> 'send_key') || ' of ' || f.person || ' has no message'
FROM fact f
WHERE f.bucket = ANY (%(buckets)s::smallint[]) AND f.kind = 'send_planned'
  AND NOT EXISTS (
    SELECT FROM message m WHERE m.bucket = f.bucket AND m.send_key = f.body ->> 'send_key')
LIMIT %(most)s

-- name: without_receipt
-- The person is told of each end, in the transaction that makes it.
SELECT 'message ' || m.id || ' is ' || m.state || ' and its person was not told'
FROM message m
WHERE m.bucket = ANY (%(buckets)s::smallint[])
  AND m.state IN ('accepted', 'rejected', 'unknown', 'cancelled', 'expired', 'render_failed')
  AND NOT EXISTS (
    SELECT FROM input i
    WHERE i.bucket = m.bucket AND i.person = m.person AND i.kind IN ('receipt', 'answer')
      AND coalesce(i.body ->> 'send_key', i.body ->> 'ask') = m.send_key)
LIMIT %(most)s

-- name: overdue
-- Unless inputs wait before it: then the lane is behind, and says so elsewhere.
SELECT 'person ' || p.key || ' should have been woken at ' || p.wake_at
FROM person p JOIN lane l ON l.bucket = p.bucket
WHERE p.wake_at < slinga_now() - interval '60 seconds' AND p.forward IS NULL
  AND NOT EXISTS (SELECT FROM input i WHERE i.bucket = p.bucket AND i.seq > l.cursor)
  AND NOT EXISTS (SELECT FROM parked k WHERE k.bucket = p.bucket AND k.person = p.key)
LIMIT %(most)s

-- name: waking
SELECT count(*) FROM person WHERE wake_at IS NOT NULL

-- name: stored_twice
-- Within the week for which a call that comes again is known.
SELECT 'input ' || source || ' ' || message_id || ' stands in the log ' || count(*) || ' times'
FROM input
WHERE bucket = ANY (%(buckets)s::smallint[]) AND message_id <> '' AND accepted_at > slinga_now() - interval '7 days'
  AND kind IN ('event', 'identify', 'group')
GROUP BY bucket, person, source, message_id, kind, name
HAVING count(*) > 1
LIMIT %(most)s

-- name: skipped
-- A lane's cursor stands behind every input that was applied, and before none that was not.
SELECT 'person ' || i.person || ' never got input ' || i.seq
FROM lane l
JOIN input i ON i.bucket = l.bucket AND i.seq <= l.cursor
LEFT JOIN person p ON p.bucket = i.bucket AND p.key = i.person
WHERE l.bucket = ANY (%(buckets)s::smallint[]) AND coalesce(p.seq, 0) < i.seq
  AND NOT EXISTS (SELECT FROM parked k WHERE k.bucket = i.bucket AND k.person = i.person)
LIMIT %(most)s

-- name: inputs
SELECT count(*) FROM input WHERE bucket = ANY (%(buckets)s::smallint[])

-- name: resting
-- People at rest: nothing of theirs waits to be applied, so their rows can be compared.
SELECT p.key, p.state, p.program
FROM person p JOIN lane l ON l.bucket = p.bucket
WHERE p.bucket = ANY (%(buckets)s::smallint[]) AND p.forward IS NULL
  AND (p.wake_at IS NULL OR p.wake_at > slinga_now())
  AND NOT EXISTS (SELECT FROM input i WHERE i.bucket = p.bucket AND i.person = p.key AND i.seq > p.seq)
ORDER BY p.bucket, p.key

-- name: forwarders
-- Who was merged into whom.
SELECT key, forward FROM person WHERE forward IS NOT NULL

-- name: consents
-- The chains of some people, to be folded and verified.
SELECT person, n, channel, topic, action, basis, source, actor, message, address_hash, evidence, occurred_at,
    recorded_at, expires_at, prev_hash, hash
FROM consent
WHERE person = ANY (%(people)s::uuid[]) AND bucket = ANY (%(buckets)s::smallint[])
ORDER BY person, n

-- name: chained
SELECT DISTINCT person FROM consent WHERE bucket = ANY (%(buckets)s::smallint[])

-- name: profiles
SELECT person, zone, traits, tags, identified, reachable FROM profile
WHERE bucket = ANY (%(buckets)s::smallint[])

-- name: memberships
SELECT person, segment, entered_at FROM membership WHERE bucket = ANY (%(buckets)s::smallint[])

-- name: positions
SELECT person, model, stage, status, entered_at, moves FROM "position" WHERE bucket = ANY (%(buckets)s::smallint[])

-- name: things
SELECT person, type, id, attributes FROM thing WHERE bucket = ANY (%(buckets)s::smallint[])

-- name: outlived
-- Recovery looks every few seconds; a lease this old means that nobody recovers.
SELECT 'message ' || id || ' is ' || state || ' by ' || lease_owner || ' since long'
FROM message
WHERE state IN ('leased', 'dialling') AND leased_until < clock_timestamp() - interval '5 minutes'
LIMIT %(most)s

-- name: erased
SELECT count(*) FROM erased

-- name: population
-- As the planner knows it: only the size of a sample rests on it.
SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'person'::regclass
