"""The sessions of a member, by device."""
