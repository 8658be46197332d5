"""Files handed over at the desk: kept until they were taken in, with the mapping that their owner chose.

In: files, mappings, presses. Out: rows that a process beside the web works off.
Always true: a file is deleted when it was taken in; what failed says why and can be asked for again.
"""
