"""One order counts once: the only place where that is decided.

In: the orders counted so far, an event. Out: whether the event counts.
Always true: of several reports of one order (a browser's and the shop's, or a retry under another message
id) the first one accepted is the event that conditions count and journeys start from. Later ones correct
the order itself, where a server's word beats a browser's (`people.profile`), and count nowhere. An order
without an id counts each time. The set query leaves out the same rows (`sets.Query.events`).
"""

from slinga.ingest.model import Input
from slinga.segments.values import first_scalar, reader

ONCE = "Order Completed"
ID = ("properties", "order_id")

KEPT = 500
"""Orders remembered per person; a repeat that comes after so many others counts again."""

_read = reader(ID)


def counts(known: list[str], event: Input) -> bool:
    """Whether an event counts; an order that does is added to `known`, in place."""
    if event.name != ONCE:
        return True
    order = first_scalar(_read(event.body))
    if order is None or order == "s":
        return True
    if order in known:
        return False
    known.append(order)
    del known[:-KEPT]
    return True
