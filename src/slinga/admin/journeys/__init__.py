"""The journeys and what came of them.

In: published journeys. Out: their list with figures.
Always true: nothing here changes anything.
"""
