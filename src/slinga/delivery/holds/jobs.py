"""What other stages may ask of the outbox: hold it, let it go, take back, count.

In: keys as in `holds.store`. Out: the same. Always true: a door, and nothing else.
"""

from slinga.delivery.holds.store import busy, cancel_journey, hold, release
from slinga.delivery.store import counts

__all__ = ["busy", "cancel_journey", "counts", "hold", "release"]
