"""Pictures drawn on the server: the bow-tie, flows between columns, curves of days.

In: plain figures. Out: paths and places for SVG, which templates write down.
Always true: pure; a picture carries no words of its own and no colours, only places and the numbers it shows;
the same figures give the same picture.
"""

from slinga.admin.drawing.bowtie import Arc, BowTie, Linked, Weighed, bow_tie
from slinga.admin.drawing.days import Days, days
from slinga.admin.drawing.flows import Flows, flows

__all__ = ["Arc", "BowTie", "Days", "Flows", "Linked", "Weighed", "bow_tie", "days", "flows"]
