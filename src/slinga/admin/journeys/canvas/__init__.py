"""The canvas: the page with the island, and the three questions the island may ask.

In: documents. Out: what is said of them, drafts, one person's way.
Always true: only saving writes, and it names the revision it saw.
"""
