-- What the migrations make, dumped. Written by `make schema`; read it in each change.

CREATE FUNCTION slinga_append(buckets smallint[], ids text[], unkeyed bigint, given timestamp with time zone, checked boolean, OUT accepted timestamp with time zone, OUT some_erased boolean, OUT count bigint, OUT last bigint, OUT new_buckets smallint[], OUT new_ids text[]) RETURNS record
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    AS $$
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

CREATE FUNCTION slinga_dedupe(bucket smallint, id text, span bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT ((span % 128) << 56) | ('x' || left(md5(bucket || ':' || id), 14))::bit(56)::bigint $$;

CREATE FUNCTION slinga_fates(accepted timestamp with time zone, kinds text[], sources text[], heads smallint[], people uuid[], messages text[], keys bigint[], before bigint[], ids text[], bodies jsonb[]) RETURNS smallint[]
    LANGUAGE plpgsql STABLE
    SET enable_seqscan TO 'off'
    AS $_$
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
$_$;

CREATE FUNCTION slinga_known(accepted timestamp with time zone, key bigint, kind text, person uuid, source text, message text) RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET enable_seqscan TO 'off'
    AS $$
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

CREATE FUNCTION slinga_months() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO tally_month_row AS m
        SELECT gen, what, key, date_trunc('month', day)::date, version, part, other, detail, extra, sum(count), sum(value)
        FROM after GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
        ON CONFLICT (gen, what, key, month, version, part, other, detail, extra) DO UPDATE
        SET count = m.count + excluded.count, value = m.value + excluded.value;
    ELSE
        INSERT INTO tally_month_row AS m
        SELECT gen, what, key, date_trunc('month', day)::date, version, part, other, detail, extra, sum(count), sum(value)
        FROM (SELECT * FROM after
              UNION ALL
              SELECT gen, what, key, day, version, part, other, detail, extra, -count, -value FROM before) AS both_sides
        GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
        ON CONFLICT (gen, what, key, month, version, part, other, detail, extra) DO UPDATE
        SET count = m.count + excluded.count, value = m.value + excluded.value;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION slinga_now() RETURNS timestamp with time zone
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT coalesce(frozen_at, clock_timestamp() + shift) FROM clock $$;

CREATE FUNCTION slinga_take(low timestamp with time zone, high timestamp with time zone, given timestamp with time zone, repeated boolean, kinds text[], names text[], trusts smallint[], sources text[], heads smallint[], people uuid[], messages text[], keys bigint[], before bigint[], ids text[], occurred timestamp with time zone[], bodies jsonb[], OUT accepted timestamp with time zone, OUT stored bigint, OUT last bigint, OUT remembered boolean, OUT fates smallint[]) RETURNS record
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    AS $$
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

CREATE TABLE access_rule (
    one boolean DEFAULT true NOT NULL,
    second_factor boolean NOT NULL,
    CONSTRAINT access_rule_one_check CHECK (one)
);

CREATE TABLE address_trouble (
    bucket smallint NOT NULL,
    key bytea NOT NULL,
    failures integer NOT NULL,
    messages integer NOT NULL,
    last_message uuid NOT NULL,
    first_at timestamp with time zone NOT NULL,
    cleared_by uuid
);

CREATE TABLE address_use (
    bucket smallint NOT NULL,
    key bytea NOT NULL,
    content text NOT NULL,
    person uuid NOT NULL,
    message uuid NOT NULL,
    at timestamp with time zone NOT NULL
);

CREATE TABLE api_key (
    id bigint NOT NULL,
    kind text NOT NULL,
    hash bytea NOT NULL,
    hint text NOT NULL,
    source text NOT NULL,
    trust smallint NOT NULL,
    origins text[] DEFAULT '{}'::text[] NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    withdrawn_at timestamp with time zone,
    scopes text[] DEFAULT '{everything}'::text[] NOT NULL,
    expires_at timestamp with time zone,
    last_used_at timestamp with time zone,
    shown text DEFAULT ''::text NOT NULL,
    CONSTRAINT api_key_check CHECK (((shown = ''::text) OR ((kind = 'write'::text) AND (trust = 0)))),
    CONSTRAINT api_key_hash_check CHECK ((length(hash) = 32)),
    CONSTRAINT api_key_kind_check CHECK ((kind = ANY (ARRAY['write'::text, 'secret'::text]))),
    CONSTRAINT api_key_trust_check CHECK (((trust >= 0) AND (trust <= 2)))
);

ALTER TABLE api_key ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME api_key_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE attempt (
    bucket smallint NOT NULL,
    message uuid NOT NULL,
    no integer NOT NULL,
    worker text NOT NULL,
    epoch integer NOT NULL,
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    outcome text DEFAULT ''::text NOT NULL,
    code integer DEFAULT 0 NOT NULL,
    enhanced text DEFAULT ''::text NOT NULL,
    text text DEFAULT ''::text NOT NULL
)
WITH (fillfactor='60');

CREATE TABLE audit (
    n bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    object text NOT NULL,
    detail jsonb NOT NULL,
    prev_hash bytea NOT NULL,
    hash bytea NOT NULL
);

CREATE TABLE backup_taken (
    one boolean DEFAULT true NOT NULL,
    at timestamp with time zone NOT NULL,
    sealed boolean NOT NULL,
    CONSTRAINT backup_taken_one_check CHECK (one)
);

CREATE TABLE bounce_box (
    one boolean DEFAULT true NOT NULL,
    host text NOT NULL,
    port integer NOT NULL,
    username text NOT NULL,
    password bytea NOT NULL,
    folder text DEFAULT 'INBOX'::text NOT NULL,
    done text DEFAULT ''::text NOT NULL,
    every integer DEFAULT 60 NOT NULL,
    changed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    changed_by text NOT NULL,
    CONSTRAINT bounce_box_every_check CHECK (((every >= 5) AND (every <= 86400))),
    CONSTRAINT bounce_box_one_check CHECK (one),
    CONSTRAINT bounce_box_port_check CHECK (((port >= 1) AND (port <= 65535)))
);

CREATE TABLE broadcast (
    key text NOT NULL,
    document jsonb NOT NULL,
    state text DEFAULT 'draft'::text NOT NULL,
    starts_at timestamp with time zone,
    started_at timestamp with time zone,
    next_bucket smallint DEFAULT 0 NOT NULL,
    audience bigint DEFAULT 0 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    created_by text DEFAULT ''::text NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    place bigint DEFAULT 0 NOT NULL,
    round smallint DEFAULT 1 NOT NULL,
    decide_at timestamp with time zone,
    winner text,
    addressed_by_receiver jsonb DEFAULT '{}'::jsonb NOT NULL,
    ends_at timestamp with time zone,
    CONSTRAINT broadcast_next_bucket_check CHECK (((next_bucket >= 0) AND (next_bucket <= 256)))
);

CREATE TABLE clock (
    one boolean DEFAULT true NOT NULL,
    shift interval DEFAULT '00:00:00'::interval NOT NULL,
    frozen_at timestamp with time zone,
    CONSTRAINT clock_one_check CHECK (one)
);

CREATE TABLE consent (
    bucket smallint NOT NULL,
    person uuid NOT NULL,
    n integer NOT NULL,
    channel text NOT NULL,
    topic text NOT NULL,
    action text NOT NULL,
    basis text NOT NULL,
    source text NOT NULL,
    actor text DEFAULT ''::text NOT NULL,
    message text DEFAULT ''::text NOT NULL,
    address_hash text DEFAULT ''::text NOT NULL,
    evidence jsonb NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    prev_hash bytea NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT consent_action_check CHECK ((action = ANY (ARRAY['granted'::text, 'denied'::text, 'withdrawn'::text, 'confirmed'::text, 'expired'::text]))),
    CONSTRAINT consent_basis_check CHECK ((basis = ANY (ARRAY['consent'::text, 'soft_opt_in'::text, 'contract'::text, 'legitimate_interest'::text, 'casl_purchase'::text, 'casl_inquiry'::text]))),
    CONSTRAINT consent_n_check CHECK ((n > 0))
);

CREATE TABLE consent_state (
    bucket smallint NOT NULL,
    person uuid NOT NULL,
    channel text NOT NULL,
    topic text NOT NULL,
    state text NOT NULL,
    CONSTRAINT consent_state_state_check CHECK ((state = ANY (ARRAY['granted'::text, 'withdrawn'::text, 'denied'::text, 'unknown'::text])))
);

CREATE TABLE counted_buyer (
    bucket smallint NOT NULL,
    person uuid NOT NULL,
    journey text NOT NULL,
    arm text NOT NULL,
    currency text NOT NULL,
    orders integer NOT NULL,
    spent numeric NOT NULL,
    gen integer DEFAULT 0 NOT NULL
);

CREATE TABLE counted_order (
    bucket smallint NOT NULL,
    key bytea NOT NULL,
    total numeric NOT NULL,
    refunded numeric DEFAULT 0 NOT NULL,
    currency text NOT NULL,
    cancelled boolean DEFAULT false NOT NULL,
    person uuid,
    place jsonb,
    gen integer DEFAULT 0 NOT NULL
);

CREATE TABLE definition (
    kind text NOT NULL,
    key text NOT NULL,
    version integer NOT NULL,
    document jsonb NOT NULL,
    published_at timestamp with time zone NOT NULL,
    published_by text DEFAULT ''::text NOT NULL,
    CONSTRAINT definition_version_check CHECK ((version > 0))
);

CREATE TABLE delivery_hold (
    key text NOT NULL,
    held_until timestamp with time zone,
    reason text DEFAULT ''::text NOT NULL,
    detail text DEFAULT ''::text NOT NULL,
    strikes integer DEFAULT 0 NOT NULL,
    changed_at timestamp with time zone NOT NULL
);

CREATE TABLE demo (
    one boolean DEFAULT true NOT NULL,
    twin bytea NOT NULL,
    hits bytea NOT NULL,
    mail bigint DEFAULT 0 NOT NULL,
    opens_at timestamp with time zone NOT NULL,
    site text NOT NULL,
    write_key text NOT NULL,
    wanted_at timestamp with time zone,
    CONSTRAINT demo_one_check CHECK (one)
);

CREATE TABLE dev_mail (
    id bigint NOT NULL,
    channel text NOT NULL,
    message uuid NOT NULL,
    message_id text NOT NULL,
    sender text NOT NULL,
    recipient text NOT NULL,
    subject text NOT NULL,
    raw bytea NOT NULL,
    received_at timestamp with time zone NOT NULL
);

ALTER TABLE dev_mail ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME dev_mail_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE dkim_key (
    domain text NOT NULL,
    selector text NOT NULL,
    key bytea NOT NULL,
    made_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    made_by text NOT NULL,
    CONSTRAINT dkim_key_domain_check CHECK ((domain = lower(domain)))
);

CREATE TABLE draft (
    kind text NOT NULL,
    key text NOT NULL,
    document jsonb NOT NULL,
    revision integer NOT NULL,
    based_on integer NOT NULL,
    edited_by text NOT NULL,
    edited_at timestamp with time zone NOT NULL,
    CONSTRAINT draft_revision_check CHECK ((revision > 0))
);

CREATE TABLE draft_revision (
    kind text NOT NULL,
    key text NOT NULL,
    revision integer NOT NULL,
    document jsonb NOT NULL,
    edited_by text NOT NULL,
    edited_at timestamp with time zone NOT NULL
);

CREATE TABLE erased (
    bucket smallint NOT NULL,
    key uuid NOT NULL,
    erasure bigint NOT NULL
);

CREATE TABLE erased_address (
    bucket smallint NOT NULL,
    key bytea NOT NULL,
    erasure bigint NOT NULL
);

CREATE TABLE erasure (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    reason text NOT NULL,
    by text NOT NULL,
    people integer NOT NULL,
    proof jsonb NOT NULL,
    notice jsonb,
    readmitted_at timestamp with time zone
);

ALTER TABLE erasure ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME erasure_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE fact (
    bucket smallint NOT NULL,
    id bigint NOT NULL,
    person uuid NOT NULL,
    seq bigint NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    at timestamp with time zone NOT NULL,
    body jsonb NOT NULL
);

ALTER TABLE fact ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME fact_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE input (
    bucket smallint NOT NULL,
    seq bigint NOT NULL,
    person uuid NOT NULL,
    kind text NOT NULL,
    name text DEFAULT ''::text NOT NULL,
    trust smallint NOT NULL,
    source text DEFAULT ''::text NOT NULL,
    message_id text DEFAULT ''::text NOT NULL,
    accepted_at timestamp with time zone NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    body jsonb NOT NULL,
    dedupe bigint
);

CREATE VIEW happened AS
 SELECT input.bucket,
    input.person,
    input.seq,
    input.kind,
    input.name,
    input.accepted_at,
    input.occurred_at,
    input.body
   FROM input
  WHERE (input.kind = ANY (ARRAY['event'::text, 'history'::text]))
UNION ALL
 SELECT fact.bucket,
    fact.person,
    fact.seq,
    'event'::text AS kind,
        CASE fact.kind
            WHEN 'visit_started'::text THEN 'Visit Started'::text
            ELSE 'Visit Ended'::text
        END AS name,
    fact.at AS accepted_at,
    fact.at AS occurred_at,
    jsonb_build_object('properties', fact.body) AS body
   FROM fact
  WHERE (fact.kind = ANY (ARRAY['visit_started'::text, 'visit_ended'::text]));

CREATE TABLE hit (
    bucket smallint NOT NULL,
    id bigint NOT NULL,
    person uuid NOT NULL,
    message text NOT NULL,
    kind text NOT NULL,
    place smallint NOT NULL,
    target text NOT NULL,
    channel text NOT NULL,
    topic text NOT NULL,
    method text NOT NULL,
    agent text NOT NULL,
    network text NOT NULL,
    at timestamp with time zone NOT NULL,
    due_at timestamp with time zone NOT NULL,
    settled_at timestamp with time zone,
    verdict text,
    sort text DEFAULT ''::text NOT NULL,
    reasons text[] DEFAULT '{}'::text[] NOT NULL,
    CONSTRAINT hit_kind_check CHECK ((kind = ANY (ARRAY['open'::text, 'click'::text]))),
    CONSTRAINT hit_verdict_check CHECK ((verdict = ANY (ARRAY['human'::text, 'machine'::text, 'unknown'::text])))
);

ALTER TABLE hit ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME hit_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE hit_sum (
    campaign text NOT NULL,
    kind text NOT NULL,
    place smallint NOT NULL,
    machine boolean NOT NULL,
    hour_at timestamp with time zone NOT NULL,
    hits bigint NOT NULL
);

CREATE TABLE idempotent (
    api_key bigint NOT NULL,
    key text NOT NULL,
    request bytea NOT NULL,
    status smallint NOT NULL,
    answer bytea NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

CREATE TABLE identity_key (
    id bigint NOT NULL,
    source text NOT NULL,
    algorithm text NOT NULL,
    text text NOT NULL,
    required boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    withdrawn_at timestamp with time zone,
    CONSTRAINT identity_key_algorithm_check CHECK ((algorithm = ANY (ARRAY['EdDSA'::text, 'ES256'::text, 'RS256'::text])))
);

ALTER TABLE identity_key ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME identity_key_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE import (
    id bigint NOT NULL,
    state text NOT NULL,
    mapping jsonb NOT NULL,
    files jsonb NOT NULL,
    by text NOT NULL,
    started_at timestamp with time zone NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    "position" bigint DEFAULT 0 NOT NULL,
    rows bigint NOT NULL,
    accepted bigint DEFAULT 0 NOT NULL,
    duplicates bigint DEFAULT 0 NOT NULL,
    errors bigint DEFAULT 0 NOT NULL,
    notes bigint DEFAULT 0 NOT NULL,
    inputs bigint DEFAULT 0 NOT NULL,
    report text NOT NULL,
    report_size bigint DEFAULT 0 NOT NULL,
    CONSTRAINT import_state_check CHECK ((state = ANY (ARRAY['running'::text, 'done'::text, 'undoing'::text, 'undone'::text])))
);

CREATE TABLE import_before (
    bucket smallint NOT NULL,
    person uuid NOT NULL,
    import bigint NOT NULL,
    state bytea NOT NULL,
    format smallint NOT NULL
);

CREATE TABLE import_content (
    bucket smallint NOT NULL,
    id uuid NOT NULL,
    import bigint NOT NULL
);

ALTER TABLE import ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME import_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE import_suppression (
    bucket smallint NOT NULL,
    key bytea NOT NULL,
    scope text NOT NULL,
    import bigint NOT NULL
);

CREATE TABLE import_undo (
    import bigint NOT NULL,
    by text NOT NULL,
    asked_at timestamp with time zone DEFAULT slinga_now() NOT NULL,
    state text DEFAULT 'asked'::text NOT NULL,
    phase text DEFAULT ''::text NOT NULL,
    done bigint DEFAULT 0 NOT NULL,
    total bigint DEFAULT 0 NOT NULL,
    fault text DEFAULT ''::text NOT NULL,
    CONSTRAINT import_undo_state_check CHECK ((state = ANY (ARRAY['asked'::text, 'done'::text, 'failed'::text])))
);

CREATE SEQUENCE input_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

CREATE TABLE instance (
    name text NOT NULL,
    confirmed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    hold text
);

CREATE TABLE invitation (
    id bigint NOT NULL,
    hash bytea NOT NULL,
    email text NOT NULL,
    role text NOT NULL,
    invited_by bigint NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    withdrawn_at timestamp with time zone,
    CONSTRAINT invitation_email_check CHECK ((email = lower(email))),
    CONSTRAINT invitation_hash_check CHECK ((length(hash) = 32)),
    CONSTRAINT invitation_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'marketer'::text, 'analyst'::text, 'viewer'::text])))
);

ALTER TABLE invitation ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME invitation_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE journal (
    name text NOT NULL,
    n bigint NOT NULL,
    hash text NOT NULL
);

CREATE TABLE lane (
    bucket smallint NOT NULL,
    cursor bigint DEFAULT 0 NOT NULL
);

CREATE TABLE lane_count (
    lane text NOT NULL,
    hour_at timestamp with time zone NOT NULL,
    part smallint NOT NULL,
    accepted bigint DEFAULT 0 NOT NULL,
    returned bigint DEFAULT 0 NOT NULL
);

CREATE VIEW logged AS
 SELECT bucket,
    person,
    seq,
    kind,
    name,
    accepted_at,
    occurred_at,
    body
   FROM input
  WHERE (kind = ANY (ARRAY['event'::text, 'history'::text]));

CREATE TABLE member (
    id bigint NOT NULL,
    email text NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    password text,
    locale text DEFAULT 'en'::text NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    disabled_at timestamp with time zone,
    epoch integer DEFAULT 0 NOT NULL,
    second_factor bytea,
    factor_step bigint DEFAULT 0 NOT NULL,
    CONSTRAINT member_email_check CHECK ((email = lower(email))),
    CONSTRAINT member_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'marketer'::text, 'analyst'::text, 'viewer'::text])))
);

ALTER TABLE member ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME member_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE member_session (
    id bigint NOT NULL,
    hash bytea NOT NULL,
    member bigint NOT NULL,
    epoch integer NOT NULL,
    agent text NOT NULL,
    begun_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    seen_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    until timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    CONSTRAINT member_session_hash_check CHECK ((length(hash) = 32))
);

ALTER TABLE member_session ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME member_session_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE membership (
    bucket smallint NOT NULL,
    person uuid NOT NULL,
    segment text NOT NULL,
    entered_at timestamp with time zone NOT NULL
);

CREATE TABLE message (
    bucket smallint NOT NULL,
    id uuid NOT NULL,
    send_key text NOT NULL,
    person uuid NOT NULL,
    class text NOT NULL,
    channel text NOT NULL,
    topic text NOT NULL,
    journey text NOT NULL,
    version integer NOT NULL,
    run text NOT NULL,
    node text NOT NULL,
    template text NOT NULL,
    priority integer NOT NULL,
    lane text NOT NULL,
    address text NOT NULL,
    variables jsonb NOT NULL,
    witness jsonb NOT NULL,
    quiet_hours text DEFAULT ''::text NOT NULL,
    planned_at timestamp with time zone NOT NULL,
    not_before timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    state text DEFAULT 'planned'::text NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    due_at timestamp with time zone NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    lease_owner text DEFAULT ''::text NOT NULL,
    lease_epoch integer DEFAULT 0 NOT NULL,
    leased_until timestamp with time zone,
    attempts integer DEFAULT 0 NOT NULL,
    tries integer DEFAULT 0 NOT NULL,
    resends integer DEFAULT 0 NOT NULL,
    message_id text DEFAULT ''::text NOT NULL,
    accepted_at timestamp with time zone,
    response text DEFAULT ''::text NOT NULL,
    CONSTRAINT message_class_check CHECK ((class = ANY (ARRAY['marketing'::text, 'transactional'::text]))),
    CONSTRAINT message_state CHECK ((state = ANY (ARRAY['planned'::text, 'leased'::text, 'dialling'::text, 'deferred'::text, 'accepted'::text, 'rejected'::text, 'unknown'::text, 'cancelled'::text, 'expired'::text, 'render_failed'::text])))
);

CREATE TABLE message_return (
    bucket smallint NOT NULL,
    message uuid NOT NULL,
    sort text NOT NULL,
    lane text NOT NULL,
    type text NOT NULL,
    hard boolean NOT NULL,
    code integer DEFAULT 0 NOT NULL,
    enhanced text DEFAULT ''::text NOT NULL,
    at timestamp with time zone NOT NULL,
    journey text DEFAULT ''::text NOT NULL,
    CONSTRAINT message_return_sort_check CHECK ((sort = ANY (ARRAY['bounce'::text, 'complaint'::text])))
);

CREATE TABLE migration (
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    breaks boolean DEFAULT false NOT NULL
);

CREATE TABLE migration_step (
    name text NOT NULL,
    checksum text NOT NULL,
    done integer NOT NULL
);

CREATE TABLE obligation (
    id bigint NOT NULL,
    kind text NOT NULL,
    body jsonb NOT NULL,
    at timestamp with time zone NOT NULL
);

ALTER TABLE obligation ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME obligation_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE parked (
    bucket smallint NOT NULL,
    person uuid NOT NULL,
    parked_at timestamp with time zone NOT NULL
);

CREATE TABLE part (
    name text NOT NULL,
    process text NOT NULL,
    seen_at timestamp with time zone NOT NULL
);

CREATE TABLE person (
    bucket smallint NOT NULL,
    key uuid NOT NULL,
    state bytea NOT NULL,
    format smallint NOT NULL,
    program integer NOT NULL,
    seq bigint NOT NULL,
    wake_at timestamp with time zone,
    forward uuid,
    created_at timestamp with time zone NOT NULL
)
WITH (fillfactor='70', toast_tuple_target='8160');
ALTER TABLE ONLY person ALTER COLUMN state SET STORAGE EXTERNAL;

CREATE TABLE persona (
    id bigint NOT NULL,
    name text NOT NULL,
    words text NOT NULL,
    goals text NOT NULL,
    segments text[] NOT NULL,
    journeys text[] NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    changed_by text NOT NULL
);

ALTER TABLE persona ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME persona_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE picture (
    name text NOT NULL,
    title text NOT NULL,
    media text NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    octets integer NOT NULL,
    content bytea NOT NULL,
    added_at timestamp with time zone NOT NULL,
    added_by text NOT NULL,
    hidden boolean DEFAULT false NOT NULL,
    CONSTRAINT picture_name_check CHECK ((name ~ '^[0-9a-f]{32}\.(jpg|png|gif)$'::text))
);

CREATE TABLE plan_item (
    id bigint NOT NULL,
    name text NOT NULL,
    stage text DEFAULT ''::text NOT NULL,
    channel text DEFAULT ''::text NOT NULL,
    owner text DEFAULT ''::text NOT NULL,
    note text DEFAULT ''::text NOT NULL,
    from_day date NOT NULL,
    until_day date NOT NULL,
    created_at timestamp with time zone NOT NULL,
    created_by text DEFAULT ''::text NOT NULL,
    CONSTRAINT plan_item_check CHECK ((until_day >= from_day))
);

ALTER TABLE plan_item ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME plan_item_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE "position" (
    bucket smallint NOT NULL,
    person uuid NOT NULL,
    model text NOT NULL,
    stage text NOT NULL,
    status text,
    entered_at timestamp with time zone NOT NULL,
    moves jsonb
);

CREATE TABLE product (
    id text NOT NULL,
    rank double precision NOT NULL,
    said jsonb NOT NULL,
    said_at timestamp with time zone NOT NULL,
    gen integer DEFAULT 0 NOT NULL
);

CREATE TABLE profile (
    bucket smallint NOT NULL,
    person uuid NOT NULL,
    zone text,
    traits jsonb DEFAULT '{}'::jsonb NOT NULL,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    identified boolean DEFAULT false NOT NULL,
    reachable text[] DEFAULT '{}'::text[] NOT NULL
);

CREATE TABLE program (
    number integer NOT NULL,
    published_at timestamp with time zone NOT NULL,
    zone text NOT NULL,
    parts jsonb NOT NULL,
    basis integer,
    CONSTRAINT program_number_check CHECK ((number > 0))
);

CREATE TABLE quarantine (
    id bigint NOT NULL,
    received_at timestamp with time zone NOT NULL,
    source text NOT NULL,
    trust smallint NOT NULL,
    call text NOT NULL,
    reason text NOT NULL,
    field text NOT NULL,
    remedy text NOT NULL,
    size integer NOT NULL,
    payload bytea NOT NULL,
    sent_at timestamp with time zone,
    replayed_at timestamp with time zone
);

ALTER TABLE quarantine ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME quarantine_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE recovery_code (
    member bigint NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT recovery_code_hash_check CHECK ((length(hash) = 32))
);

CREATE TABLE rehearsal (
    id bigint NOT NULL,
    journey text NOT NULL,
    request jsonb NOT NULL,
    state text NOT NULL,
    done integer DEFAULT 0 NOT NULL,
    parts integer DEFAULT 0 NOT NULL,
    report jsonb,
    fault text DEFAULT ''::text NOT NULL,
    asked_by text NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    beat_at timestamp with time zone,
    ended_at timestamp with time zone,
    CONSTRAINT rehearsal_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'running'::text, 'done'::text, 'failed'::text, 'cancelled'::text])))
);

ALTER TABLE rehearsal ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME rehearsal_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE relay (
    one boolean DEFAULT true NOT NULL,
    host text NOT NULL,
    port integer NOT NULL,
    security text NOT NULL,
    username text DEFAULT ''::text NOT NULL,
    password bytea DEFAULT '\x'::bytea NOT NULL,
    bounce text DEFAULT ''::text NOT NULL,
    changed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    changed_by text NOT NULL,
    CONSTRAINT relay_one_check CHECK (one),
    CONSTRAINT relay_port_check CHECK (((port >= 1) AND (port <= 65535))),
    CONSTRAINT relay_security_check CHECK ((security = ANY (ARRAY['starttls'::text, 'tls'::text, 'none'::text])))
);

CREATE TABLE retention (
    what text NOT NULL,
    length text NOT NULL
);

CREATE TABLE run (
    bucket smallint NOT NULL,
    person uuid NOT NULL,
    id text NOT NULL,
    journey text NOT NULL,
    version integer NOT NULL,
    node text NOT NULL,
    about text NOT NULL,
    entered_at timestamp with time zone NOT NULL,
    since timestamp with time zone NOT NULL,
    due_at timestamp with time zone
);

CREATE TABLE score_value (
    bucket smallint NOT NULL,
    person uuid NOT NULL,
    score text NOT NULL,
    value numeric NOT NULL
);

CREATE TABLE seen (
    bucket smallint NOT NULL,
    message_id text NOT NULL,
    accepted_at timestamp with time zone NOT NULL
);

CREATE TABLE sign_in (
    hash bytea NOT NULL,
    member text NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    CONSTRAINT sign_in_hash_check CHECK ((length(hash) = 32))
);

CREATE TABLE sign_in_try (
    key bytea NOT NULL,
    tries integer NOT NULL,
    until timestamp with time zone NOT NULL,
    CONSTRAINT sign_in_try_key_check CHECK ((length(key) = 32))
);

CREATE TABLE spend (
    id bigint NOT NULL,
    source text NOT NULL,
    purpose text NOT NULL,
    from_day date NOT NULL,
    until_day date NOT NULL,
    amount numeric NOT NULL,
    currency text NOT NULL,
    note text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    created_by text DEFAULT ''::text NOT NULL,
    CONSTRAINT spend_amount_check CHECK ((amount >= (0)::numeric)),
    CONSTRAINT spend_check CHECK ((until_day >= from_day)),
    CONSTRAINT spend_purpose_check CHECK ((purpose = ANY (ARRAY['acquisition'::text, 'retention'::text])))
);

ALTER TABLE spend ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME spend_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE stay_row (
    gen integer DEFAULT 0 NOT NULL,
    what text NOT NULL,
    key text NOT NULL,
    day date NOT NULL,
    version integer NOT NULL,
    part text NOT NULL,
    bin smallint NOT NULL,
    count bigint NOT NULL
)
WITH (fillfactor='80');

CREATE TABLE tally_form (
    one boolean DEFAULT true NOT NULL,
    form integer NOT NULL,
    since timestamp with time zone NOT NULL,
    gen integer DEFAULT 0 NOT NULL,
    next integer,
    next_form integer,
    floor date,
    CONSTRAINT tally_form_one_check CHECK (one)
);

CREATE VIEW stay AS
 SELECT what,
    key,
    day,
    version,
    part,
    bin,
    count
   FROM stay_row
  WHERE (gen = ( SELECT f.gen
           FROM tally_form f));

CREATE TABLE suppression (
    bucket smallint NOT NULL,
    key bytea NOT NULL,
    scope text NOT NULL,
    reason text NOT NULL,
    detail text DEFAULT ''::text NOT NULL,
    message uuid,
    at timestamp with time zone NOT NULL
);

CREATE TABLE tally_row (
    gen integer DEFAULT 0 NOT NULL,
    what text NOT NULL,
    key text NOT NULL,
    day date NOT NULL,
    version integer NOT NULL,
    part text NOT NULL,
    other text NOT NULL,
    detail text NOT NULL,
    extra text NOT NULL,
    count bigint NOT NULL,
    value numeric NOT NULL
)
WITH (fillfactor='80');

CREATE VIEW tally AS
 SELECT what,
    key,
    day,
    version,
    part,
    other,
    detail,
    extra,
    count,
    value
   FROM tally_row
  WHERE (gen = ( SELECT f.gen
           FROM tally_form f));

CREATE TABLE tally_cursor (
    bucket smallint NOT NULL,
    fact bigint DEFAULT 0 NOT NULL,
    input bigint DEFAULT 0 NOT NULL,
    runs boolean DEFAULT false NOT NULL,
    gen integer DEFAULT 0 NOT NULL
);

CREATE TABLE tally_month_row (
    gen integer NOT NULL,
    what text NOT NULL,
    key text NOT NULL,
    month date NOT NULL,
    version integer NOT NULL,
    part text NOT NULL,
    other text NOT NULL,
    detail text NOT NULL,
    extra text NOT NULL,
    count bigint NOT NULL,
    value numeric NOT NULL
)
WITH (fillfactor='80');

CREATE VIEW tally_month AS
 SELECT what,
    key,
    month,
    version,
    part,
    other,
    detail,
    extra,
    count,
    value
   FROM tally_month_row
  WHERE (gen = ( SELECT f.gen
           FROM tally_form f));

CREATE TABLE thing (
    bucket smallint NOT NULL,
    person uuid NOT NULL,
    type text NOT NULL,
    id text NOT NULL,
    attributes jsonb DEFAULT '{}'::jsonb NOT NULL,
    updated_at timestamp with time zone NOT NULL
);

CREATE TABLE touchpoint (
    id bigint NOT NULL,
    name text NOT NULL,
    model text NOT NULL,
    stage text NOT NULL,
    channel text NOT NULL,
    from_day date NOT NULL,
    until_day date NOT NULL,
    volume bigint DEFAULT 0 NOT NULL,
    cost numeric DEFAULT 0 NOT NULL,
    note text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    created_by text DEFAULT ''::text NOT NULL,
    CONSTRAINT touchpoint_check CHECK ((until_day >= from_day)),
    CONSTRAINT touchpoint_cost_check CHECK ((cost >= (0)::numeric)),
    CONSTRAINT touchpoint_volume_check CHECK ((volume >= 0))
);

ALTER TABLE touchpoint ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME touchpoint_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE upload (
    id bigint NOT NULL,
    name text NOT NULL,
    path text NOT NULL,
    size bigint NOT NULL,
    by text NOT NULL,
    made_at timestamp with time zone DEFAULT slinga_now() NOT NULL,
    mapping jsonb NOT NULL,
    state text DEFAULT 'open'::text NOT NULL,
    phase text DEFAULT ''::text NOT NULL,
    done bigint DEFAULT 0 NOT NULL,
    total bigint DEFAULT 0 NOT NULL,
    fault text DEFAULT ''::text NOT NULL,
    import bigint,
    CONSTRAINT upload_state_check CHECK ((state = ANY (ARRAY['open'::text, 'asked'::text, 'done'::text, 'failed'::text])))
);

ALTER TABLE upload ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME upload_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE ONLY access_rule
    ADD CONSTRAINT access_rule_pkey PRIMARY KEY (one);

ALTER TABLE ONLY address_trouble
    ADD CONSTRAINT address_trouble_pkey PRIMARY KEY (bucket, key);

ALTER TABLE ONLY address_use
    ADD CONSTRAINT address_use_pkey PRIMARY KEY (bucket, key, content);

ALTER TABLE ONLY api_key
    ADD CONSTRAINT api_key_hash_key UNIQUE (hash);

ALTER TABLE ONLY api_key
    ADD CONSTRAINT api_key_pkey PRIMARY KEY (id);

ALTER TABLE ONLY attempt
    ADD CONSTRAINT attempt_pkey PRIMARY KEY (bucket, message, no);

ALTER TABLE ONLY audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (n);

ALTER TABLE ONLY backup_taken
    ADD CONSTRAINT backup_taken_pkey PRIMARY KEY (one);

ALTER TABLE ONLY bounce_box
    ADD CONSTRAINT bounce_box_pkey PRIMARY KEY (one);

ALTER TABLE ONLY broadcast
    ADD CONSTRAINT broadcast_pkey PRIMARY KEY (key);

ALTER TABLE broadcast
    ADD CONSTRAINT broadcast_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'scheduled'::text, 'running'::text, 'paused'::text, 'testing'::text, 'addressed'::text, 'done'::text, 'cancelled'::text]))) NOT VALID;

ALTER TABLE ONLY clock
    ADD CONSTRAINT clock_pkey PRIMARY KEY (one);

ALTER TABLE ONLY consent
    ADD CONSTRAINT consent_pkey PRIMARY KEY (bucket, person, n);

ALTER TABLE ONLY consent_state
    ADD CONSTRAINT consent_state_pkey PRIMARY KEY (bucket, person, channel, topic);

ALTER TABLE ONLY counted_buyer
    ADD CONSTRAINT counted_buyer_pkey PRIMARY KEY (bucket, person, journey, arm, currency, gen);

ALTER TABLE ONLY counted_order
    ADD CONSTRAINT counted_order_pkey PRIMARY KEY (bucket, key, gen);

ALTER TABLE definition
    ADD CONSTRAINT definition_kind_check CHECK ((kind = ANY (ARRAY['segment'::text, 'model'::text, 'score'::text, 'journey'::text, 'template'::text, 'policy'::text, 'brand'::text, 'broadcast'::text]))) NOT VALID;

ALTER TABLE ONLY definition
    ADD CONSTRAINT definition_pkey PRIMARY KEY (kind, key, version);

ALTER TABLE ONLY delivery_hold
    ADD CONSTRAINT delivery_hold_pkey PRIMARY KEY (key);

ALTER TABLE ONLY demo
    ADD CONSTRAINT demo_pkey PRIMARY KEY (one);

ALTER TABLE ONLY dev_mail
    ADD CONSTRAINT dev_mail_pkey PRIMARY KEY (id);

ALTER TABLE ONLY dkim_key
    ADD CONSTRAINT dkim_key_pkey PRIMARY KEY (domain);

ALTER TABLE ONLY draft
    ADD CONSTRAINT draft_pkey PRIMARY KEY (kind, key);

ALTER TABLE ONLY draft_revision
    ADD CONSTRAINT draft_revision_pkey PRIMARY KEY (kind, key, revision);

ALTER TABLE ONLY erased_address
    ADD CONSTRAINT erased_address_pkey PRIMARY KEY (bucket, key);

ALTER TABLE ONLY erased
    ADD CONSTRAINT erased_pkey PRIMARY KEY (bucket, key);

ALTER TABLE ONLY erasure
    ADD CONSTRAINT erasure_pkey PRIMARY KEY (id);

ALTER TABLE ONLY fact
    ADD CONSTRAINT fact_pkey PRIMARY KEY (bucket, id);

ALTER TABLE ONLY hit
    ADD CONSTRAINT hit_pkey PRIMARY KEY (bucket, id);

ALTER TABLE ONLY hit_sum
    ADD CONSTRAINT hit_sum_pkey PRIMARY KEY (campaign, kind, place, machine, hour_at);

ALTER TABLE ONLY idempotent
    ADD CONSTRAINT idempotent_pkey PRIMARY KEY (api_key, key);

ALTER TABLE ONLY identity_key
    ADD CONSTRAINT identity_key_pkey PRIMARY KEY (id);

ALTER TABLE ONLY import_before
    ADD CONSTRAINT import_before_pkey PRIMARY KEY (bucket, person, import);

ALTER TABLE ONLY import_content
    ADD CONSTRAINT import_content_pkey PRIMARY KEY (bucket, id);

ALTER TABLE ONLY import
    ADD CONSTRAINT import_pkey PRIMARY KEY (id);

ALTER TABLE ONLY import_suppression
    ADD CONSTRAINT import_suppression_pkey PRIMARY KEY (bucket, key, scope);

ALTER TABLE ONLY import_undo
    ADD CONSTRAINT import_undo_pkey PRIMARY KEY (import);

ALTER TABLE ONLY input
    ADD CONSTRAINT input_pkey PRIMARY KEY (bucket, seq);

ALTER TABLE ONLY instance
    ADD CONSTRAINT instance_pkey PRIMARY KEY (name);

ALTER TABLE ONLY invitation
    ADD CONSTRAINT invitation_hash_key UNIQUE (hash);

ALTER TABLE ONLY invitation
    ADD CONSTRAINT invitation_pkey PRIMARY KEY (id);

ALTER TABLE ONLY journal
    ADD CONSTRAINT journal_pkey PRIMARY KEY (name);

ALTER TABLE ONLY lane_count
    ADD CONSTRAINT lane_count_pkey PRIMARY KEY (lane, hour_at, part);

ALTER TABLE ONLY lane
    ADD CONSTRAINT lane_pkey PRIMARY KEY (bucket);

ALTER TABLE ONLY member
    ADD CONSTRAINT member_email_key UNIQUE (email);

ALTER TABLE ONLY member
    ADD CONSTRAINT member_pkey PRIMARY KEY (id);

ALTER TABLE ONLY member_session
    ADD CONSTRAINT member_session_hash_key UNIQUE (hash);

ALTER TABLE ONLY member_session
    ADD CONSTRAINT member_session_pkey PRIMARY KEY (id);

ALTER TABLE ONLY membership
    ADD CONSTRAINT membership_pkey PRIMARY KEY (bucket, person, segment);

ALTER TABLE ONLY message
    ADD CONSTRAINT message_pkey PRIMARY KEY (bucket, id);

ALTER TABLE ONLY message_return
    ADD CONSTRAINT message_return_pkey PRIMARY KEY (bucket, message, sort);

ALTER TABLE ONLY migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (name);

ALTER TABLE ONLY migration_step
    ADD CONSTRAINT migration_step_pkey PRIMARY KEY (name);

ALTER TABLE ONLY obligation
    ADD CONSTRAINT obligation_pkey PRIMARY KEY (id);

ALTER TABLE ONLY parked
    ADD CONSTRAINT parked_pkey PRIMARY KEY (bucket, person);

ALTER TABLE ONLY part
    ADD CONSTRAINT part_pkey PRIMARY KEY (name, process);

ALTER TABLE ONLY person
    ADD CONSTRAINT person_pkey PRIMARY KEY (bucket, key);

ALTER TABLE ONLY persona
    ADD CONSTRAINT persona_pkey PRIMARY KEY (id);

ALTER TABLE ONLY picture
    ADD CONSTRAINT picture_pkey PRIMARY KEY (name);

ALTER TABLE ONLY plan_item
    ADD CONSTRAINT plan_item_pkey PRIMARY KEY (id);

ALTER TABLE ONLY "position"
    ADD CONSTRAINT position_pkey PRIMARY KEY (bucket, person, model);

ALTER TABLE ONLY product
    ADD CONSTRAINT product_pkey PRIMARY KEY (gen, id);

ALTER TABLE ONLY profile
    ADD CONSTRAINT profile_pkey PRIMARY KEY (bucket, person);

ALTER TABLE ONLY program
    ADD CONSTRAINT program_pkey PRIMARY KEY (number);

ALTER TABLE ONLY quarantine
    ADD CONSTRAINT quarantine_pkey PRIMARY KEY (id);

ALTER TABLE ONLY recovery_code
    ADD CONSTRAINT recovery_code_pkey PRIMARY KEY (member, hash);

ALTER TABLE ONLY rehearsal
    ADD CONSTRAINT rehearsal_pkey PRIMARY KEY (id);

ALTER TABLE ONLY relay
    ADD CONSTRAINT relay_pkey PRIMARY KEY (one);

ALTER TABLE ONLY retention
    ADD CONSTRAINT retention_pkey PRIMARY KEY (what);

ALTER TABLE ONLY run
    ADD CONSTRAINT run_pkey PRIMARY KEY (bucket, person, id);

ALTER TABLE ONLY score_value
    ADD CONSTRAINT score_value_pkey PRIMARY KEY (bucket, person, score);

ALTER TABLE ONLY seen
    ADD CONSTRAINT seen_pkey PRIMARY KEY (bucket, message_id);

ALTER TABLE ONLY sign_in
    ADD CONSTRAINT sign_in_pkey PRIMARY KEY (hash);

ALTER TABLE ONLY sign_in_try
    ADD CONSTRAINT sign_in_try_pkey PRIMARY KEY (key);

ALTER TABLE ONLY spend
    ADD CONSTRAINT spend_pkey PRIMARY KEY (id);

ALTER TABLE ONLY spend
    ADD CONSTRAINT spend_source_purpose_from_day_until_day_currency_key UNIQUE (source, purpose, from_day, until_day, currency);

ALTER TABLE ONLY stay_row
    ADD CONSTRAINT stay_row_pkey PRIMARY KEY (gen, what, key, day, version, part, bin);

ALTER TABLE ONLY suppression
    ADD CONSTRAINT suppression_pkey PRIMARY KEY (bucket, key, scope);

ALTER TABLE ONLY tally_cursor
    ADD CONSTRAINT tally_cursor_pkey PRIMARY KEY (gen, bucket);

ALTER TABLE ONLY tally_form
    ADD CONSTRAINT tally_form_pkey PRIMARY KEY (one);

ALTER TABLE ONLY tally_month_row
    ADD CONSTRAINT tally_month_row_pkey PRIMARY KEY (gen, what, key, month, version, part, other, detail, extra);

ALTER TABLE ONLY tally_row
    ADD CONSTRAINT tally_row_pkey PRIMARY KEY (gen, what, key, day, version, part, other, detail, extra);

ALTER TABLE ONLY thing
    ADD CONSTRAINT thing_pkey PRIMARY KEY (bucket, person, type, id);

ALTER TABLE ONLY touchpoint
    ADD CONSTRAINT touchpoint_pkey PRIMARY KEY (id);

ALTER TABLE ONLY upload
    ADD CONSTRAINT upload_pkey PRIMARY KEY (id);

CREATE INDEX broadcast_open ON broadcast USING btree (starts_at) WHERE (state = ANY (ARRAY['scheduled'::text, 'running'::text, 'testing'::text, 'addressed'::text]));

CREATE INDEX consent_address ON consent USING btree (address_hash) WHERE (address_hash <> ''::text);

CREATE INDEX counted_order_person ON counted_order USING btree (person);

CREATE INDEX dev_mail_received ON dev_mail USING btree (received_at);

CREATE INDEX dev_mail_recipient ON dev_mail USING btree (recipient, received_at);

CREATE INDEX erasure_notice ON erasure USING btree (id) WHERE (notice IS NOT NULL);

CREATE INDEX fact_kind ON fact USING btree (kind, at);

CREATE INDEX fact_person ON fact USING btree (bucket, person, at);

CREATE INDEX hit_due ON hit USING btree (bucket, due_at) WHERE (settled_at IS NULL);

CREATE INDEX hit_message ON hit USING btree (bucket, message, at);

CREATE INDEX idempotent_age ON idempotent USING btree (at);

CREATE INDEX identity_key_source ON identity_key USING btree (source);

CREATE INDEX import_undo_asked ON import_undo USING btree (import) WHERE (state = 'asked'::text);

CREATE INDEX input_dedupe ON input USING btree (dedupe) WHERE (dedupe IS NOT NULL);

CREATE INDEX input_person ON input USING btree (bucket, person, seq);

CREATE INDEX member_session_member ON member_session USING btree (member);

CREATE INDEX membership_segment ON membership USING btree (segment, bucket);

CREATE INDEX message_due ON message USING btree (lane, journey, priority, due_at) WHERE (state = ANY (ARRAY['planned'::text, 'deferred'::text]));

CREATE INDEX message_held ON message USING btree (leased_until) WHERE (state = ANY (ARRAY['leased'::text, 'dialling'::text]));

CREATE INDEX message_journey ON message USING btree (journey, version, node, state);

CREATE INDEX message_person ON message USING btree (bucket, person, planned_at);

CREATE INDEX message_return_journey ON message_return USING btree (journey, at) WHERE (sort = 'bounce'::text);

CREATE INDEX message_return_lane ON message_return USING btree (lane, at) WHERE (sort = 'complaint'::text);

CREATE INDEX message_unknown ON message USING btree (changed_at) WHERE (state = 'unknown'::text);

CREATE INDEX person_behind ON person USING btree (bucket, program) WHERE (forward IS NULL);

CREATE INDEX person_forward ON person USING btree (bucket, key) WHERE (forward IS NOT NULL);

CREATE INDEX person_wake ON person USING btree (bucket, wake_at) WITH (deduplicate_items=off) WHERE (wake_at IS NOT NULL);

CREATE INDEX picture_added ON picture USING btree (added_at DESC) WHERE (NOT hidden);

CREATE INDEX plan_item_days ON plan_item USING btree (from_day, until_day);

CREATE INDEX position_stage ON "position" USING btree (model, stage, bucket);

CREATE INDEX position_unknown ON "position" USING btree (bucket, person) WHERE (moves IS NULL);

CREATE INDEX product_rank ON product USING btree (gen, rank DESC, id);

CREATE INDEX profile_email ON profile USING btree (lower((traits ->> 'email'::text)) text_pattern_ops) WHERE (traits ? 'email'::text);

CREATE INDEX profile_first_name ON profile USING btree (lower((traits ->> 'first_name'::text)) text_pattern_ops) WHERE (traits ? 'first_name'::text);

CREATE INDEX profile_last_name ON profile USING btree (lower((traits ->> 'last_name'::text)) text_pattern_ops) WHERE (traits ? 'last_name'::text);

CREATE INDEX profile_name ON profile USING btree (lower((traits ->> 'name'::text)) text_pattern_ops) WHERE (traits ? 'name'::text);

CREATE INDEX quarantine_open ON quarantine USING btree (received_at) WHERE (replayed_at IS NULL);

CREATE INDEX rehearsal_journey ON rehearsal USING btree (journey, id DESC);

CREATE INDEX run_node ON run USING btree (journey, version, node, bucket);

CREATE INDEX seen_age ON seen USING btree (accepted_at);

CREATE INDEX sign_in_try_age ON sign_in_try USING btree (until);

CREATE INDEX thing_type ON thing USING btree (type, bucket);

CREATE INDEX upload_asked ON upload USING btree (id) WHERE (state = 'asked'::text);

CREATE TRIGGER tally_added AFTER INSERT ON tally_row REFERENCING NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION slinga_months();

CREATE TRIGGER tally_changed AFTER UPDATE ON tally_row REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION slinga_months();

ALTER TABLE ONLY invitation
    ADD CONSTRAINT invitation_invited_by_fkey FOREIGN KEY (invited_by) REFERENCES member(id);

ALTER TABLE ONLY member_session
    ADD CONSTRAINT member_session_member_fkey FOREIGN KEY (member) REFERENCES member(id) ON DELETE CASCADE;

ALTER TABLE ONLY recovery_code
    ADD CONSTRAINT recovery_code_member_fkey FOREIGN KEY (member) REFERENCES member(id) ON DELETE CASCADE;
