-- stepwise
-- Who was merged into somebody else: few, and asked about for every event that is counted. Without it each question
-- reads the person's page, which is as large as the state.
CREATE INDEX CONCURRENTLY IF NOT EXISTS person_forward ON person (bucket, key) WHERE forward IS NOT NULL;
