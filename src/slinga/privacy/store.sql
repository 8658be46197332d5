-- name: now
-- Erasures are dated by the clock that decisions see.
SELECT slinga_now()

-- name: one_at_a_time
-- Erasures do not wait for each other crosswise.
SELECT pg_advisory_xact_lock(hashtext('slinga.erase'))

-- name: hold_ledger
-- The lock under which `people.log` adds to a person's ledger: whoever adds has committed, or comes after us.
SELECT pg_advisory_xact_lock(hashtext(%(name)s))

-- name: hold_lanes
-- No worker applies anything of these lanes until the erasure has committed; workers pass held lanes by.
SELECT bucket FROM lane WHERE bucket = ANY(%(buckets)s::smallint[]) ORDER BY bucket FOR UPDATE

-- name: hold_log
-- Nobody appends until the commit: what comes after it meets the tombstone.
SELECT pg_advisory_xact_lock(hashtext('slinga.input'))

-- name: rows
-- States and forwarders of keys.
SELECT p.key, p.state, p.forward FROM person p
JOIN unnest(%(buckets)s::smallint[], %(keys)s::uuid[]) AS t (bucket, key) ON p.bucket = t.bucket AND p.key = t.key

-- name: merged
-- Keys that became one with these, by what was recorded when they did.
SELECT DISTINCT (f.body ->> 'other')::uuid FROM fact f
JOIN unnest(%(buckets)s::smallint[], %(keys)s::uuid[]) AS t (bucket, key) ON f.bucket = t.bucket AND f.person = t.key
WHERE f.kind = 'merged' AND f.body ->> 'other' ~ '^[0-9a-f]{32}$'

-- name: handed
-- Keys whose estates were handed to these, whether taken up yet or not.
SELECT DISTINCT (i.body ->> 'from')::uuid FROM input i
JOIN unnest(%(buckets)s::smallint[], %(keys)s::uuid[]) AS t (bucket, key) ON i.bucket = t.bucket AND i.person = t.key
WHERE i.kind = 'handover' AND i.body ->> 'from' ~ '^[0-9a-f]{32}$'

-- name: merging
-- Merges that are asked for and not applied yet: read behind each lane's cursor, so a few rows.
SELECT i.person, (i.body ->> 'other')::uuid FROM lane l
JOIN input i ON i.bucket = l.bucket AND i.seq > l.cursor
WHERE i.kind = 'merge' AND i.body ->> 'other' ~ '^[0-9a-f]{32}$'

-- name: named
-- Every identifier that a call ever gave, applied or not.
SELECT DISTINCT pair ->> 0, pair ->> 1 FROM input i
JOIN unnest(%(buckets)s::smallint[], %(keys)s::uuid[]) AS t (bucket, key) ON i.bucket = t.bucket AND i.person = t.key
CROSS JOIN LATERAL jsonb_array_elements(i.body -> 'identifiers') AS pair
WHERE jsonb_typeof(i.body -> 'identifiers') = 'array' AND i.kind <> 'merge'

-- name: sharing
-- Addresses that somebody else has too. Reads every profile; an erasure is rare.
SELECT DISTINCT lower(f.traits ->> 'email'), f.traits ->> 'phone' FROM profile f
WHERE (lower(f.traits ->> 'email') = ANY(%(addresses)s) OR f.traits ->> 'phone' = ANY(%(addresses)s))
  AND NOT f.person = ANY(%(keys)s::uuid[])

-- name: addresses
-- Where messages to these keys went.
SELECT DISTINCT m.address FROM message m
JOIN unnest(%(buckets)s::smallint[], %(keys)s::uuid[]) AS t (bucket, key) ON m.bucket = t.bucket AND m.person = t.key
WHERE m.channel IN ('email', 'sms') AND m.address <> ''

-- name: cancel
-- Before anything else: what the last gate has not passed never leaves. A lease on it is void from here on.
UPDATE message m
SET state = 'cancelled', reason = 'erased', changed_at = slinga_now(), leased_until = NULL, lease_owner = ''
FROM unnest(%(buckets)s::smallint[], %(keys)s::uuid[]) AS t (bucket, key)
WHERE m.bucket = t.bucket AND m.person = t.key AND m.state IN ('planned', 'leased', 'deferred')

-- name: dialling
-- How many are on the wire at this moment.
SELECT count(*) FROM message m
JOIN unnest(%(buckets)s::smallint[], %(keys)s::uuid[]) AS t (bucket, key) ON m.bucket = t.bucket AND m.person = t.key
WHERE m.state = 'dialling'

-- name: ledgers
-- What proves, to whoever kept an export, that its ledger is the one that stood here.
SELECT c.person, count(*), (array_agg(c.hash ORDER BY c.n DESC))[1] FROM consent c
JOIN unnest(%(buckets)s::smallint[], %(keys)s::uuid[]) AS t (bucket, key) ON c.bucket = t.bucket AND c.person = t.key
GROUP BY c.person

-- name: stops
-- What they forbade at an address; kept for whoever shares it.
SELECT DISTINCT c.address_hash, c.channel, c.topic FROM consent c
JOIN unnest(%(buckets)s::smallint[], %(keys)s::uuid[]) AS t (bucket, key) ON c.bucket = t.bucket AND c.person = t.key
WHERE c.action IN ('withdrawn', 'denied') AND c.address_hash <> ''

-- name: messages
-- The messages of these keys, for the tables that know messages only.
SELECT m.bucket, m.id FROM message m
JOIN unnest(%(buckets)s::smallint[], %(keys)s::uuid[]) AS t (bucket, key) ON m.bucket = t.bucket AND m.person = t.key

-- name: seen
-- The ids under which their calls are known, so that nothing tells they were ever sent.
DELETE FROM seen s
USING input i, unnest(%(buckets)s::smallint[], %(keys)s::uuid[]) AS t (bucket, key)
WHERE i.bucket = t.bucket AND i.person = t.key AND i.message_id <> ''
  AND s.bucket = i.bucket AND s.message_id = i.source || ':' || i.message_id

-- name: suppress
-- The first reason stands.
INSERT INTO suppression (bucket, key, scope, reason, at)
VALUES (%(bucket)s, %(key)s, %(scope)s, %(reason)s, slinga_now())
ON CONFLICT DO NOTHING

-- name: blank_suppression
-- The receiver's words name the address.
UPDATE suppression SET detail = '', message = NULL
FROM unnest(%(buckets)s::smallint[], %(keys)s::bytea[]) AS t (bucket, key)
WHERE suppression.bucket = t.bucket AND suppression.key = t.key

-- name: blank_hold
-- The receiver's words may name an address.
UPDATE delivery_hold SET detail = ''
WHERE EXISTS (SELECT FROM unnest(%(needles)s::text[]) AS n (word) WHERE position(n.word IN lower(detail)) > 0)

-- name: quarantined
-- Refused calls that name them: their bytes may be no text, so both sides are compared in escaped form.
SELECT id FROM quarantine
WHERE EXISTS (SELECT FROM unnest(%(needles)s::text[]) AS n (word)
    WHERE position(lower(encode(convert_to(n.word, 'UTF8'), 'escape')) IN lower(encode(payload, 'escape'))) > 0)

-- name: refused
SELECT id, received_at, source, call, reason, field, remedy, payload FROM quarantine WHERE id = ANY(%(ids)s)

-- name: drop_quarantined
DELETE FROM quarantine WHERE id = ANY(%(ids)s)

-- name: add_erasure
INSERT INTO erasure (at, reason, by, people, proof, notice)
VALUES (slinga_now(), %(reason)s, %(by)s, %(people)s, %(proof)s, %(notice)s)
RETURNING id, at

-- name: add_erased
-- A key that was erased, readmitted and erased again belongs to the latest erasure.
INSERT INTO erased (bucket, key, erasure)
SELECT bucket, key, %(erasure)s FROM unnest(%(buckets)s::smallint[], %(keys)s::uuid[]) AS t (bucket, key)
ON CONFLICT (bucket, key) DO UPDATE SET erasure = excluded.erasure

-- name: add_erased_addresses
INSERT INTO erased_address (bucket, key, erasure)
SELECT bucket, key, %(erasure)s FROM unnest(%(buckets)s::smallint[], %(keys)s::bytea[]) AS t (bucket, key)
ON CONFLICT (bucket, key) DO UPDATE SET erasure = excluded.erasure

-- name: erased_addresses
-- Of these keyed hashes, those of erased people.
SELECT e.key FROM erased_address e
JOIN unnest(%(buckets)s::smallint[], %(keys)s::bytea[]) AS t (bucket, key) ON e.bucket = t.bucket AND e.key = t.key

-- name: erasure_of
-- When and why a key was erased.
SELECT r.id, r.at, r.reason, r.by, r.people, r.proof FROM erased e JOIN erasure r ON r.id = e.erasure
WHERE e.bucket = %(bucket)s AND e.key = %(key)s

-- name: erasures
-- A page of them, newest first.
SELECT id, at, reason, by, people, proof, readmitted_at FROM erasure
WHERE id < %(before)s ORDER BY id DESC LIMIT %(limit)s

-- name: readmit
-- The tombstone goes, its record stays.
UPDATE erasure SET readmitted_at = slinga_now(), notice = NULL WHERE id = %(erasure)s

-- name: readmit_keys
DELETE FROM erased WHERE erasure = %(erasure)s

-- name: readmit_addresses
-- With them goes the entry that kept everybody from writing to the address.
WITH gone AS (DELETE FROM erased_address WHERE erasure = %(erasure)s RETURNING bucket, key)
DELETE FROM suppression s USING gone
WHERE s.bucket = gone.bucket AND s.key = gone.key AND s.scope = 'global' AND s.reason = 'erased'

-- name: all_erased
-- Every key under a tombstone, for looking after what came in while an erasure ran.
SELECT e.key FROM erased e JOIN erasure r ON r.id = e.erasure WHERE r.at > %(since)s

-- name: notices
-- What other systems wait to be told, oldest first. Not locked: a call may take long, and twice told is no harm.
SELECT id, at, notice FROM erasure WHERE notice IS NOT NULL ORDER BY id LIMIT %(limit)s

-- name: told
UPDATE erasure SET notice = NULL WHERE id = %(erasure)s

-- name: templates
-- Each published version of a template, to tell which one a message was written from.
SELECT key, version, published_at FROM definition WHERE kind = 'template' ORDER BY key, version
