"""What couriers note, so that whoever takes over from a killed one knows what it had begun."""
