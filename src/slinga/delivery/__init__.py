"""Act: carry out decisions to send, exactly as often as decided, and tell what became of each.

In: intents, inserted in the decision's own transaction. Out: receipts and events in the persons' logs.
Always true: an attempt is on record before the network is touched; what may have been sent is `unknown`
until somebody knows; marketing in `unknown` is never sent again by itself; planned = sum of outcomes.
"""

from slinga.delivery.model import Counts, Gate, Message, Render
from slinga.delivery.states import MOVES, OUTCOMES, State

__all__ = [
    "MOVES",
    "OUTCOMES",
    "Counts",
    "Gate",
    "Message",
    "Render",
    "State",
]
