"""What the pages before the desk have in common: how they look, are read, and let somebody in."""
