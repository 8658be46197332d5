-- Delivery: every message with its outcome, every attempt to send it, and who must not be written to.

-- One row per intended message; a send key is unique for ever, so a decision taken twice sends once.
-- The states and their transitions are docs/reference/delivery-states.md.
CREATE TABLE message (
    bucket smallint NOT NULL,
    id uuid NOT NULL,                       -- a hash of the send key
    send_key text NOT NULL,
    person uuid NOT NULL,
    class text NOT NULL CHECK (class IN ('marketing', 'transactional')),
    channel text NOT NULL,
    topic text NOT NULL,
    journey text NOT NULL,
    version integer NOT NULL,
    run text NOT NULL,
    node text NOT NULL,
    template text NOT NULL,
    priority integer NOT NULL,
    lane text NOT NULL,                     -- class, channel and receiver group: what is paced together
    address text NOT NULL,
    variables jsonb NOT NULL,
    witness jsonb NOT NULL,
    quiet_hours text NOT NULL DEFAULT '',
    planned_at timestamptz NOT NULL,
    not_before timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'planned' CONSTRAINT message_state CHECK (state IN (
        'planned', 'leased', 'dialling', 'deferred', 'accepted', 'rejected', 'unknown', 'cancelled',
        'expired', 'render_failed')),
    reason text NOT NULL DEFAULT '',
    due_at timestamptz NOT NULL,            -- when it may be leased next
    changed_at timestamptz NOT NULL,        -- when `state` last changed
    lease_owner text NOT NULL DEFAULT '',
    lease_epoch integer NOT NULL DEFAULT 0, -- grows with each lease: a worker of an older one is fenced off
    leased_until timestamptz,
    attempts integer NOT NULL DEFAULT 0,    -- rows in `attempt`
    tries integer NOT NULL DEFAULT 0,       -- attempts that count against the retry schedule
    resends integer NOT NULL DEFAULT 0,     -- sent again after `unknown`: may have arrived twice
    message_id text NOT NULL DEFAULT '',    -- of RFC 5322, the same for every attempt
    accepted_at timestamptz,
    response text NOT NULL DEFAULT '',
    PRIMARY KEY (bucket, id),
    UNIQUE (bucket, send_key)
);
CREATE INDEX message_due ON message (lane, journey, priority, due_at) WHERE state IN ('planned', 'deferred');
CREATE INDEX message_held ON message (leased_until) WHERE state IN ('leased', 'dialling');
CREATE INDEX message_unknown ON message (changed_at) WHERE state = 'unknown';
CREATE INDEX message_person ON message (bucket, person, planned_at);
CREATE INDEX message_journey ON message (journey, version, node, state);

-- Committed before the network is touched, so that after a crash we know what may have been sent.
CREATE TABLE attempt (
    bucket smallint NOT NULL,
    message uuid NOT NULL,
    no integer NOT NULL,
    worker text NOT NULL,
    epoch integer NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    outcome text NOT NULL DEFAULT '',
    code integer NOT NULL DEFAULT 0,
    enhanced text NOT NULL DEFAULT '',
    text text NOT NULL DEFAULT '',
    PRIMARY KEY (bucket, message, no)
);

-- Addresses that must not be written to. `key` is a keyed hash: the list says nothing to whoever steals it.
CREATE TABLE suppression (
    bucket smallint NOT NULL,               -- of the key, not of a person
    key bytea NOT NULL,
    scope text NOT NULL,                    -- 'global', 'marketing', or a topic as 'topic:news'
    reason text NOT NULL,
    detail text NOT NULL DEFAULT '',
    message uuid,
    at timestamptz NOT NULL,
    PRIMARY KEY (bucket, key, scope)
);

-- Full mailboxes and the like, in a row: enough of them over long enough stop marketing to the address.
CREATE TABLE address_trouble (
    bucket smallint NOT NULL,
    key bytea NOT NULL,
    failures integer NOT NULL,
    messages integer NOT NULL,              -- how many different messages failed
    last_message uuid NOT NULL,
    first_at timestamptz NOT NULL,
    PRIMARY KEY (bucket, key)
);

-- One address shared by two people has one ledger: which marketing content it was given, and for whom.
CREATE TABLE address_use (
    bucket smallint NOT NULL,
    key bytea NOT NULL,
    content text NOT NULL,
    person uuid NOT NULL,
    message uuid NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (bucket, key, content)
);

-- What is held back and why. `key` is 'lane:<lane>', 'journey:<key>' or 'class:marketing'.
CREATE TABLE delivery_hold (
    key text PRIMARY KEY,
    held_until timestamptz,                 -- NULL while only strikes are counted; 'infinity' until released
    reason text NOT NULL DEFAULT '',
    detail text NOT NULL DEFAULT '',        -- the receiver's own words
    strikes integer NOT NULL DEFAULT 0,
    changed_at timestamptz NOT NULL
);

-- The development mailbox: where messages go while no provider is configured for their channel.
CREATE TABLE dev_mail (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    channel text NOT NULL,
    message uuid NOT NULL,
    message_id text NOT NULL,
    sender text NOT NULL,
    recipient text NOT NULL,
    subject text NOT NULL,
    raw bytea NOT NULL,
    received_at timestamptz NOT NULL
);
CREATE INDEX dev_mail_recipient ON dev_mail (recipient, received_at);
CREATE INDEX dev_mail_received ON dev_mail (received_at);
