-- name: about
-- About how many people there are, as the last analysis left it; -1 before the first.
SELECT reltuples::bigint FROM pg_class WHERE oid = 'profile'::regclass

-- name: few
-- Exactly, where there are few.
SELECT count(*) FROM (SELECT 1 FROM profile LIMIT 10000) AS these

-- name: patience
-- A preview of a few buckets goes through indices, and what takes long is given up.
SELECT set_config('statement_timeout', '5000', true), set_config('enable_seqscan', 'off', true),
    set_config('max_parallel_workers_per_gather', '0', true), set_config('jit', 'off', true)
