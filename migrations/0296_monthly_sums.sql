-- Sums by the month beside those by the day, so that a page about a year reads twelve rows for each sum and not 365. They
-- are kept by the database itself: whoever writes days has written months.
CREATE TABLE tally_month_row (
    gen integer NOT NULL,
    what text NOT NULL,
    key text NOT NULL,
    month date NOT NULL,                    -- its first day
    version integer NOT NULL,
    part text NOT NULL,
    other text NOT NULL,
    detail text NOT NULL,
    extra text NOT NULL,
    count bigint NOT NULL,
    value numeric NOT NULL,
    PRIMARY KEY (gen, what, key, month, version, part, other, detail, extra)
) WITH (fillfactor = 80);

CREATE VIEW tally_month AS
SELECT what, key, month, version, part, other, detail, extra, count, value FROM tally_month_row
WHERE gen = (SELECT f.gen FROM tally_form f);

INSERT INTO tally_month_row
SELECT gen, what, key, date_trunc('month', day)::date, version, part, other, detail, extra, sum(count), sum(value)
FROM tally_row GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9;

CREATE FUNCTION slinga_months() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO tally_month_row AS m
        SELECT gen, what, key, date_trunc('month', day)::date, version, part, other, detail, extra, sum(count), sum(value)
        FROM after GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
        ON CONFLICT (gen, what, key, month, version, part, other, detail, extra) DO UPDATE
        SET count = m.count + excluded.count, value = m.value + excluded.value;
    ELSE
        INSERT INTO tally_month_row AS m
        SELECT gen, what, key, date_trunc('month', day)::date, version, part, other, detail, extra, sum(count), sum(value)
        FROM (SELECT * FROM after
              UNION ALL
              SELECT gen, what, key, day, version, part, other, detail, extra, -count, -value FROM before) AS both_sides
        GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
        ON CONFLICT (gen, what, key, month, version, part, other, detail, extra) DO UPDATE
        SET count = m.count + excluded.count, value = m.value + excluded.value;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER tally_added AFTER INSERT ON tally_row
REFERENCING NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION slinga_months();

CREATE TRIGGER tally_changed AFTER UPDATE ON tally_row
REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION slinga_months();
