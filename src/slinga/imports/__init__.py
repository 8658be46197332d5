"""Import: a file of people, orders or events becomes history that builds state and fires nothing.

In: CSV or Parquet files and a mapping document. Out: inputs in the log, permissions in the ledger,
suppressed addresses; a report of the rows that could not be taken.
Always true: each row is accounted for (accepted, duplicate or error); the same content is taken in once,
however often it comes; what an import brought can be taken back.
"""

from slinga.imports.model import Events, Mapping, Orders, People, parse

__all__ = ["Events", "Mapping", "Orders", "People", "parse"]
