-- What the backend reported is forgotten by the operator's policy. No report that happened up to `dropped` is taken as new:
-- it may be a copy of one that nobody remembers.

CREATE INDEX service_report_by_age ON service_report (reported_at);

CREATE TABLE service_report_head (
    one {{int}} NOT NULL PRIMARY KEY CHECK (one = 1),
    dropped {{int}} NOT NULL
) {{strict}};
INSERT INTO service_report_head (one, dropped) VALUES (1, 0);
