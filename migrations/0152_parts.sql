-- Which processes of an installation work, by what they last said of themselves; one row each.
CREATE TABLE part (
    name text NOT NULL,                     -- worker, delivery
    process text NOT NULL,                  -- host and process number
    seen_at timestamptz NOT NULL,           -- real time, not the workspace's
    PRIMARY KEY (name, process)
);
