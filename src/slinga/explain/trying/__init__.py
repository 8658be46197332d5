"""A journey tried as one person, as they are, will be, or were.

In: drafts, a person, an instant. Out: what would happen. Always true: nothing is written.
"""
