"""What receivers say afterwards of messages they had taken."""
