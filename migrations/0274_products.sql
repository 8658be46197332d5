-- What is bought, for recommendations: how much of late, and how it was last described. `rank` is the binary logarithm
-- of the sum over orders of two to the power of their time in half-lives, so it never has to be aged, and two
-- products compare today as they will tomorrow.
CREATE TABLE product (
    id text PRIMARY KEY,
    rank double precision NOT NULL,
    said jsonb NOT NULL,                    -- name, price, currency, url, image_url
    said_at timestamptz NOT NULL
);

CREATE INDEX product_rank ON product (rank DESC, id);
