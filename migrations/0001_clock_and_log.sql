-- Time that can be moved, and the one log of everything that happens.

-- One row. Virtual time is a stored offset, or a frozen instant (tests, demo fast-forward).
CREATE TABLE clock (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    shift interval NOT NULL DEFAULT interval '0',
    frozen_at timestamptz
);
INSERT INTO clock DEFAULT VALUES;

-- The only clock that decisions see.
CREATE FUNCTION slinga_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT coalesce(frozen_at, clock_timestamp() + shift) FROM clock $$;

CREATE SEQUENCE input_seq;

-- The log. Every input of every kind, for every person; the event table is this log.
-- Appenders hold the advisory lock 'slinga.input' from drawing `seq` until their commit is visible, so
-- seq order is commit order and accepted_at never decreases with seq: a reader sees a prefix, always.
CREATE TABLE input (
    bucket smallint NOT NULL,
    seq bigint NOT NULL,
    person uuid NOT NULL,
    kind text NOT NULL,
    name text NOT NULL DEFAULT '',
    trust smallint NOT NULL,
    source text NOT NULL DEFAULT '',
    message_id text NOT NULL DEFAULT '',
    accepted_at timestamptz NOT NULL,
    occurred_at timestamptz NOT NULL,
    body jsonb NOT NULL,
    PRIMARY KEY (bucket, seq)
);
CREATE INDEX input_person ON input (bucket, person, seq);

-- Message ids seen, kept for at least seven days, keyed by the original identifier's bucket.
CREATE TABLE seen (
    bucket smallint NOT NULL,
    message_id text NOT NULL,
    accepted_at timestamptz NOT NULL,
    PRIMARY KEY (bucket, message_id)
);
CREATE INDEX seen_age ON seen (accepted_at);
