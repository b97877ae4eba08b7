-- What the exchange's backend is told of by itself.

CREATE TABLE feed (
    id {{blob}} NOT NULL PRIMARY KEY,
    -- NULL until somebody who sees it committed gives it the next one: crates/domain/src/feed/mod.rs says why.
    position {{int}},
    account {{blob}} NOT NULL,
    sequence {{int}} NOT NULL,
    -- The order within an account. What has no entry of its own has the sequence of the one before, so that is not enough.
    turn {{int}} NOT NULL,
    at {{int}} NOT NULL,
    -- Words of feed::Kind::code, and what the event says of itself.
    kind TEXT NOT NULL,
    code TEXT NOT NULL,
    changed TEXT NOT NULL,
    cause TEXT,
    session {{blob}},
    -- How the account stood when the change was over.
    state TEXT NOT NULL
) {{strict}};
CREATE UNIQUE INDEX feed_by_position ON feed (position) WHERE position IS NOT NULL;
CREATE INDEX feed_unplaced ON feed (account, turn) WHERE position IS NULL;
CREATE UNIQUE INDEX feed_by_turn ON feed (account, turn);

-- One row: the last position that was given, and the last one that was dropped.
CREATE TABLE feed_head (
    one {{int}} NOT NULL PRIMARY KEY CHECK (one = 1),
    position {{int}} NOT NULL,
    dropped {{int}} NOT NULL
) {{strict}};
INSERT INTO feed_head (one, position, dropped) VALUES (1, 0, 0);

-- When the feed told that a hold was over. Those of before the feed are told of no more; that of a thaw is over as it begins.
ALTER TABLE hold ADD COLUMN over_told_at {{int}};
UPDATE hold SET over_told_at = until;
CREATE INDEX hold_over ON hold (until) WHERE over_told_at IS NULL AND cause <> 'thaw';
