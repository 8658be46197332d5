-- The events of the log alone, for questions that ask for no visit: `happened` has these and the visits.
CREATE VIEW logged AS
SELECT bucket, person, seq, kind, name, accepted_at, occurred_at, body
FROM input
WHERE kind IN ('event', 'history');
