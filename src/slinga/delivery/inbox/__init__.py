"""The mailbox that bounces and complaints come to, as the desk sets it."""
