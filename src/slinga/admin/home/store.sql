-- name: standing
-- How many stand in each stage: changes, summed; from the monthly sums, by their key.
SELECT part, sum(count)::bigint FROM tally_month
WHERE what = 'stock' AND key = %(model)s
GROUP BY 1 HAVING sum(count) <> 0

-- name: today
-- What was counted today, by figure; a handful of rows for each hour.
SELECT key, sum(count)::bigint FROM tally
WHERE what = 'hourly' AND key = ANY (%(figures)s::text[])
  AND day = (slinga_now() AT TIME ZONE %(zone)s)::date
GROUP BY 1

-- name: begun
-- What a new workspace has done already: an event came, and there is more than one member or an invitation.
SELECT EXISTS (SELECT FROM tally WHERE what = 'event') OR EXISTS (SELECT FROM input WHERE kind = 'event'),
       (SELECT count(*) > 1 FROM (SELECT 1 FROM member LIMIT 2) AS these) OR EXISTS (SELECT FROM invitation)
