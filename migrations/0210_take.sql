-- stepwise
-- An append is one statement: lock, instant, de-duplication, numbers, rows. De-duplication keys stand in the
-- rows themselves, as numbers; the table `seen` keeps what a release before wrote, until it is a week old.
ALTER TABLE input ADD COLUMN IF NOT EXISTS dedupe bigint;

CREATE INDEX CONCURRENTLY IF NOT EXISTS input_dedupe ON input (dedupe) WHERE dedupe IS NOT NULL;

-- The number of a de-duplication key in a span of 32 days: a byte of the span, so that what is new goes into one
-- part of the index however old the log is, and 56 bits of a hash. Who finds a number compares the row.
CREATE OR REPLACE FUNCTION slinga_dedupe(bucket smallint, id text, span bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT ((span % 128) << 56) | ('x' || left(md5(bucket || ':' || id), 14))::bit(56)::bigint $$;

-- Whether a de-duplication key stands in the log for the same thing, not for another one with the same number.
CREATE OR REPLACE FUNCTION slinga_known(
    accepted timestamptz, key bigint, kind text, person uuid, source text, message text
) RETURNS boolean LANGUAGE plpgsql STABLE SET enable_seqscan TO off AS
$$
BEGIN
    RETURN EXISTS (
        SELECT FROM input i
        WHERE i.dedupe = key AND i.accepted_at > accepted - interval '8 days'
          AND i.bucket = get_byte(uuid_send(slinga_known.person), 0) AND (i.kind = 'merge') = (slinga_known.kind = 'merge')
          AND CASE WHEN slinga_known.kind = 'merge' THEN i.person = slinga_known.person
                   ELSE i.source = slinga_known.source AND i.message_id = slinga_known.message END
    );
END
$$;

-- What becomes of each of several inputs: 1 stored, 0 known already, -1 about somebody who was erased.
CREATE OR REPLACE FUNCTION slinga_fates(
    accepted timestamptz, kinds text[], sources text[], heads smallint[], people uuid[], messages text[],
    keys bigint[], before bigint[], ids text[], bodies jsonb[]
) RETURNS smallint[] LANGUAGE plpgsql STABLE SET enable_seqscan TO off AS
$$
BEGIN
    RETURN (
        WITH item AS (
            SELECT t.*, get_byte(uuid_send(t.person), 0)::smallint AS bucket, kinds[t.head] AS kind,
                   kinds[t.head] = 'merge' AS merge, sources[t.head] AS source,
                   CASE WHEN t.body ->> 'other' ~ '^[0-9a-f]{32}$' THEN (t.body ->> 'other')::uuid END AS other
            FROM unnest(heads, people, messages, keys, before, ids, bodies) WITH ORDINALITY
                AS t (head, person, message, key, old, id, body, n)
        ), living AS (
            SELECT item.*,
                   EXISTS (SELECT FROM erased e WHERE e.bucket = item.bucket AND e.key = item.person)
                   OR merge AND EXISTS (
                       SELECT FROM erased e WHERE e.bucket = get_byte(uuid_send(other), 0)::smallint AND e.key = other
                   ) AS gone
            FROM item
        ), placed AS (
            SELECT living.*, row_number() OVER (
                PARTITION BY gone, key, bucket, merge, CASE WHEN merge THEN person::text ELSE source || ':' || message END
                ORDER BY n
            ) AS place
            FROM living
        )
        SELECT array_agg(CASE
            WHEN gone THEN -1
            WHEN key IS NULL THEN 1
            WHEN place > 1 THEN 0
            WHEN slinga_known(accepted, key, kind, person, source, message) THEN 0
            WHEN old IS NOT NULL AND slinga_known(accepted, old, kind, person, source, message) THEN 0
            WHEN EXISTS (SELECT FROM seen s WHERE s.bucket = placed.bucket AND s.message_id = placed.id) THEN 0
            ELSE 1
        END::smallint ORDER BY n)
        FROM placed
    );
END
$$;

-- Append inputs, given column by column: `heads` says for each which of `kinds`, `names`, `trusts` and `sources`
-- are its. `keys` are its de-duplication keys in this span, `before` those in the span before, where that is not
-- a week past. What the caller made rests on the present being in [low, high); elsewhere nothing is stored
-- and `stored` is -1. `ids` are the keys as texts; without them, where `seen` still holds any, `stored` is -2.
-- `fates` is null where all were stored.
--
-- Each statement inside has a snapshot of its own, younger than the wait for the lock, because the function is
-- volatile. An index is used however small the table was when the statement was planned.
CREATE OR REPLACE FUNCTION slinga_take(
    low timestamptz, high timestamptz, given timestamptz, repeated boolean,
    kinds text[], names text[], trusts smallint[], sources text[],
    heads smallint[], people uuid[], messages text[], keys bigint[], before bigint[], ids text[],
    occurred timestamptz[], bodies jsonb[],
    OUT accepted timestamptz, OUT stored bigint, OUT last bigint, OUT remembered boolean, OUT fates smallint[]
) LANGUAGE plpgsql VOLATILE SET enable_seqscan TO off AS
$$
DECLARE
    asked bigint := cardinality(people);
    first bigint;
    hits bigint[];
    place integer;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('slinga.input'));
    accepted := coalesce(given, slinga_now());
    stored := -1;
    IF accepted < low OR accepted >= high THEN
        RETURN;
    END IF;
    remembered := EXISTS (SELECT FROM seen);
    stored := -2;
    IF remembered AND ids IS NULL THEN
        RETURN;
    END IF;
    stored := asked;
    IF repeated OR remembered OR EXISTS (SELECT FROM erased) THEN
        fates := slinga_fates(accepted, kinds, sources, heads, people, messages, keys, before, ids, bodies);
        stored := (SELECT count(*) FROM unnest(fates) AS t (fate) WHERE fate = 1);
    ELSE
        -- Usually nothing is found; else a few, such as merges that a visitor's calls ask for again and again.
        hits := ARRAY (SELECT i.dedupe FROM input i WHERE i.dedupe = ANY (keys));
        IF cardinality(hits) > 0 THEN
            FOR place IN
                SELECT t.n FROM unnest(keys) WITH ORDINALITY AS t (key, n)
                WHERE t.key = ANY (hits) AND slinga_known(
                    accepted, t.key, kinds[heads[t.n]], people[t.n], sources[heads[t.n]], messages[t.n])
            LOOP
                fates := coalesce(fates, array_fill(1::smallint, ARRAY[asked::integer]));
                fates[place] := 0;
            END LOOP;
        END IF;
        IF before IS NOT NULL THEN
            hits := ARRAY (SELECT i.dedupe FROM input i WHERE i.dedupe = ANY (before));
            IF cardinality(hits) > 0 THEN
                FOR place IN
                    SELECT t.n FROM unnest(before) WITH ORDINALITY AS t (key, n)
                    WHERE t.key = ANY (hits) AND slinga_known(
                        accepted, t.key, kinds[heads[t.n]], people[t.n], sources[heads[t.n]], messages[t.n])
                LOOP
                    fates := coalesce(fates, array_fill(1::smallint, ARRAY[asked::integer]));
                    fates[place] := 0;
                END LOOP;
            END IF;
        END IF;
        IF fates IS NOT NULL THEN
            stored := (SELECT count(*) FROM unnest(fates) AS t (fate) WHERE fate = 1);
        END IF;
    END IF;
    IF stored = 0 THEN
        RETURN;
    END IF;
    last := setval('input_seq', nextval('input_seq') + stored - 1);
    first := last - stored;
    IF stored = asked THEN
        fates := NULL;
        INSERT INTO input (bucket, seq, person, kind, name, trust, source, message_id, accepted_at, occurred_at,
            body, dedupe)
        SELECT get_byte(uuid_send(t.person), 0), first + t.n, t.person, kinds[t.head], names[t.head],
            trusts[t.head], sources[t.head], t.message, accepted, least(t.at, accepted), t.body, t.key
        -- Side by side in the list, they are read row by row; in FROM each would be copied first.
        FROM (
            SELECT generate_series(1, asked) AS n, unnest(heads) AS head, unnest(people) AS person,
                unnest(messages) AS message, unnest(keys) AS key, unnest(occurred) AS at, unnest(bodies) AS body
        ) AS t;
    ELSE
        INSERT INTO input (bucket, seq, person, kind, name, trust, source, message_id, accepted_at, occurred_at,
            body, dedupe)
        SELECT get_byte(uuid_send(t.person), 0), first + row_number() OVER (), t.person, kinds[t.head],
            names[t.head], trusts[t.head], sources[t.head], t.message, accepted, least(t.at, accepted), t.body, t.key
        FROM (
            SELECT unnest(fates) AS fate, unnest(heads) AS head, unnest(people) AS person,
                unnest(messages) AS message, unnest(keys) AS key, unnest(occurred) AS at, unnest(bodies) AS body
        ) AS t
        WHERE t.fate = 1;
    END IF;
    -- A hint to sleeping workers when this commits, never the truth.
    PERFORM pg_notify('slinga_input', '');
END
$$;

-- For the release before, which appends beside this one during an upgrade: what this one stored is known to it.
CREATE OR REPLACE FUNCTION slinga_append(
    buckets smallint[], ids text[], unkeyed bigint, given timestamptz, checked boolean,
    OUT accepted timestamptz, OUT some_erased boolean, OUT count bigint, OUT last bigint,
    OUT new_buckets smallint[], OUT new_ids text[]
) LANGUAGE plpgsql VOLATILE SET enable_seqscan TO off AS
$$
DECLARE
    found bigint := 0;
    span bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('slinga.input'));
    accepted := coalesce(given, slinga_now());
    some_erased := EXISTS (SELECT FROM erased);
    count := 0;
    IF some_erased AND NOT checked THEN
        RETURN;
    END IF;
    IF cardinality(ids) > 0 THEN
        span := floor(extract(epoch FROM accepted) / 2764800);
        WITH new AS (
            INSERT INTO seen (bucket, message_id, accepted_at)
            SELECT t.bucket, t.id, accepted FROM unnest(buckets, ids) AS t (bucket, id)
            WHERE NOT EXISTS (
                SELECT FROM input i
                WHERE i.dedupe = ANY (ARRAY[
                    slinga_dedupe(t.bucket, t.id, span), slinga_dedupe(t.bucket, t.id, span - 1)
                ]) AND i.accepted_at > accepted - interval '8 days'
            )
            ON CONFLICT DO NOTHING
            RETURNING bucket, message_id
        )
        SELECT count(*), array_agg(new.bucket), array_agg(new.message_id)
        INTO found, new_buckets, new_ids FROM new;
        IF found = cardinality(ids) THEN
            new_buckets := NULL;
            new_ids := NULL;
        END IF;
    END IF;
    count := unkeyed + found;
    IF count > 0 THEN
        last := setval('input_seq', nextval('input_seq') + count - 1);
        PERFORM pg_notify('slinga_input', '');
    END IF;
END
$$;
