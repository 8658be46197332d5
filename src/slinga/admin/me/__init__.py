"""One's own page: name, language, password, sessions."""
