"""What is remembered of addresses: who must not be written to, whose mailbox is full, what was sent."""
