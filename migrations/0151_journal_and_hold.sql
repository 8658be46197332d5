-- How far this database knows each obligations journal, and why an installation holds its mail.

-- Written in the transaction that drains obligations into a file. A database that comes back from a backup
-- knows less of the journal than the journal has: the rest is replayed before anything is sent.
CREATE TABLE journal (
    name text PRIMARY KEY,                  -- the hash of the file's first line
    n bigint NOT NULL,                      -- its last line that this database knows
    hash text NOT NULL                      -- that line's hash
);

-- Not null: no installation at all may send until a person confirms, and this is why.
ALTER TABLE instance ADD COLUMN hold text;
