"""The desk: plain pages on which a team sees the loop run and can stop it.

In: requests of signed-in members. Out: pages read from the projections, and a few verbs.
Always true: every page works without script; every value from outside is shown as text, never as markup;
a page that asks a question changes nothing.
"""

from slinga.admin.model import Desk, Hold, Late

__all__ = ["Desk", "Hold", "Late"]
