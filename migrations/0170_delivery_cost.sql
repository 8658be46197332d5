-- A message's id is a hash of its send key, so the primary key alone keeps a send key unique for ever; a second
-- unique index over the text cost as much as the first at each of a message's moves.
ALTER TABLE message DROP CONSTRAINT message_bucket_send_key_key;

-- Each attempt is written once and closed once: leave room for the second version beside the first.
ALTER TABLE attempt SET (fillfactor = 60);
