-- Broadcasts: one message to everybody who is in an audience at one instant.
ALTER TABLE definition DROP CONSTRAINT definition_kind_check;
ALTER TABLE definition ADD CONSTRAINT definition_kind_check CHECK (kind IN (
    'segment', 'model', 'score', 'journey', 'template', 'policy', 'brand', 'broadcast')) NOT VALID;

CREATE TABLE broadcast (
    key text PRIMARY KEY,
    document jsonb NOT NULL,         -- published as a definition when it starts
    state text NOT NULL DEFAULT 'draft'
        CHECK (state IN ('draft', 'scheduled', 'running', 'paused', 'addressed', 'done', 'cancelled')),
    starts_at timestamptz,           -- when it is to start, while scheduled
    started_at timestamptz,          -- the instant at which the audience is asked
    next_bucket smallint NOT NULL DEFAULT 0 CHECK (next_bucket BETWEEN 0 AND 256), -- buckets before are addressed
    audience bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL DEFAULT '',
    changed_at timestamptz NOT NULL
);

CREATE INDEX broadcast_open ON broadcast (starts_at) WHERE state IN ('scheduled', 'running', 'addressed');
