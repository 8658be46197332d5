-- A browser's write key stands in the source of every page of the site, so it is no secret: its text is kept, and
-- the desk can show the snippet with it at any time. Keys of servers stay hashes.

ALTER TABLE api_key ADD COLUMN shown text NOT NULL DEFAULT ''
    CHECK (shown = '' OR (kind = 'write' AND trust = 0));
