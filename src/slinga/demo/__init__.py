"""The living demo: a small invented shop, the people round it, and the definitions that serve them.

In: a seed, a speed, messages that arrived. Out: calls to the tracking API, hits on message links, truth.
Always true: the twin and its people are pure values; only the jobs and the storefront touch the world.
"""

from slinga.demo.model import Call, Hit, Mail, Truth
from slinga.demo.twin import Twin

__all__ = ["Call", "Hit", "Mail", "Truth", "Twin"]
