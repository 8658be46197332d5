"""What the gate before the wire reads of the people it is asked about."""
