-- Daily sums over facts and events, kept up to date behind a cursor for each bucket, so that a page never counts
-- people. `slinga.insight.tally` says for each `what` which columns mean what; a column without a meaning is ''.
CREATE TABLE tally (
    what text NOT NULL,
    key text NOT NULL,                      -- a journey, a model, a segment, a channel, a name
    day date NOT NULL,                      -- of the workspace's zone
    version integer NOT NULL,               -- of a journey; 0 where there is none
    part text NOT NULL,
    other text NOT NULL,
    detail text NOT NULL,
    extra text NOT NULL,
    count bigint NOT NULL,
    value numeric NOT NULL,
    PRIMARY KEY (what, key, day, version, part, other, detail, extra)
) WITH (fillfactor = 80);

-- Lengths of stays, in bins that grow by a twelfth of a power of two, counted on the day a stay ended.
CREATE TABLE stay (
    what text NOT NULL,
    key text NOT NULL,
    day date NOT NULL,
    version integer NOT NULL,
    part text NOT NULL,
    bin smallint NOT NULL,
    count bigint NOT NULL,
    PRIMARY KEY (what, key, day, version, part, bin)
) WITH (fillfactor = 80);

CREATE TABLE tally_cursor (
    bucket smallint PRIMARY KEY,
    fact bigint NOT NULL DEFAULT 0,         -- the last fact counted
    input bigint NOT NULL DEFAULT 0,        -- the last input counted
    runs boolean NOT NULL DEFAULT false     -- whether the rows of runs are written for states older than they
);
INSERT INTO tally_cursor (bucket) SELECT generate_series(0, 255);

-- Orders that are counted, by a hash of their number: one order counts once, whoever reports it, net of refunds.
CREATE TABLE counted_order (
    bucket smallint NOT NULL,               -- of the hash
    key bytea NOT NULL,
    total numeric NOT NULL,
    refunded numeric NOT NULL DEFAULT 0,
    currency text NOT NULL,
    PRIMARY KEY (bucket, key)
);

-- Touchpoints entered by hand: a fair, a poster, a phone line. Volume and cost are of the whole range of days.
CREATE TABLE touchpoint (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    name text NOT NULL,
    model text NOT NULL,
    stage text NOT NULL,
    channel text NOT NULL,
    from_day date NOT NULL,
    until_day date NOT NULL,
    volume bigint NOT NULL DEFAULT 0 CHECK (volume >= 0),
    cost numeric NOT NULL DEFAULT 0 CHECK (cost >= 0),
    note text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    created_by text NOT NULL DEFAULT '',
    CHECK (until_day >= from_day)
);
