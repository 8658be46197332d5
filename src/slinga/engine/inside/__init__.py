"""Who is inside a journey now: what a publication shows before it asks."""
