"""The first page: what happened, what needs somebody, the seven verbs, and the next steps of a new workspace.

In: requests. Out: the page and its live part.
Always true: nothing here changes anything; a figure says how it is counted.
"""
