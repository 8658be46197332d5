-- Erasures: what is left of a person who was erased, so that nothing brings them back.

CREATE TABLE erasure (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    reason text NOT NULL,
    by text NOT NULL,
    people integer NOT NULL,           -- how many keys were this person
    proof jsonb NOT NULL,              -- length and last hash of each consent ledger, rows erased by table
    notice jsonb,                      -- what other systems are to be told, until they have been
    readmitted_at timestamptz
);
CREATE INDEX erasure_notice ON erasure (id) WHERE notice IS NOT NULL;

-- Every key that was an erased person: inputs for it are dropped at the door of the log.
CREATE TABLE erased (
    bucket smallint NOT NULL,
    key uuid NOT NULL,
    erasure bigint NOT NULL,
    PRIMARY KEY (bucket, key)
);

-- The keyed hash of each address that was only theirs: imports pass it over.
CREATE TABLE erased_address (
    bucket smallint NOT NULL,
    key bytea NOT NULL,
    erasure bigint NOT NULL,
    PRIMARY KEY (bucket, key)
);
