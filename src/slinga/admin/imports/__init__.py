"""Imports at the desk: hand a file over, say what its columns mean, watch it come in, take it back.

In: files, forms. Out: pages; uploads and mappings that a process beside the web works off.
Always true: nothing is taken in before somebody has seen the first rows; taking in starts nothing.
"""
