-- Files that members of the team hand over at the desk, and imports they want taken back; worked off beside the web.

CREATE TABLE upload (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,                -- as the member's machine called it
    path text NOT NULL,                -- below the data directory
    size bigint NOT NULL,
    by text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT slinga_now(),
    mapping jsonb NOT NULL,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'asked', 'done', 'failed')),
    phase text NOT NULL DEFAULT '',
    done bigint NOT NULL DEFAULT 0,
    total bigint NOT NULL DEFAULT 0,   -- 0: not known yet
    fault text NOT NULL DEFAULT '',
    import bigint                      -- once it has begun
);
CREATE INDEX upload_asked ON upload (id) WHERE state = 'asked';

CREATE TABLE import_undo (
    import bigint PRIMARY KEY,
    by text NOT NULL,
    asked_at timestamptz NOT NULL DEFAULT slinga_now(),
    state text NOT NULL DEFAULT 'asked' CHECK (state IN ('asked', 'done', 'failed')),
    phase text NOT NULL DEFAULT '',
    done bigint NOT NULL DEFAULT 0,
    total bigint NOT NULL DEFAULT 0,
    fault text NOT NULL DEFAULT ''
);
CREATE INDEX import_undo_asked ON import_undo (import) WHERE state = 'asked';
