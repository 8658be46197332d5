-- What receivers told afterwards about messages they had taken, and how lanes fare.

-- Each sort of word counts once per message, however often it is delivered.
CREATE TABLE message_return (
    bucket smallint NOT NULL,
    message uuid NOT NULL,
    sort text NOT NULL CHECK (sort IN ('bounce', 'complaint')),
    lane text NOT NULL,                     -- the message's: complaints are weighed by receiver
    type text NOT NULL,                     -- why, as channels.email.bounces names it
    hard boolean NOT NULL,
    code integer NOT NULL DEFAULT 0,
    enhanced text NOT NULL DEFAULT '',
    at timestamptz NOT NULL,
    PRIMARY KEY (bucket, message, sort)
);
CREATE INDEX message_return_lane ON message_return (lane, at) WHERE sort = 'complaint';

-- Sums per lane and hour, in a few parts each so that couriers do not wait for one row.
CREATE TABLE lane_count (
    lane text NOT NULL,
    hour_at timestamptz NOT NULL,
    part smallint NOT NULL,
    accepted bigint NOT NULL DEFAULT 0,
    returned bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (lane, hour_at, part)
);

-- A mailbox that fails only after it was handed to: the latest message that was taken, which may come back.
ALTER TABLE address_trouble ADD COLUMN cleared_by uuid;
