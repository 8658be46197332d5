-- name: runs
-- How often each journey was entered, left and reached.
SELECT name, kind, count(*) FROM fact
WHERE kind IN ('run_entered', 'run_ended', 'goal_reached', 'holdout')
GROUP BY name, kind
