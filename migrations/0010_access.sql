-- Who may call the API, and the one-time links by which a member signs in.
-- Instants here are real ones: fast-forwarding the workspace's clock must neither lock out nor let in.

CREATE TABLE api_key (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('write', 'secret')),
    hash bytea NOT NULL UNIQUE CHECK (length(hash) = 32),
    hint text NOT NULL,
    source text NOT NULL,
    trust smallint NOT NULL CHECK (trust BETWEEN 0 AND 2),
    origins text[] NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    withdrawn_at timestamptz
);

CREATE TABLE sign_in (
    hash bytea PRIMARY KEY CHECK (length(hash) = 32),
    member text NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
