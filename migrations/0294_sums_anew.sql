-- Sums can be counted anew beside those that pages read: each row says in which counting it stands, and the views show
-- the one that counts. Changing over is one row of `tally_form`.
ALTER TABLE tally_form ADD COLUMN gen integer NOT NULL DEFAULT 0;       -- the counting that pages read
ALTER TABLE tally_form ADD COLUMN next integer;                         -- the one under way; null: none
ALTER TABLE tally_form ADD COLUMN next_form integer;
ALTER TABLE tally_form ADD COLUMN floor date;       -- days before it are no longer wholly kept: their sums are taken over

ALTER TABLE tally_cursor ADD COLUMN gen integer NOT NULL DEFAULT 0;
ALTER TABLE tally_cursor DROP CONSTRAINT tally_cursor_pkey;
ALTER TABLE tally_cursor ADD PRIMARY KEY (gen, bucket);

CREATE TABLE tally_row (
    gen integer NOT NULL DEFAULT 0,
    what text NOT NULL,
    key text NOT NULL,                      -- a journey, a model, a segment, a channel, a name
    day date NOT NULL,                      -- of the workspace's zone
    version integer NOT NULL,               -- of a journey; 0 where there is none
    part text NOT NULL,
    other text NOT NULL,
    detail text NOT NULL,
    extra text NOT NULL,
    count bigint NOT NULL,
    value numeric NOT NULL,
    PRIMARY KEY (gen, what, key, day, version, part, other, detail, extra)
) WITH (fillfactor = 80);
INSERT INTO tally_row SELECT 0, t.* FROM tally t;
DROP TABLE tally;
CREATE VIEW tally AS
SELECT what, key, day, version, part, other, detail, extra, count, value FROM tally_row
WHERE gen = (SELECT f.gen FROM tally_form f);

CREATE TABLE stay_row (
    gen integer NOT NULL DEFAULT 0,
    what text NOT NULL,
    key text NOT NULL,
    day date NOT NULL,
    version integer NOT NULL,
    part text NOT NULL,
    bin smallint NOT NULL,
    count bigint NOT NULL,
    PRIMARY KEY (gen, what, key, day, version, part, bin)
) WITH (fillfactor = 80);
INSERT INTO stay_row SELECT 0, s.* FROM stay s;
DROP TABLE stay;
CREATE VIEW stay AS
SELECT what, key, day, version, part, bin, count FROM stay_row WHERE gen = (SELECT f.gen FROM tally_form f);

ALTER TABLE counted_order ADD COLUMN gen integer NOT NULL DEFAULT 0;
ALTER TABLE counted_order DROP CONSTRAINT counted_order_pkey;
ALTER TABLE counted_order ADD PRIMARY KEY (bucket, key, gen);

ALTER TABLE counted_buyer ADD COLUMN gen integer NOT NULL DEFAULT 0;
ALTER TABLE counted_buyer DROP CONSTRAINT counted_buyer_pkey;
ALTER TABLE counted_buyer ADD PRIMARY KEY (bucket, person, journey, arm, currency, gen);

ALTER TABLE product ADD COLUMN gen integer NOT NULL DEFAULT 0;
ALTER TABLE product DROP CONSTRAINT product_pkey;
ALTER TABLE product ADD PRIMARY KEY (gen, id);
DROP INDEX product_rank;
CREATE INDEX product_rank ON product (gen, rank DESC, id);
