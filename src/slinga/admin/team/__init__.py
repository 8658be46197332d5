"""The team: members and their roles, invitations, keys, who did what; and one's own page."""
