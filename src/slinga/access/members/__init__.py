"""Members of the team: who they are, how they come in, and what holds guessing back."""
