-- The admin API: what a key may do, each write once, and who did what.

-- Keys made before this, and by a release that knows no scopes, may do everything, as they could.
ALTER TABLE api_key ADD COLUMN scopes text[] NOT NULL DEFAULT '{everything}';
ALTER TABLE api_key ADD COLUMN expires_at timestamptz;
ALTER TABLE api_key ADD COLUMN last_used_at timestamptz;

-- The answer to a write, under the caller's Idempotency-Key, in the transaction of its effect.
CREATE TABLE idempotent (
    api_key bigint NOT NULL,
    key text NOT NULL,
    request bytea NOT NULL,            -- hash of method, path and body
    status smallint NOT NULL,
    answer bytea NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (api_key, key)
);
CREATE INDEX idempotent_age ON idempotent (at);

-- Who did what, when: append-only, one chain, so that a changed or missing row shows. No personal data.
CREATE TABLE audit (
    n bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    actor text NOT NULL,               -- key:<id>, command, member:<name>
    action text NOT NULL,
    object text NOT NULL,              -- a person's key, kind/key of a definition, the number of a key
    detail jsonb NOT NULL,
    prev_hash bytea NOT NULL,
    hash bytea NOT NULL
);
