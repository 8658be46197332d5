"""The bounce mailbox at the desk: tried, kept, forgotten."""
