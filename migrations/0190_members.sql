-- Members of the team, their invitations, and what holds back whoever guesses passwords.
-- Instants here are real ones, as for keys: moving the workspace's clock must neither lock out nor let in.

CREATE TABLE member (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text NOT NULL UNIQUE CHECK (email = lower(email)),
    name text NOT NULL,
    role text NOT NULL CHECK (role IN ('owner', 'marketer', 'analyst', 'viewer')),
    password text,                     -- argon2id; NULL: enters by one-time addresses alone
    locale text NOT NULL DEFAULT 'en',
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    disabled_at timestamptz,
    epoch integer NOT NULL DEFAULT 0   -- a session of another epoch has ended
);

CREATE TABLE invitation (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hash bytea NOT NULL UNIQUE CHECK (length(hash) = 32),
    email text NOT NULL CHECK (email = lower(email)),
    role text NOT NULL CHECK (role IN ('owner', 'marketer', 'analyst', 'viewer')),
    invited_by bigint NOT NULL REFERENCES member,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    withdrawn_at timestamptz
);

CREATE TABLE sign_in_try (
    key bytea PRIMARY KEY CHECK (length(key) = 32),  -- keyed hash of an account or a network
    tries integer NOT NULL,
    until timestamptz NOT NULL                       -- from here on it counts from nothing
);
CREATE INDEX sign_in_try_age ON sign_in_try (until);
