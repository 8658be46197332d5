"""The registry of plug-ins: things that installed packages offer under an entry-point group.

In: a group name, `slinga.channels` or `slinga.nodes`. Out: what was found, by name.
Always true: a plug-in that cannot be loaded is named, never skipped in silence; two of one name are an
error; nothing is loaded before somebody asks.
"""

from collections.abc import Iterator
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from slinga.kernel.errors import Conflict, Missing

CHANNELS = "slinga.channels"
NODES = "slinga.nodes"


class Registry:
    """The plug-ins of one group, each loaded when first asked for."""

    def __init__(self, group: str, found: Iterator[EntryPoint] | None = None) -> None:
        self.group = group
        self._entries: dict[str, EntryPoint] = {}
        for entry in entry_points(group=group) if found is None else found:
            other = self._entries.get(entry.name)
            if other and other.value != entry.value:
                raise Conflict(
                    f"Two plug-ins of {group} are called {entry.name!r}: {other.value} and {entry.value}. "
                    "Uninstall one of them."
                )
            self._entries[entry.name] = entry

    def names(self) -> list[str]:
        """The names on offer, sorted."""
        return sorted(self._entries)

    def get(self, name: str) -> Any:
        """The plug-in of a name. Raises Missing for an unknown name, Conflict when it does not load."""
        entry = self._entries.get(name)
        if entry is None:
            known = ", ".join(self.names()) or "none"
            raise Missing(f"There is no {name!r} in {self.group}. Installed: {known}.", field=name)
        try:
            return entry.load()
        except (ImportError, AttributeError) as fault:
            raise Conflict(f"The plug-in {name!r} ({entry.value}) does not load: {fault}") from fault

    def all(self) -> dict[str, Any]:
        """All plug-ins by name."""
        return {name: self.get(name) for name in self.names()}


@lru_cache
def registry(group: str) -> Registry:
    """The registry of a group in this process."""
    return Registry(group)
