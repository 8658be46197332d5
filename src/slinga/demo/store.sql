-- name: find
-- The one demo of this installation, if there is one.
SELECT twin, hits, mail, opens_at, write_key FROM demo

-- name: begin
INSERT INTO demo (twin, hits, opens_at, write_key) VALUES (%(twin)s, %(hits)s, %(opens_at)s, %(write_key)s)

-- name: keep
UPDATE demo SET twin = %(twin)s, hits = %(hits)s, mail = %(mail)s

