"""Short definitions for tests that need their own: letters, journeys, models, a policy without limits.

In: a key and what matters. Out: `Definition`s to publish.
Always true: what is not said is what a marketer would leave at its default.
"""

from collections.abc import Iterable
from typing import Any

from slinga.engine.jobs import Definition

OPEN_POLICY: dict[str, Any] = {"quiet_hours": "none", "caps": []}
"""Neither quiet hours nor caps: for tests that are about other instants."""


def unlimited() -> Definition:
    """The policy without quiet hours and caps."""
    return Definition("policy", "policy", OPEN_POLICY)


def letter(key: str, text: str = "Hello", **more: Any) -> Definition:
    """A marketing e-mail with one link; `text` is Liquid."""
    html = f'<html lang="en"><body><p>{text}</p><a href="https://shop.example/{key}">Look</a></body></html>'
    document = {
        "key": key,
        "name": key,
        "class": "marketing",
        "topic": "news",
        "subject": key,
        "body": {"html": html},
        **more,
    }
    return Definition("template", key, document)


def sending(key: str, templates: Iterable[str], trigger: dict[str, Any], **header: Any) -> Definition:
    """A journey that sends these templates, a day between them; `header` may say `gap`."""
    gap = header.pop("gap", "1d")
    names = list(templates)
    nodes: dict[str, Any] = {}
    for number, template in enumerate(names):
        after = f"s{number + 1}" if number + 1 < len(names) else None
        nodes[f"s{number}"] = {"type": "send", "template": template, "next": f"w{number}"}
        nodes[f"w{number}"] = {"type": "wait", "for": gap, "next": after}
    document = {"key": key, "name": key, "topic": "news", "trigger": trigger, "start": "s0", "nodes": nodes}
    return Definition("journey", key, {**document, **header})


def campaign(key: str, letters: int, trigger: dict[str, Any], **header: Any) -> list[Definition]:
    """A sending journey together with its letters, called KEY-1, KEY-2 and so on."""
    names = [f"{key}-{number}" for number in range(1, letters + 1)]
    return [sending(key, names, trigger, **header), *(letter(name) for name in names)]


def model(key: str, *stages: dict[str, Any], **more: Any) -> Definition:
    """A lifecycle model; each stage says at least `key` and `side`."""
    named = [{"name": str(stage["key"]).title(), **stage} for stage in stages]
    return Definition("model", key, {"key": key, "name": key.title(), "stages": named, **more})


def segment(key: str, condition: dict[str, Any]) -> Definition:
    """A segment."""
    return Definition("segment", key, {"key": key, "name": key, "condition": condition})


def did(name: str, *, last: str = "", times: int = 1, **where: Any) -> dict[str, Any]:
    """The condition that an event happened at least so often; `where` are properties it had."""
    found: dict[str, Any] = {"op": "event", "name": name, "value": times}
    if last:
        found["window"] = {"last": last}
    if where:
        found["where"] = [{"prop": prop, "value": value} for prop, value in where.items()]
    return found


def on(name: str) -> dict[str, Any]:
    """The trigger by an event."""
    return {"on": "event", "name": name}
