-- The mailbox that bounces come to, where the desk says it and not the environment.
-- Its password is sealed with a key of the installation's secret, which is not in the database.
CREATE TABLE bounce_box (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    host text NOT NULL,
    port integer NOT NULL CHECK (port BETWEEN 1 AND 65535),
    username text NOT NULL,
    password bytea NOT NULL,               -- sealed
    folder text NOT NULL DEFAULT 'INBOX',
    done text NOT NULL DEFAULT '',         -- the folder that read mails are moved to; empty: they stay
    every integer NOT NULL DEFAULT 60 CHECK (every BETWEEN 5 AND 86400),
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    changed_by text NOT NULL
);
