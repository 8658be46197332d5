"""Beginnings for templates of one's own: one YAML document each, made of blocks.

In: nothing. Out: files beside this one.
Always true: each parses as a template once its `about` is taken off, compiles, and has nothing to mend.
"""
