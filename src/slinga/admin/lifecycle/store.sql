-- name: positions
-- The bow-tie: grouped once, from the index on stage.
SELECT stage, coalesce(status, ''), count(*) FROM position
WHERE model = %(model)s
GROUP BY stage, status

-- name: people_count
-- How many there are, and of how many we know who they are.
SELECT count(*), count(*) FILTER (WHERE identified) FROM profile
