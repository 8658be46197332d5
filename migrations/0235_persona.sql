-- Personas: whom a team has in mind when it writes. The desk reads and writes them; nothing decides by them.
CREATE TABLE persona (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    name text NOT NULL,
    words text NOT NULL,                    -- who they are, in the team's words
    goals text NOT NULL,                    -- what they want, a line each
    segments text[] NOT NULL,               -- segments in which people like them are
    journeys text[] NOT NULL,               -- journeys made for them
    changed_at timestamptz NOT NULL,
    changed_by text NOT NULL
);
