"""Small journeys for tests: an event, perhaps a wait, and a mail.

In: names. Out: definitions to publish. Always true: they use the shipped templates of the topic `news`.
"""

from typing import Any

from slinga.engine.jobs import Definition


def journey(key: str, event: str, nodes: dict[str, dict[str, Any]], **header: Any) -> Definition:
    """A journey that begins with an event, at its first node."""
    document = {
        "key": key,
        "name": key.title(),
        "topic": "news",
        "trigger": {"on": "event", "name": event},
        "start": next(iter(nodes)),
        "nodes": nodes,
        **header,
    }
    return Definition("journey", key, document)


def send(template: str, to: str | None = None, **more: Any) -> dict[str, Any]:
    """A send node."""
    return {"type": "send", "template": template, "next": to, **more}


def wait(length: str, to: str) -> dict[str, Any]:
    """A wait node."""
    return {"type": "wait", "for": length, "next": to}


def one_mail(key: str, event: str, template: str = "win-back-1", **header: Any) -> Definition:
    """A journey that answers an event with one mail, at once."""
    return journey(key, event, {"mail": send(template)}, **header)
