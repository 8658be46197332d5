"""The editor: one document, drawn on a canvas and written as an outline.

In: commands from forms, documents from the island. Out: drafts.
Always true: both views save the same document; nothing here is in force until it is published.
"""
