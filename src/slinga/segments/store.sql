-- name: now
-- The virtual clock, for a set query that was given no instant.
SELECT slinga_now()

-- name: roomy
-- For a question over everybody: groups of a million people in memory, and the processors that there are.
SELECT set_config('work_mem', '64MB', true), set_config('hash_mem_multiplier', '4', true),
       set_config('max_parallel_workers_per_gather', '2', true)

-- name: patient
-- For a question that somebody waits for while the page stands already.
SELECT set_config('statement_timeout', %(patience)s, true)

-- name: in_portions
-- For a question over a few buckets: through the index of the buckets, never through the whole log, and not
-- longer than somebody waits.
SELECT set_config('enable_seqscan', 'off', true), set_config('max_parallel_workers_per_gather', '0', true),
       set_config('work_mem', '32MB', true), set_config('statement_timeout', %(patience)s, true)

-- name: save_profile
-- Whole batches in one statement, binary: one round trip whatever the number of people.
INSERT INTO profile (bucket, person, zone, traits, tags, identified, reachable)
SELECT bucket, person, zone, traits,
       ARRAY(SELECT jsonb_array_elements_text(tags)), identified, ARRAY(SELECT jsonb_array_elements_text(reachable))
FROM unnest(%(buckets)s::int2[], %(people)s::uuid[], %(zones)s::text[], %(traits)s::jsonb[], %(tags)s::jsonb[],
            %(identified)s::bool[], %(reachable)s::jsonb[])
     AS row (bucket, person, zone, traits, tags, identified, reachable)
ON CONFLICT (bucket, person) DO UPDATE SET zone = excluded.zone, traits = excluded.traits, tags = excluded.tags,
    identified = excluded.identified, reachable = excluded.reachable

-- name: drop_profile
-- A person merged away or erased is nobody any more.
DELETE FROM profile USING unnest(%(buckets)s::int2[], %(people)s::uuid[]) AS gone (bucket, person)
WHERE profile.bucket = gone.bucket AND profile.person = gone.person

-- name: drop_membership
-- A person's rows are replaced as a whole, so what is no longer true cannot linger.
DELETE FROM membership USING unnest(%(buckets)s::int2[], %(people)s::uuid[]) AS gone (bucket, person)
WHERE membership.bucket = gone.bucket AND membership.person = gone.person

-- name: save_membership
-- The segments each person is in.
INSERT INTO membership (bucket, person, segment, entered_at)
SELECT * FROM unnest(%(buckets)s::int2[], %(people)s::uuid[], %(keys)s::text[], %(at)b::timestamptz[])

-- name: leave
-- Only what changed: of the segments somebody is in, an event moves one or two.
DELETE FROM membership
USING unnest(%(buckets)s::int2[], %(people)s::uuid[], %(keys)s::text[]) AS gone (bucket, person, segment)
WHERE membership.bucket = gone.bucket AND membership.person = gone.person AND membership.segment = gone.segment

-- name: enter
-- Somebody who left and came back within one batch has a row with the older instant.
INSERT INTO membership (bucket, person, segment, entered_at)
SELECT * FROM unnest(%(buckets)s::int2[], %(people)s::uuid[], %(keys)s::text[], %(at)b::timestamptz[])
ON CONFLICT (bucket, person, segment) DO UPDATE SET entered_at = excluded.entered_at

-- name: drop_position
-- See drop_membership.
DELETE FROM position USING unnest(%(buckets)s::int2[], %(people)s::uuid[]) AS gone (bucket, person)
WHERE position.bucket = gone.bucket AND position.person = gone.person

-- name: save_position
-- The stage and status each person has in each model, and how they moved; null where that is not known.
INSERT INTO position (bucket, person, model, stage, status, entered_at, moves)
SELECT bucket, person, model, stage, status, entered_at, nullif(moves, 'null')
FROM unnest(%(buckets)s::int2[], %(people)s::uuid[], %(models)s::text[], %(stages)s::text[], %(statuses)s::text[],
            %(at)b::timestamptz[], %(moves)s::jsonb[])
     AS row (bucket, person, model, stage, status, entered_at, moves)

-- name: drop_score
-- See drop_membership.
DELETE FROM score_value USING unnest(%(buckets)s::int2[], %(people)s::uuid[]) AS gone (bucket, person)
WHERE score_value.bucket = gone.bucket AND score_value.person = gone.person

-- name: save_score
-- Scores as exact decimals: as text, because a float would arrive with noise.
INSERT INTO score_value (bucket, person, score, value)
SELECT bucket, person, score, value::numeric
FROM unnest(%(buckets)s::int2[], %(people)s::uuid[], %(names)s::text[], %(values)s::text[])
     AS row (bucket, person, score, value)

-- name: drop_consent
-- See drop_membership.
DELETE FROM consent_state USING unnest(%(buckets)s::int2[], %(people)s::uuid[]) AS gone (bucket, person)
WHERE consent_state.bucket = gone.bucket AND consent_state.person = gone.person

-- name: save_consent
-- How consent stands per channel and topic.
INSERT INTO consent_state (bucket, person, channel, topic, state)
SELECT * FROM unnest(%(buckets)s::int2[], %(people)s::uuid[], %(channels)s::text[], %(topics)s::text[],
                     %(states)s::text[])

-- name: drop_thing
-- See drop_membership.
DELETE FROM thing USING unnest(%(buckets)s::int2[], %(people)s::uuid[]) AS gone (bucket, person)
WHERE thing.bucket = gone.bucket AND thing.person = gone.person

-- name: save_thing
-- What each person owns.
INSERT INTO thing (bucket, person, type, id, attributes, updated_at)
SELECT * FROM unnest(%(buckets)s::int2[], %(people)s::uuid[], %(types)s::text[], %(ids)s::text[],
                     %(attributes)s::jsonb[], %(at)b::timestamptz[])
ON CONFLICT (bucket, person, type, id) DO UPDATE SET attributes = excluded.attributes,
    updated_at = excluded.updated_at

-- name: lose_thing
-- Things that somebody no longer owns, one by one.
DELETE FROM thing
USING unnest(%(buckets)s::int2[], %(people)s::uuid[], %(types)s::text[], %(ids)s::text[])
      AS gone (bucket, person, type, id)
WHERE thing.bucket = gone.bucket AND thing.person = gone.person AND thing.type = gone.type AND thing.id = gone.id

-- name: drop_run
-- See drop_membership.
DELETE FROM run USING unnest(%(buckets)s::int2[], %(people)s::uuid[]) AS gone (bucket, person)
WHERE run.bucket = gone.bucket AND run.person = gone.person

-- name: save_run
-- Where each person's runs wait; the same run may come twice only from a state that holds it twice.
INSERT INTO run (bucket, person, id, journey, version, node, about, entered_at, since, due_at)
SELECT * FROM unnest(%(buckets)s::int2[], %(people)s::uuid[], %(ids)s::text[], %(journeys)s::text[],
                     %(versions)s::int4[], %(nodes)s::text[], %(abouts)s::text[], %(entered)s::timestamptz[],
                     %(since)s::timestamptz[], %(due)s::timestamptz[])
ON CONFLICT DO NOTHING
