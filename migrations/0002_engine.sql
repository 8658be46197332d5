-- The engine's tables: published definitions, people's states, facts, lanes.

-- Every published version of every definition, immutable.
CREATE TABLE definition (
    kind text NOT NULL CHECK (kind IN ('segment', 'model', 'score', 'journey', 'template', 'policy', 'brand')),
    key text NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    document jsonb NOT NULL,
    published_at timestamptz NOT NULL,
    published_by text NOT NULL DEFAULT '',
    PRIMARY KEY (kind, key, version)
);

-- A program is the set of definitions in force from an instant on; numbers only grow.
CREATE TABLE program (
    number integer PRIMARY KEY CHECK (number > 0),
    published_at timestamptz NOT NULL,
    zone text NOT NULL,
    parts jsonb NOT NULL   -- [{kind, key, version, live: bool, enter_existing: bool}]
);

-- One row per person: the whole state, and what the engine must find it by.
CREATE TABLE person (
    bucket smallint NOT NULL,
    key uuid NOT NULL,
    state bytea NOT NULL,          -- msgpack, see engine.model.Person
    format smallint NOT NULL,      -- of `state`; a worker refuses one newer than its own
    program integer NOT NULL,      -- the program the state was built under
    seq bigint NOT NULL,           -- last input applied
    wake_at timestamptz,           -- next instant at which something can change by itself
    forward uuid,                  -- set when this person was merged into another
    created_at timestamptz NOT NULL,
    PRIMARY KEY (bucket, key)
);
CREATE INDEX person_wake ON person (bucket, wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX person_program ON person (program);

-- What changed, append-only; reports and timelines read it.
CREATE TABLE fact (
    bucket smallint NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    person uuid NOT NULL,
    seq bigint NOT NULL,           -- the input that caused it, 0 for the passing of time
    kind text NOT NULL,
    name text NOT NULL,
    at timestamptz NOT NULL,
    body jsonb NOT NULL,
    PRIMARY KEY (bucket, id)
);
CREATE INDEX fact_person ON fact (bucket, person, at);
CREATE INDEX fact_kind ON fact (kind, at);

-- A bucket's cursor: inputs up to `cursor` are applied, except those of parked people.
CREATE TABLE lane (
    bucket smallint PRIMARY KEY,
    cursor bigint NOT NULL DEFAULT 0
);
INSERT INTO lane (bucket) SELECT generate_series(0, 255);

-- People with so many inputs waiting that they would delay others: applied apart, by person.seq.
CREATE TABLE parked (
    bucket smallint NOT NULL,
    person uuid NOT NULL,
    parked_at timestamptz NOT NULL,
    PRIMARY KEY (bucket, person)
);
