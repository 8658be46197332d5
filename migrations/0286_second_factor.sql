-- A second factor for members, and their sessions by device. Instants are real ones, as for all of signing in.

ALTER TABLE member
    ADD COLUMN second_factor bytea,                      -- sealed secret of the authenticator; NULL: none
    ADD COLUMN factor_step bigint NOT NULL DEFAULT 0;    -- the newest step whose code was used: none works twice

CREATE TABLE recovery_code (
    member bigint NOT NULL REFERENCES member ON DELETE CASCADE,
    hash bytea NOT NULL CHECK (length(hash) = 32),       -- keyed
    PRIMARY KEY (member, hash)
);

CREATE TABLE member_session (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hash bytea NOT NULL UNIQUE CHECK (length(hash) = 32),
    member bigint NOT NULL REFERENCES member ON DELETE CASCADE,
    epoch integer NOT NULL,
    agent text NOT NULL,                                 -- such as "Firefox, Linux"; no address is kept
    begun_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    until timestamptz NOT NULL,
    ended_at timestamptz
);
CREATE INDEX member_session_member ON member_session (member);

CREATE TABLE access_rule (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    second_factor boolean NOT NULL                       -- whether every member must have one
);
