-- What people allow, as proof; and what their mail programs asked us for.

-- The consent ledger: append-only, one chain per person, so that a changed or missing row shows.
-- The current state is a fold of it; nothing here is ever updated.
CREATE TABLE consent (
    bucket smallint NOT NULL,
    person uuid NOT NULL,
    n integer NOT NULL CHECK (n > 0),      -- place in the person's chain
    channel text NOT NULL,
    topic text NOT NULL,
    action text NOT NULL CHECK (action IN ('granted', 'denied', 'withdrawn', 'confirmed', 'expired')),
    basis text NOT NULL CHECK (basis IN
        ('consent', 'soft_opt_in', 'contract', 'legitimate_interest', 'casl_purchase', 'casl_inquiry')),
    source text NOT NULL,                  -- one_click, preferences, confirm, form, api, import, admin ...
    actor text NOT NULL DEFAULT '',        -- who of the team, where it was not the person
    message text NOT NULL DEFAULT '',      -- the message whose link was used
    address_hash text NOT NULL DEFAULT '', -- one address shared by two people has one ledger
    evidence jsonb NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    expires_at timestamptz,
    prev_hash bytea NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (bucket, person, n)
);
CREATE INDEX consent_address ON consent (address_hash) WHERE address_hash <> '';

-- Every lawful request for a pixel or a tracked link, raw; judged when `due_at` has passed.
CREATE TABLE hit (
    bucket smallint NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    person uuid NOT NULL,
    message text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('open', 'click')),
    place smallint NOT NULL,               -- which link; 0 the pixel or the trap
    target text NOT NULL,
    channel text NOT NULL,
    topic text NOT NULL,
    method text NOT NULL,
    agent text NOT NULL,
    network text NOT NULL,                 -- truncated address: /24 or /48
    at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    settled_at timestamptz,
    verdict text CHECK (verdict IN ('human', 'machine', 'unknown')),
    sort text NOT NULL DEFAULT '',
    reasons text[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (bucket, id)
);
CREATE INDEX hit_message ON hit (bucket, message, at);
CREATE INDEX hit_due ON hit (bucket, due_at) WHERE settled_at IS NULL;

-- Where nobody may be followed: sums per campaign and hour, with no person in them.
CREATE TABLE hit_sum (
    campaign text NOT NULL,
    kind text NOT NULL,
    place smallint NOT NULL,
    machine boolean NOT NULL,
    hour_at timestamptz NOT NULL,
    hits bigint NOT NULL,
    PRIMARY KEY (campaign, kind, place, machine, hour_at)
);
