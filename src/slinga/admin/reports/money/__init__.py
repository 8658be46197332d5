"""The month in figures and money.

In: daily sums, what was spent. Out: a page, files.
Always true: money is never added across currencies.
"""
