"""Rehearsing a journey at the desk: asked for with a form, played in the background, read as pictures.

In: a form. Out: how far it is, and what came of it. Always true: nothing is sent and nobody is changed.
"""
