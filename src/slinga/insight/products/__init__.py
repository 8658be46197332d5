"""What people buy of late, and what to recommend of it.

In: orders as they are counted; messages about to be planned. Out: a rank for each product; lists in messages.
Always true: the same orders give the same ranks in whatever order and portions they come.
"""
