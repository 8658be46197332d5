-- Which kinds of sums the counted days hold: a release that counts more kinds counts them from then on only,
-- until somebody counts anew (`slinga sums --anew`), which reads what is still kept.
CREATE TABLE tally_form (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    form integer NOT NULL,
    since timestamp with time zone NOT NULL     -- of an older form: when the newer kinds began to be counted
);
INSERT INTO tally_form (form, since) SELECT 0, now();
