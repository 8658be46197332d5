"""Reports: what came of journeys, broadcasts and templates, and the month in money.

In: daily sums, spend entered by hand. Out: pages, charts with their tables, files.
Always true: a figure that cannot be trusted yet is said to be missing; what is attributed is named so, beside
what is caused; everything is read from sums, however many people there are.
"""
