-- Which installations may send: a copy of the database that runs elsewhere is not among them.
CREATE TABLE instance (
    name text PRIMARY KEY,                 -- host, data directory and database
    confirmed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
