"""What other stages may ask about people inside journeys.

In: keys as in `inside.store`. Out: the same. Always true: a door, and nothing else.
"""

from slinga.engine.inside.store import by_node

__all__ = ["by_node"]
