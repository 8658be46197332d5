"""Text messages. One provider is shipped, which keeps them instead of sending; others are plug-ins."""
