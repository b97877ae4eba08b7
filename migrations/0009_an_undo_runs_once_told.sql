-- The undo of an e-mail change runs from when the mailbox of before took its letter: which entry that letter is about, and when.
ALTER TABLE email_change ADD COLUMN sequence {{int}};
ALTER TABLE email_change ADD COLUMN told_at {{int}};
