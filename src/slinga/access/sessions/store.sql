-- name: begin
-- What has run out goes with the next that begins, so the table stays small without a job. A session that was
-- ended stays until its cookie has run out: until then the row is what refuses it.
WITH old AS (DELETE FROM member_session WHERE until < clock_timestamp())
INSERT INTO member_session (hash, member, epoch, agent, until)
VALUES (%(hash)s, %(member)s, %(epoch)s, %(agent)s, clock_timestamp() + %(seconds)s * interval '1 second')

-- name: here
-- Once in each request of the desk, by primary keys: who it is, whether this session was ended, whether it is time
-- to note that it lives, whether a second factor is wanted of everybody.
SELECT m.id, m.email, m.name, m.role, m.locale, m.epoch, m.created_at, m.disabled_at, m.password IS NOT NULL,
    m.second_factor IS NOT NULL, s.ended_at IS NOT NULL, s.seen_at < clock_timestamp() - interval '5 minutes',
    coalesce((SELECT second_factor FROM access_rule), false)
FROM member m LEFT JOIN member_session s ON s.hash = %(hash)s AND s.member = m.id
WHERE m.id = %(member)s

-- name: seen
UPDATE member_session SET seen_at = clock_timestamp() WHERE hash = %(hash)s

-- name: of_member
-- Those that still open the desk, the last seen first.
SELECT s.id, s.hash, s.agent, s.begun_at, s.seen_at
FROM member_session s JOIN member m ON m.id = s.member
WHERE s.member = %(member)s AND s.epoch = m.epoch AND s.ended_at IS NULL AND s.until > clock_timestamp()
ORDER BY s.seen_at DESC, s.id DESC

-- name: finish
UPDATE member_session SET ended_at = coalesce(ended_at, clock_timestamp())
WHERE member = %(member)s AND id = %(id)s AND ended_at IS NULL
RETURNING id

-- name: finish_hash
UPDATE member_session SET ended_at = coalesce(ended_at, clock_timestamp()) WHERE hash = %(hash)s
