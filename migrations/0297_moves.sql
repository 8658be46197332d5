-- Where a person moved in a model, the last time of each kind of move; NULL where an earlier release wrote the row.
-- Whoever is not known is read in the background (`engine.worker`) from the recorded moves.
ALTER TABLE position ADD COLUMN moves jsonb;
