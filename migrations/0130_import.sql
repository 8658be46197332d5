-- Imports of history: what was taken in, how far it has come, and what is needed to take it back.

CREATE TABLE import (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    state text NOT NULL CHECK (state IN ('running', 'done', 'undoing', 'undone')),
    mapping jsonb NOT NULL,
    files jsonb NOT NULL,              -- [{path, size, sha256}]
    by text NOT NULL,
    started_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    position bigint NOT NULL DEFAULT 0,  -- rows dealt with, in the order of the arranged table
    rows bigint NOT NULL,                -- records in the files
    accepted bigint NOT NULL DEFAULT 0,
    duplicates bigint NOT NULL DEFAULT 0,
    errors bigint NOT NULL DEFAULT 0,
    notes bigint NOT NULL DEFAULT 0,
    inputs bigint NOT NULL DEFAULT 0,
    report text NOT NULL,              -- path of the report of errors
    report_size bigint NOT NULL DEFAULT 0  -- bytes of it that belong to `position`
);

-- Hashes of the content of everything imported, for good: the same content is taken in once.
CREATE TABLE import_content (
    bucket smallint NOT NULL,          -- of the hash, not of a person
    id uuid NOT NULL,
    import bigint NOT NULL,
    PRIMARY KEY (bucket, id)
);

-- The state of people who were known before an import touched them, so that it can be taken back exactly.
CREATE TABLE import_before (
    bucket smallint NOT NULL,
    person uuid NOT NULL,
    import bigint NOT NULL,
    state bytea NOT NULL,
    format smallint NOT NULL,
    PRIMARY KEY (bucket, person, import)
);

-- Suppressions that an import added, as keyed hashes of addresses.
CREATE TABLE import_suppression (
    bucket smallint NOT NULL,          -- of the key, not of a person
    key bytea NOT NULL,
    scope text NOT NULL,
    import bigint NOT NULL,
    PRIMARY KEY (bucket, key, scope)
);
