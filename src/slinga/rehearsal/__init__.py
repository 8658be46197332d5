"""Rehearsing: what drafts would have done over the recorded past, and what the rest would have lost.

In: drafts, a span of the past, a reaction model. Out: a report. Always true: nothing is written and nothing
leaves; the code that decides is the code that decides in earnest; the same request gives the same report.
"""
