"""The quarantine for other stages: take a refused item in again.

In: a number, mended bytes. Out: the log, or the reason it is still refused.
Always true: an item is taken in once.
"""
