"""Where a stage leads in other rooms: its journeys, a new journey, a segment that was saved.

In: keys. Out: addresses. Always true: pure; an address leads to a page that this desk has, else to its list.
"""

from typing import Any
from urllib.parse import quote, urlencode

from slinga.admin.doors import DOORS
from slinga.admin.shell.words import noted as N_

HOWS = {
    "triggered": N_("begins here"),
    "leaves": N_("begins on leaving"),
    "started": N_("started on arrival"),
    "stopped": N_("stopped on arrival"),
    "serves": N_("made for it"),
    "asks": N_("asks for it"),
    "places": N_("places people here"),
}
"""How a journey has to do with a stage, in words."""


def _has(path: str) -> bool:
    return ("GET", path) in DOORS


def journey_address(key: str) -> str:
    """The page of a journey."""
    return f"/admin/journeys/{quote(key, safe='')}" if _has("/admin/journeys/{key}") else "/admin/journeys"


def new_journey(model: str, stage: str = "", segment: str = "", source: str = "") -> str:
    """Where a journey is begun, its trigger filled in: somebody comes into a stage, maybe from a `source`."""
    given = {"on": "segment", "segment": segment}
    if stage:
        given = {"on": "stage", "model": model, "stage": stage} | ({"source": source} if source else {})
    path = "/admin/journeys/new" if _has("/admin/journeys/new") else "/admin/journeys"
    return f"{path}?{urlencode(given)}"


def segment_address(key: str) -> str:
    """The page of a segment, or "" where the desk has none."""
    for path in ("/admin/segments/{key}", "/admin/segments/{key}/edit"):
        if _has(path):
            return path.replace("{key}", quote(key, safe=""))
    return "/admin/segments" if _has("/admin/segments") else ""


def template_address(channel: str, model: str, stage: str) -> str:
    """Where a message is written for a stage."""
    path = "/admin/templates/new" if _has("/admin/templates/new") else "/admin/journeys"
    return f"{path}?{urlencode({'channel': channel, 'stage': stage, 'model': model})}"


LEADS: dict[str, Any] = {
    "journey_address": journey_address,
    "new_journey": new_journey,
    "segment_address": segment_address,
    "template_address": template_address,
    "hows": HOWS,
}
"""What templates are given."""
