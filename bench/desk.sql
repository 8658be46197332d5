-- Rows as the stages would have written them for everybody in `profile`; see desk.py.
INSERT INTO person (bucket, key, state, format, program, seq, wake_at, created_at)
SELECT bucket, person, '', 1, 1, 0, NULL, slinga_now() - interval '1 day' * (hashtext(person::text) & 511) FROM profile;
INSERT INTO position (bucket, person, model, stage, status, entered_at)
SELECT bucket, person, 'bow-tie',
    (ARRAY['invitation','invitation','invitation','attention','attention','interest','interest','conversion','adoption','loyalty','ambassador'])[1 + (hashtext(person::text) & 1023) % 11],
    NULL, slinga_now() - interval '1 day' * (hashtext(person::text) & 255) FROM profile;
INSERT INTO membership (bucket, person, segment, entered_at)
SELECT bucket, person, segment, slinga_now() FROM profile
CROSS JOIN (VALUES ('vip'), ('lapsed'), ('silent-regulars')) AS s (segment)
WHERE (hashtext(person::text || segment) & 7) = 0;
INSERT INTO consent_state (bucket, person, channel, topic, state) SELECT bucket, person, 'email', 'news', 'granted' FROM profile;
INSERT INTO tally (what, key, day, version, part, other, detail, extra, count, value)
SELECT w.what, w.key, slinga_now()::date - d, w.version, w.part, w.other, w.detail, w.extra, 1 + (d * 7) % 90, d % 50
FROM generate_series(0, 729) AS d CROSS JOIN (
    SELECT 'flow' AS what, 'bow-tie' AS key, 0 AS version, s AS part, '' AS other, h AS detail, '' AS extra
    FROM unnest(ARRAY['invitation','attention','interest','conversion','adoption','loyalty','ambassador']) s, unnest(ARRAY['in_forward','in_back','out_forward','out_back']) h
    UNION ALL SELECT 'move', 'bow-tie', 0, a, b, '', '' FROM unnest(ARRAY['invitation','attention','interest','conversion','adoption','loyalty','ambassador']) a, unnest(ARRAY['invitation','attention','interest','conversion','adoption','loyalty','ambassador']) b WHERE a <> b
    UNION ALL SELECT 'stock', 'bow-tie', 0, s, '', '', '' FROM unnest(ARRAY['invitation','attention','interest','conversion','adoption','loyalty','ambassador']) s
    UNION ALL SELECT 'touch', 'bow-tie', 0, s, k, c, '' FROM unnest(ARRAY['invitation','attention','interest','conversion','adoption','loyalty','ambassador']) s, unnest(ARRAY['visit','message']) k, unnest(ARRAY['email','Direct','Organic Search','Paid Search']) c
    UNION ALL SELECT 'run_entered', j, 1, '', '', '', '' FROM unnest(ARRAY['welcome','cart-rescue','win-back','birthday','post-purchase']) j
    UNION ALL SELECT 'step', j, 1, n, 'done', n2, '' FROM unnest(ARRAY['welcome','cart-rescue','win-back','birthday','post-purchase']) j, unnest(ARRAY['a','b','c','d']) n, unnest(ARRAY['b','c']) n2
    UNION ALL SELECT 'send_accepted', j, 1, 'a', j, 'email', '' FROM unnest(ARRAY['welcome','cart-rescue','win-back','birthday','post-purchase']) j
    UNION ALL SELECT 'react_opened', j, 0, 'a', j, 'email', w FROM unnest(ARRAY['welcome','cart-rescue','win-back']) j, unnest(ARRAY['human','machine']) w
    UNION ALL SELECT 'visit', c, 0, 's', 'm', '', 'first' FROM unnest(ARRAY['Direct','Organic Search','Paid Search']) c
    UNION ALL SELECT 'event', n, 0, '', '', '', '' FROM unnest(ARRAY['Product Viewed','Order Completed','Page Viewed']) n
    UNION ALL SELECT 'order', '', 0, 'again', 'EUR', '', ''
    UNION ALL SELECT 'size', g, 0, '', '', '', '' FROM unnest(ARRAY['vip','lapsed']) g
) w;
INSERT INTO message (bucket, id, send_key, person, class, channel, topic, journey, version, run, node, template, priority, lane, address, variables, witness, planned_at, not_before, expires_at, state, due_at, changed_at, accepted_at)
SELECT bucket, person, person::text, person, 'marketing', 'email', 'news', 'welcome', 1, '', 'a', 'welcome', 0, 'email:other', 'x@example.org', '{}', '{}', at, at, at + interval '3 days', 'accepted', at, at, at
FROM (SELECT bucket, person, slinga_now() - interval '1 minute' * (hashtext(person::text) & 262143) AS at FROM profile WHERE (hashtext(person::text) & 1) = 0) p;
