"""E-mail: over SMTP, or into the development mailbox while no server is configured."""
