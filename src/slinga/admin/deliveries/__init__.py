"""What became of every message.

In: a state and a reason. Out: counts and the newest messages.
Always true: nothing here changes anything.
"""
