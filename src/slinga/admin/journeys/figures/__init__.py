"""Where people stand in a journey, and who they are.

In: a journey. Out: counts for each node, pages of people. Always true: nothing here changes anything.
"""
