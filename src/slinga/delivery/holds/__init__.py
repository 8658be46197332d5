"""What is held back, and the replies in a row that lead to it."""
