"""Rehearsals asked for at the desk and played in the background.

In: requests. Out: how far each is, and its report. Always true: one plays at a time; whoever dies while
playing leaves it to be played anew; nobody is named in what is kept.
"""
