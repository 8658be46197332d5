"""Who asks, and whether they may: what stands before pages and calls."""
