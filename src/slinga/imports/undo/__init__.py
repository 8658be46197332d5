"""Taking an import back: what it brought goes, everybody else is as if it had never been."""
