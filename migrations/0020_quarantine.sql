-- What was refused at the door, with its reason, so that it can be mended and replayed.

CREATE TABLE quarantine (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    received_at timestamptz NOT NULL,
    source text NOT NULL,
    trust smallint NOT NULL,
    call text NOT NULL,
    reason text NOT NULL,
    field text NOT NULL,
    remedy text NOT NULL,
    size integer NOT NULL,
    -- Bytes, not text: what was refused may be no valid text. At most the first 64 kB.
    payload bytea NOT NULL,
    sent_at timestamptz,
    replayed_at timestamptz
);
CREATE INDEX quarantine_open ON quarantine (received_at) WHERE replayed_at IS NULL;
