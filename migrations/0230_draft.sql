-- Definitions while they are edited: one draft per kind and key, with what it was before each save.
CREATE TABLE draft (
    kind text NOT NULL,
    key text NOT NULL,
    document jsonb NOT NULL,
    revision integer NOT NULL CHECK (revision > 0), -- grows with each save; whoever saves names the one they saw
    based_on integer NOT NULL,                       -- the version in force when it was begun; 0 for a new one
    edited_by text NOT NULL,
    edited_at timestamptz NOT NULL,
    PRIMARY KEY (kind, key)
);

CREATE TABLE draft_revision (
    kind text NOT NULL,
    key text NOT NULL,
    revision integer NOT NULL,
    document jsonb NOT NULL,
    edited_by text NOT NULL,
    edited_at timestamptz NOT NULL,
    PRIMARY KEY (kind, key, revision)
);
