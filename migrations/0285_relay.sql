-- The server that mail leaves through and the keys that sign it, where the desk says them and not the environment.
-- Passwords and private keys are sealed with a key of the installation's secret, which is not in the database.
CREATE TABLE relay (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    host text NOT NULL,
    port integer NOT NULL CHECK (port BETWEEN 1 AND 65535),
    security text NOT NULL CHECK (security IN ('starttls', 'tls', 'none')),
    username text NOT NULL DEFAULT '',
    password bytea NOT NULL DEFAULT '',    -- sealed; empty: the server asks for none
    bounce text NOT NULL DEFAULT '',       -- the domain of return addresses; empty: the sender's
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    changed_by text NOT NULL
);

CREATE TABLE dkim_key (
    domain text PRIMARY KEY CHECK (domain = lower(domain)),
    selector text NOT NULL,
    key bytea NOT NULL,                    -- sealed
    made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    made_by text NOT NULL
);
