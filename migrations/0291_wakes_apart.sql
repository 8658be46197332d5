-- Where many wake at one instant, each keeps an entry of its own: a shared one is passed over only once all who stand
-- in it have been woken, and until then each look for who is due reads all of them again. Entries written before stay
-- shared until they are written again.
ALTER INDEX person_wake SET (deduplicate_items = off);
