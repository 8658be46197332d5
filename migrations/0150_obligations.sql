-- What must be kept though the database be restored from yesterday: who is not to be written to, who took
-- back a consent, who was erased. Filled in the transaction of the effect, drained into a file outside the
-- database; rows stand here only until the file has them. Keys and keyed hashes, no personal data.
CREATE TABLE obligation (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,                     -- suppression, withdrawal, erasure
    body jsonb NOT NULL,
    at timestamptz NOT NULL
);
