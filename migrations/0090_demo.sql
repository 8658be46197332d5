-- The living demo: one row while a demo shop is loaded, none in a real installation.
CREATE TABLE demo (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    twin bytea NOT NULL,            -- the twin as MessagePack, see demo.twin.Twin.save
    hits bytea NOT NULL,            -- what people are about to do with messages, MessagePack
    mail bigint NOT NULL DEFAULT 0, -- last message of the development mailbox that was shown to the twin
    opens_at timestamptz NOT NULL,  -- until here the past is lived before the demo opens
    site text NOT NULL,             -- the storefront's address, for the twin's page views and its goods
    write_key text NOT NULL,        -- the storefront's browser key: public by its nature
    wanted_at timestamptz           -- how far the one who lives the demo is asked to move time forward
);
