"""What a member does to somebody: tag, place, permit, suppress, start and stop journeys, merge, forget."""
