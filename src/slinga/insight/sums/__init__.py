"""Daily sums as other stages may ask for them; `slinga.insight.tally` says what there is."""
