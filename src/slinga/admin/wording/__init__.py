"""Wording: subject and settings of a template, its languages, its source, HTML from elsewhere.

In: forms. Out: pages, drafts.
Always true: what a form leaves empty is left out of the document; pasted HTML is cleaned before it is kept,
and what was lost is said.
"""
