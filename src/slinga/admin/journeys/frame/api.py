"""What all pages about one journey show around what is theirs: name, state, tabs, and what to mend.

In: a request, an opened journey. Out: values for the template `journeys/frame.html`.
Always true: pure but for reading the request's session.
"""

from collections.abc import Sequence
from typing import Any

from slinga.access.api import can
from slinga.admin.journeys.jobs import Opened, node_forms
from slinga.admin.journeys.outline import Fault
from slinga.admin.shell.api import Web, spoken
from slinga.admin.shell.words import Words
from slinga.admin.shell.words import noted as N_
from slinga.journeys import steps
from slinga.kernel.words import Names

TABS = (
    ("canvas", N_("Canvas")),
    ("outline", N_("Outline")),
    ("people", N_("People")),
    ("rehearsals", N_("Rehearse")),
    ("publish", N_("Publish")),
    ("versions", N_("Versions")),
)


def say(request: Web, names: Names | None = None) -> Words:
    """The language of whoever looks, with what definitions are called."""
    language = spoken(request)
    return language if names is None else language.naming(names)


def frame(request: Web, found: Opened, faults: Sequence[Fault], tab: str, _: Words) -> dict[str, Any]:
    """The values of the frame."""
    return {
        "titles": steps.names(_, node_forms(), found.document),
        "journey": found,
        "tab": tab,
        "tabs": TABS,
        "faults": faults,
        "stops": sum(fault.weight == "error" for fault in faults),
        "may_write": can(request, "write"),
        "may_publish": can(request, "publish"),
        "may_see_people": can(request, "people"),
    }
