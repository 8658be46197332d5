-- name: spends
-- What was spent on any of some days.
SELECT id, source, purpose, from_day, until_day, amount, currency, note, created_by FROM spend
WHERE from_day <= %(last)s AND until_day >= %(first)s ORDER BY from_day DESC, source, id LIMIT 1000

-- name: save_spend
-- The same source, purpose, days and currency again replace what was there, so an import may be repeated.
INSERT INTO spend (source, purpose, from_day, until_day, amount, currency, note, created_at, created_by)
VALUES (%(source)s, %(purpose)s, %(from_day)s, %(until_day)s, %(amount)s, %(currency)s, %(note)s, slinga_now(), %(created_by)s)
ON CONFLICT (source, purpose, from_day, until_day, currency) DO UPDATE
SET amount = excluded.amount, note = excluded.note, created_by = excluded.created_by

-- name: remove_spend
DELETE FROM spend WHERE id = %(id)s
