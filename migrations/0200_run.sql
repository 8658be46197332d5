-- Where people's runs wait, written on change with the other rows that questions read: one row for each run that
-- goes on. `due_at` is the latest instant at which it moves on by itself; NULL where only an event moves it.
CREATE TABLE run (
    bucket smallint NOT NULL,
    person uuid NOT NULL,
    id text NOT NULL,
    journey text NOT NULL,
    version integer NOT NULL,
    node text NOT NULL,
    about text NOT NULL,                    -- the thing it is about (a cart, an order); '' for the person
    entered_at timestamptz NOT NULL,
    since timestamptz NOT NULL,             -- at this node
    due_at timestamptz,
    PRIMARY KEY (bucket, person, id)
);

CREATE INDEX run_node ON run (journey, version, node, bucket);
