-- States are rewritten all the time: leave room in each page so that a new version of a row stays beside the old
-- one, and keep rows of up to 8 kB whole and as they are; compressing and splitting them cost more than it saved.
-- Rows written before keep their form until they are written again.
ALTER TABLE person SET (fillfactor = 70, toast_tuple_target = 8160);
ALTER TABLE person ALTER COLUMN state SET STORAGE EXTERNAL;

-- The last program that changed anything people's states rest on; a program that only changed letters, rules of
-- sending or a broadcast asks nobody to be brought under it. NULL, from a release that did not know: its own number.
ALTER TABLE program ADD COLUMN basis integer;
