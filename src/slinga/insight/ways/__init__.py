"""Ways to a first purchase: what people met with before it, as sums.

In: first orders as they are counted, people who become one. Out: lines of sums.
Always true: a way is counted once, whatever order facts and events are counted in.
"""
