-- What questions about people need, in typed rows: the set reading of conditions looks at these and at the
-- log. The engine writes them when a person's value changes, in the same transaction.

-- One row per living person; a merged or erased person has none.
CREATE TABLE profile (
    bucket smallint NOT NULL,
    person uuid NOT NULL,
    zone text,
    traits jsonb NOT NULL DEFAULT '{}',
    tags text[] NOT NULL DEFAULT '{}',
    identified boolean NOT NULL DEFAULT false,
    reachable text[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (bucket, person)
);

CREATE TABLE membership (
    bucket smallint NOT NULL,
    person uuid NOT NULL,
    segment text NOT NULL,
    entered_at timestamptz NOT NULL,
    PRIMARY KEY (bucket, person, segment)
);
CREATE INDEX membership_segment ON membership (segment, bucket);

CREATE TABLE position (
    bucket smallint NOT NULL,
    person uuid NOT NULL,
    model text NOT NULL,
    stage text NOT NULL,
    status text,
    entered_at timestamptz NOT NULL,
    PRIMARY KEY (bucket, person, model)
);
CREATE INDEX position_stage ON position (model, stage, bucket);

CREATE TABLE score_value (
    bucket smallint NOT NULL,
    person uuid NOT NULL,
    score text NOT NULL,
    value numeric NOT NULL,
    PRIMARY KEY (bucket, person, score)
);

CREATE TABLE consent_state (
    bucket smallint NOT NULL,
    person uuid NOT NULL,
    channel text NOT NULL,
    topic text NOT NULL,
    state text NOT NULL CHECK (state IN ('granted', 'withdrawn', 'denied', 'unknown')),
    PRIMARY KEY (bucket, person, channel, topic)
);

CREATE TABLE thing (
    bucket smallint NOT NULL,
    person uuid NOT NULL,
    type text NOT NULL,
    id text NOT NULL,
    attributes jsonb NOT NULL DEFAULT '{}',
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (bucket, person, type, id)
);
CREATE INDEX thing_type ON thing (type, bucket);

-- What conditions count: the log's events, and the visits that the engine folded from them, which are facts.
-- Visits of a person who merged into another stand in the survivor's log, as history.
CREATE VIEW happened AS
SELECT bucket, person, seq, kind, name, accepted_at, occurred_at, body
FROM input
WHERE kind IN ('event', 'history')
UNION ALL
SELECT bucket, person, seq, 'event', CASE kind WHEN 'visit_started' THEN 'Visit Started' ELSE 'Visit Ended' END,
    at, at, jsonb_build_object('properties', body)
FROM fact
WHERE kind IN ('visit_started', 'visit_ended');
