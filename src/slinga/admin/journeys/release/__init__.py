"""From a draft to what is in force: the review before, the publication, the versions after.

In: a draft. Out: what publishing it would do; a new program; an older version as a draft.
Always true: what the review says is what publishing does.
"""
