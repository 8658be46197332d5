-- stepwise
-- The people of a lane that are still to be brought under a newer program, for a sweep in small portions.
CREATE INDEX CONCURRENTLY IF NOT EXISTS person_behind ON person (bucket, program) WHERE forward IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS person_program;
