-- What came back is told by journey, the newest first, without a look at all its messages.
ALTER TABLE message_return ADD COLUMN journey text NOT NULL DEFAULT '';
UPDATE message_return r SET journey = m.journey FROM message m WHERE m.bucket = r.bucket AND m.id = r.message;
CREATE INDEX message_return_journey ON message_return (journey, at) WHERE sort = 'bounce';
