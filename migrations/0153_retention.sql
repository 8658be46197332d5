-- How long this installation keeps what, as its processes were last told: whoever publishes asks here whether
-- a condition looks further back than events are kept.
CREATE TABLE retention (
    what text PRIMARY KEY,
    length text NOT NULL                    -- such as 25mo, or never
);
