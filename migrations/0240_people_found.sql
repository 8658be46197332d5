-- Members look people up by how an address or a name begins.
CREATE INDEX CONCURRENTLY IF NOT EXISTS profile_email ON profile (lower(traits ->> 'email') text_pattern_ops) WHERE traits ? 'email';
CREATE INDEX CONCURRENTLY IF NOT EXISTS profile_name ON profile (lower(traits ->> 'name') text_pattern_ops) WHERE traits ? 'name';
CREATE INDEX CONCURRENTLY IF NOT EXISTS profile_first_name ON profile (lower(traits ->> 'first_name') text_pattern_ops) WHERE traits ? 'first_name';
CREATE INDEX CONCURRENTLY IF NOT EXISTS profile_last_name ON profile (lower(traits ->> 'last_name') text_pattern_ops) WHERE traits ? 'last_name';
