-- name: box
SELECT host, port, username, password, folder, done, every, changed_at, changed_by FROM bounce_box

-- name: save_box
-- One row: an installation reads its bounces in one place.
INSERT INTO bounce_box (host, port, username, password, folder, done, every, changed_by)
VALUES (%(host)s, %(port)s, %(user)s, %(password)s, %(folder)s, %(done)s, %(every)s, %(by)s)
ON CONFLICT (one) DO UPDATE SET host = excluded.host, port = excluded.port, username = excluded.username,
    password = excluded.password, folder = excluded.folder, done = excluded.done, every = excluded.every,
    changed_at = clock_timestamp(), changed_by = excluded.changed_by

-- name: forget_box
DELETE FROM bounce_box
