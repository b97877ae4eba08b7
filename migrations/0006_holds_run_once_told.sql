-- The entry of the activity log, and so the notice, that tells of a hold; and since when its owner can know. Until then the
-- hold has the longer end of one that nobody can be told of.
ALTER TABLE hold ADD COLUMN sequence {{int}};
ALTER TABLE hold ADD COLUMN told_at {{int}};
