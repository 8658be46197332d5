"""Segments: named conditions, built as sentences, with who is in them and why.

In: conditions of the builder. Out: drafts, published segments, sizes, samples, what they are used for.
Always true: what is saved here is a draft; only publishing changes who belongs to a segment.
"""
