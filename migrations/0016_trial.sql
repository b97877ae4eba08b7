-- A row of each process that it writes again and again, to see whether the database takes changes.

CREATE TABLE trial (
    id {{blob}} NOT NULL PRIMARY KEY,
    at {{int}} NOT NULL,
    -- Says nothing. It takes room, where that is what is to be seen.
    weight {{blob}} NOT NULL
) {{strict}};
