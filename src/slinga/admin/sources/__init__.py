"""What comes in, and what was refused at the door.

In: nothing. Out: the quarantine.
Always true: nothing here changes anything.
"""
