-- name: by_node
-- Where the open runs of a journey's version stand, by their last fact: entered, stepped, migrated; not ended.
SELECT coalesce(node, ''), count(*) FROM (
    SELECT DISTINCT ON (bucket, fact.person, body ->> 'run')
        kind, coalesce(body ->> 'to', body ->> 'node') AS node
    FROM fact JOIN person USING (bucket)
    WHERE person.key = fact.person AND person.forward IS NULL AND name = %(journey)s AND kind = ANY (%(kinds)s) AND (body ->> 'version')::integer <= %(version)s
    ORDER BY bucket, fact.person, body ->> 'run', id DESC
) last
WHERE kind <> 'run_ended'
GROUP BY 1 ORDER BY 2 DESC, 1
