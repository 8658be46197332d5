-- What was spent, by source and days: entered by hand or imported. `purpose` is what it was spent on.
CREATE TABLE spend (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    source text NOT NULL,
    purpose text NOT NULL CHECK (purpose IN ('acquisition', 'retention')),
    from_day date NOT NULL,
    until_day date NOT NULL,
    amount numeric NOT NULL CHECK (amount >= 0),
    currency text NOT NULL,
    note text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    created_by text NOT NULL DEFAULT '',
    CHECK (until_day >= from_day),
    UNIQUE (source, purpose, from_day, until_day, currency)  -- the same row imported again replaces it
);

-- What somebody planned by hand, for the calendar.
CREATE TABLE plan_item (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    name text NOT NULL,
    stage text NOT NULL DEFAULT '',             -- model/stage
    channel text NOT NULL DEFAULT '',
    owner text NOT NULL DEFAULT '',
    note text NOT NULL DEFAULT '',
    from_day date NOT NULL,
    until_day date NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL DEFAULT '',
    CHECK (until_day >= from_day)
);
CREATE INDEX plan_item_days ON plan_item (from_day, until_day);
