-- name: relay
SELECT host, port, security, username, password, bounce, changed_at, changed_by FROM relay

-- name: save_relay
-- One row: an installation has one server for its mail.
INSERT INTO relay (host, port, security, username, password, bounce, changed_by)
VALUES (%(host)s, %(port)s, %(security)s, %(user)s, %(password)s, %(bounce)s, %(by)s)
ON CONFLICT (one) DO UPDATE SET host = excluded.host, port = excluded.port, security = excluded.security,
    username = excluded.username, password = excluded.password, bounce = excluded.bounce,
    changed_at = clock_timestamp(), changed_by = excluded.changed_by

-- name: forget_relay
DELETE FROM relay

-- name: keys
SELECT domain, selector, key FROM dkim_key ORDER BY domain

-- name: add_key
-- A key that is there is never replaced: its public half stands in DNS.
INSERT INTO dkim_key (domain, selector, key, made_by) VALUES (%(domain)s, %(selector)s, %(key)s, %(by)s)
ON CONFLICT (domain) DO NOTHING
RETURNING domain
