-- name: uncertain
-- What an operator is asked about: sent perhaps, and by itself never again. The partial index holds only these.
SELECT id, class, journey, template, address, reason, attempts, changed_at, expires_at FROM message
WHERE state = 'unknown' ORDER BY changed_at DESC LIMIT %(limit)s

-- name: resend
-- Marked by `resends`, for it may arrive twice; what has passed its end gets as long again as it had.
UPDATE message
SET state = 'deferred', reason = 'resend_by_operator', resends = resends + 1, due_at = slinga_now(),
    changed_at = slinga_now(),
    expires_at = greatest(expires_at, slinga_now() + greatest(expires_at - planned_at, interval '1 hour'))
WHERE state = 'unknown' AND (%(ids)s::uuid[] IS NULL OR id = ANY (%(ids)s::uuid[]))

-- name: find
-- The bucket of messages in doubt, all or some, for moves that name it.
SELECT bucket, id FROM message
WHERE state = 'unknown' AND (%(ids)s::uuid[] IS NULL OR id = ANY (%(ids)s::uuid[]))
ORDER BY bucket, id
