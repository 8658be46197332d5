-- Broadcasts whose contents compete on a sample first, and that warm up a sender.
ALTER TABLE broadcast DROP CONSTRAINT broadcast_state_check;
ALTER TABLE broadcast ADD CONSTRAINT broadcast_state_check CHECK (state IN (
    'draft', 'scheduled', 'running', 'paused', 'testing', 'addressed', 'done', 'cancelled')) NOT VALID;

ALTER TABLE broadcast ADD COLUMN round smallint NOT NULL DEFAULT 1;   -- 2: those behind the sample are addressed
ALTER TABLE broadcast ADD COLUMN decide_at timestamptz;               -- when the sample is judged
ALTER TABLE broadcast ADD COLUMN winner text;                         -- the content that won; '' where none did
ALTER TABLE broadcast ADD COLUMN addressed_by_receiver jsonb NOT NULL DEFAULT '{}'; -- while warming up
ALTER TABLE broadcast ADD COLUMN ends_at timestamptz;                 -- the last day of warming up

DROP INDEX broadcast_open;
CREATE INDEX broadcast_open ON broadcast (starts_at) WHERE state IN ('scheduled', 'running', 'testing', 'addressed');
