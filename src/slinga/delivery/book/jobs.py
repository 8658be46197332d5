"""What other stages may do with the book of addresses: write an address down, lift it, and find its key.

In: a connection, in the caller's transaction. Out: as `delivery.book.store` says.
Always true: an address is known here by its key alone.
"""

from slinga.delivery.book.store import KeyOf, key_maker, suppress, unsuppress

__all__ = ["KeyOf", "key_maker", "suppress", "unsuppress"]
