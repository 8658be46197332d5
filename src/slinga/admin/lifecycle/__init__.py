"""Where people stand in the lifecycle.

In: a model. Out: the picture of its stages.
Always true: nothing here changes anything.
"""
