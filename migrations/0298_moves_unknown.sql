-- Whose moves are still to be read: everybody at first, soon nobody.
CREATE INDEX CONCURRENTLY IF NOT EXISTS position_unknown ON position (bucket, person) WHERE moves IS NULL;
