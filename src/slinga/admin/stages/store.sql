-- name: about
-- About how many people there are, as the last analysis left it; -1 before the first.
SELECT reltuples::bigint FROM pg_class WHERE oid = 'profile'::regclass

-- name: few
-- Exactly, where there are few.
SELECT count(*) FROM (SELECT 1 FROM profile LIMIT 10000) AS these

-- name: patience
-- A preview that takes long is given up.
SELECT set_config('statement_timeout', '5000', true)
