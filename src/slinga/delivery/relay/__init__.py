"""The server that mail leaves through, and the keys that sign it, as the desk sets them."""
