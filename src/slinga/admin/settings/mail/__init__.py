"""How mail leaves: the server, the sender's domain and its records, the key that signs."""
