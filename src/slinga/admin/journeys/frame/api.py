"""What all pages about one journey show around what is theirs: name, state, tabs, and what to mend.

In: a request, an opened journey. Out: values for the template `journeys/frame.html`.
Always true: pure but for reading the request's session.
"""

from collections.abc import Sequence
from typing import Any

from slinga.access.api import can, member_of
from slinga.admin.journeys.jobs import Opened
from slinga.admin.journeys.outline import Fault
from slinga.admin.shell.api import Web
from slinga.admin.shell.words import Words, words
from slinga.admin.shell.words import noted as N_

TABS = (
    ("canvas", N_("Canvas")),
    ("outline", N_("Outline")),
    ("people", N_("People")),
    ("rehearsals", N_("Rehearse")),
    ("publish", N_("Publish")),
    ("versions", N_("Versions")),
)


def say(request: Web) -> Words:
    """The words of whoever looks."""
    member = member_of(request)
    return words(member.locale if member else "en")


def frame(request: Web, found: Opened, faults: Sequence[Fault], tab: str) -> dict[str, Any]:
    """The values of the frame."""
    return {
        "journey": found,
        "tab": tab,
        "tabs": TABS,
        "faults": faults,
        "stops": sum(fault.weight == "error" for fault in faults),
        "may_write": can(request, "write"),
        "may_publish": can(request, "publish"),
        "may_see_people": can(request, "people"),
    }
