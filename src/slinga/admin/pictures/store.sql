-- name: add
-- The same picture again is the same row, offered again.
INSERT INTO picture (name, title, media, width, height, octets, content, added_at, added_by)
VALUES (%(name)s, %(title)s, %(media)s, %(width)s, %(height)s, %(octets)s, %(content)s, slinga_now(), %(by)s)
ON CONFLICT (name) DO UPDATE SET hidden = false

-- name: shelf
-- The newest that are offered, without their bytes.
SELECT name, title, width, height, octets, added_at, added_by FROM picture
WHERE NOT hidden ORDER BY added_at DESC, name LIMIT %(limit)s

-- name: content
SELECT media, content FROM picture WHERE name = %(name)s

-- name: hide
UPDATE picture SET hidden = true WHERE name = %(name)s
