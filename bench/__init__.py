"""Benchmarks: each figure beside a named reference that was measured in the same run.

In: `python -m bench [NAME...] [--scale 0.1]`. Out: a table; with `--write` also docs/reference/benchmarks.md.
Always true: each benchmark runs in a process of its own on a database of its own, with the settings of
production; a benchmark is a module here with `run(scale) -> list[Figure]`.
"""
