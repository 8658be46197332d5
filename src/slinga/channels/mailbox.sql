-- name: keep
INSERT INTO dev_mail (channel, message, message_id, sender, recipient, subject, raw, received_at)
VALUES (%(channel)s, %(message)s, %(message_id)s, %(sender)s, %(recipient)s, %(subject)s, %(raw)s, slinga_now())

-- name: latest
-- A page of the list, newest first, without the bytes: a page of mails is megabytes.
SELECT id, channel, message, message_id, sender, recipient, subject, received_at FROM dev_mail
WHERE (%(before)s::bigint IS NULL OR id < %(before)s)
  AND (%(recipient)s::text IS NULL OR recipient = %(recipient)s)
ORDER BY id DESC LIMIT %(limit)s

-- name: since
-- What arrived after a message, oldest first and whole: the demo's people read their mail in this order.
SELECT id, channel, message, message_id, sender, recipient, subject, received_at, raw FROM dev_mail
WHERE id > %(after)s ORDER BY id LIMIT %(limit)s

-- name: one
SELECT id, channel, message, message_id, sender, recipient, subject, received_at, raw FROM dev_mail
WHERE id = %(id)s

-- name: clear
DELETE FROM dev_mail WHERE received_at < %(before)s
