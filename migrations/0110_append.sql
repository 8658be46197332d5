-- Everything an append to the log needs before its rows, in one call: the lock that orders appenders, the
-- instant, which of the de-duplication keys are new, and the numbers.
--
-- Where somebody was ever erased and `checked` is false it stops after the instant, so that the caller can
-- leave the erased out and call again. Each statement inside has a snapshot of its own, younger than the
-- wait for the lock, because the function is volatile.
CREATE FUNCTION slinga_append(
    buckets smallint[], ids text[], unkeyed bigint, given timestamptz, checked boolean,
    OUT accepted timestamptz, OUT some_erased boolean, OUT count bigint, OUT last bigint,
    OUT new_buckets smallint[], OUT new_ids text[]
) LANGUAGE plpgsql VOLATILE AS
$$
DECLARE
    found bigint := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('slinga.input'));
    accepted := coalesce(given, slinga_now());
    some_erased := EXISTS (SELECT FROM erased);
    count := 0;
    IF some_erased AND NOT checked THEN
        RETURN;
    END IF;
    IF cardinality(ids) > 0 THEN
        WITH new AS (
            INSERT INTO seen (bucket, message_id, accepted_at)
            SELECT t.bucket, t.id, accepted FROM unnest(buckets, ids) AS t (bucket, id)
            ON CONFLICT DO NOTHING
            RETURNING bucket, message_id
        )
        SELECT count(*), array_agg(new.bucket), array_agg(new.message_id)
        INTO found, new_buckets, new_ids FROM new;
        IF found = cardinality(ids) THEN
            -- All of them: the usual case, and then nobody needs the list.
            new_buckets := NULL;
            new_ids := NULL;
        END IF;
    END IF;
    count := unkeyed + found;
    IF count > 0 THEN
        last := setval('input_seq', nextval('input_seq') + count - 1);
        -- A hint to sleeping workers when this commits, never the truth.
        PERFORM pg_notify('slinga_input', '');
    END IF;
END
$$;
