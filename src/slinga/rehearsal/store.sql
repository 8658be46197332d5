-- name: read_only
-- Whatever happens here, nothing can be written.
SET default_transaction_read_only = on

-- name: roomy
-- A bucket's inputs are sorted by person and instant; in memory where they fit.
SET work_mem = '64MB'

-- name: last
-- The log's end. Whoever asks has waited for the appenders in flight (ingest.log.horizon).
SELECT last_value FROM input_seq

-- name: bounds
-- The first and the last instant of anything recorded, as a rehearsal counts it: what was imported, when it
-- happened.
SELECT min(instant), max(instant)
FROM (SELECT CASE WHEN kind = 'history' OR source LIKE 'import:%%'
                  THEN CASE WHEN occurred_at < accepted_at THEN occurred_at END
                  ELSE accepted_at END AS instant
      FROM input
      WHERE bucket = ANY (%(buckets)s::smallint[]) AND seq <= %(last)s) AS i

-- name: forwarded
-- People who were merged away: the survivor's log has their past.
SELECT key FROM person WHERE bucket = %(bucket)s AND forward IS NOT NULL

-- name: histories
-- Each person's inputs in the order of their instants, as one JSON text that a decoder takes in at once, in
-- portions so that nobody's past has to fit into one value. Written by hand: json_agg takes half as long again.
-- Instants are microseconds; 0 is what was imported without a date. Of events that nothing listens to only the
-- fact is told (`heard` null: everything is told).
SELECT person,
       '[' || string_agg(
           concat('["', kind, '",', to_json(name), ',', trust, ',', to_json(source), ',',
                  (date_part('epoch', instant) * 1000000)::bigint, ',',
                  (date_part('epoch', occurred_at) * 1000000)::bigint, ',',
                  CASE WHEN %(heard)s::text[] IS NULL OR kind NOT IN ('event', 'history')
                            OR name = ANY (%(heard)s::text[]) THEN body::text ELSE 'null' END, ']'),
           ',' ORDER BY instant, seq) || ']' AS items
FROM (SELECT person, seq, kind, name, trust, source, occurred_at, body, instant,
             (row_number() OVER (PARTITION BY person ORDER BY instant, seq) - 1) / 2000 AS portion
      FROM (SELECT person, seq, kind, name, trust, source, occurred_at, body,
                   CASE WHEN kind = 'history' THEN occurred_at
                        WHEN source LIKE 'import:%%'
                        THEN CASE WHEN occurred_at < accepted_at THEN occurred_at ELSE 'epoch' END
                        ELSE accepted_at END AS instant
            FROM input
            WHERE bucket = %(bucket)s AND seq <= %(last)s AND kind <> 'merge'
              AND (%(people)s::uuid[] IS NULL OR person = ANY (%(people)s::uuid[]))) AS i
      WHERE instant <= %(until)s) AS i
GROUP BY person, portion
ORDER BY person, portion

-- name: reactions
-- How often what came back of messages, by channel, each message once: for a reaction model learned here.
SELECT coalesce(body -> 'properties' ->> 'channel', 'email') AS channel,
       count(DISTINCT body -> 'properties' ->> 'send_key') FILTER (WHERE name = 'Message Sent'),
       count(DISTINCT body -> 'properties' ->> 'send_key') FILTER (WHERE name = 'Message Delivered'),
       count(DISTINCT body -> 'properties' ->> 'send_key')
           FILTER (WHERE name = 'Message Bounced' AND body -> 'properties' ->> 'bounce' = 'hard'),
       count(DISTINCT body -> 'properties' ->> 'send_key')
           FILTER (WHERE name = 'Message Opened' AND (body -> 'properties' -> 'machine') IS DISTINCT FROM 'true'),
       count(DISTINCT body -> 'properties' ->> 'send_key')
           FILTER (WHERE name = 'Message Clicked' AND (body -> 'properties' -> 'machine') IS DISTINCT FROM 'true'),
       count(DISTINCT body -> 'properties' ->> 'send_key') FILTER (WHERE name = 'Unsubscribed'),
       count(DISTINCT body -> 'properties' ->> 'send_key') FILTER (WHERE name = 'Message Complained')
FROM input
WHERE kind = 'event' AND bucket = ANY (%(buckets)s::smallint[]) AND seq <= %(last)s
  AND name IN ('Message Sent', 'Message Delivered', 'Message Bounced', 'Message Opened', 'Message Clicked',
               'Unsubscribed', 'Message Complained')
GROUP BY 1
ORDER BY 1
