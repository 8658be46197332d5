-- Pictures of mails: served to everybody under a name made from their content, so what a name shows never changes.
CREATE TABLE picture (
    name text PRIMARY KEY CHECK (name ~ '^[0-9a-f]{32}\.(jpg|png|gif)$'),
    title text NOT NULL,          -- how the team finds it again
    media text NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    octets integer NOT NULL,
    content bytea NOT NULL,       -- encoded anew by us, without what cameras write into pictures
    added_at timestamptz NOT NULL,
    added_by text NOT NULL,
    hidden boolean NOT NULL DEFAULT false -- no longer offered; still served, for mails that were sent show it
);
CREATE INDEX picture_added ON picture (added_at DESC) WHERE NOT hidden;
