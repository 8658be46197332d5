"""Broadcasts at the desk: written on one page, reviewed, started and watched.

In: forms of members. Out: pages; orders to broadcasts in the member's name.
Always true: nothing is sent before somebody who may send gives the order; each is one of the admin API.
"""
