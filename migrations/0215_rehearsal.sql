-- Rehearsals that members asked for, played in the background; the newest of a journey stay to be read. Reports
-- here name nobody: examples of people are left out.
CREATE TABLE rehearsal (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    journey text NOT NULL,
    request jsonb NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed', 'cancelled')),
    done integer NOT NULL DEFAULT 0,             -- parts played
    parts integer NOT NULL DEFAULT 0,            -- parts in all
    report jsonb,
    fault text NOT NULL DEFAULT '',
    asked_by text NOT NULL,
    asked_at timestamptz NOT NULL,
    beat_at timestamptz,                         -- wall clock: when whoever plays it was last heard of
    ended_at timestamptz
);

CREATE INDEX rehearsal_journey ON rehearsal (journey, id DESC);
