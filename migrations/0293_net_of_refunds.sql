-- What is given back is taken away wherever an order counts, so each counted order says whose it was and where that is.
ALTER TABLE counted_order ADD COLUMN cancelled boolean NOT NULL DEFAULT false;
ALTER TABLE counted_order ADD COLUMN person uuid;       -- null while only a refund told of it
ALTER TABLE counted_order ADD COLUMN place jsonb;       -- `insight.counting.model.Place`

CREATE INDEX counted_order_person ON counted_order (person);

-- What people bought in the days after they came into a journey or were held out of it, as far as it is counted: from
-- it follows what one more order, or one that is given back, changes in the sum of the squares of what each spent.
CREATE TABLE counted_buyer (
    bucket smallint NOT NULL,               -- of the person
    person uuid NOT NULL,
    journey text NOT NULL,
    arm text NOT NULL,                      -- treated or held
    currency text NOT NULL,
    orders integer NOT NULL,                -- that stand
    spent numeric NOT NULL,                 -- after refunds
    PRIMARY KEY (bucket, person, journey, arm, currency)
);
