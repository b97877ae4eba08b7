-- Which keys belong to this database: a value made with each of those that what is encrypted here may be encrypted with. It
-- tells nothing of the key.

CREATE TABLE key_check (
    -- In the order in which they came into use. Of two nodes that name the first at once, one does.
    number {{int}} NOT NULL PRIMARY KEY,
    value {{blob}} NOT NULL UNIQUE
) {{strict}};
