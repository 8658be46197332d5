-- A broadcast remembers its place within a bucket, for its portions are smaller than one. The place is the first
-- eight digits of people's keys, as a number: nobody in particular.
ALTER TABLE broadcast ADD COLUMN place bigint NOT NULL DEFAULT 0;
