"""What definitions and their parts are called, so that pages show names and never keys.

In: the definitions in force, the node types, a language. Out: `Names` for `Words.naming`.
Always true: pure; what has no name of its own gets one from what it does.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from slinga.admin.shell.words import Words
from slinga.journeys import steps
from slinga.journeys.editing import Forms
from slinga.kernel.words import Names
from slinga.messages.model import BROADCAST


def names(parts: Mapping[str, Mapping[str, dict[str, Any]]], kinds: Forms, _: Words) -> Names:
    """The name of each definition, by kind and key, of stages, statuses and nodes."""
    found: dict[tuple[str, str], str] = {}
    for kind, documents in parts.items():
        for key, document in documents.items():
            found[kind, key] = str(document.get("name") or "")
            if kind == "broadcast":
                found["journey", BROADCAST + key] = found[kind, key]
    for policy in parts.get("policy", {}).values():
        found |= {("topic", str(one["key"])): str(one.get("name") or "") for one in policy.get("topics", ())}
    for key, model in parts.get("model", {}).items():
        found |= places(key, model)
    for key, journey in parts.get("journey", {}).items():
        found |= steps.known(_.naming(found), kinds, key, journey)
    for key, broadcast in parts.get("broadcast", {}).items():
        found |= sends(_.naming(found), kinds, key, broadcast)
    return {name: said for name, said in found.items() if said}


def sends(
    _: Words, kinds: Forms, key: str, broadcast: Mapping[str, Any]
) -> Iterator[tuple[tuple[str, str], str]]:
    """What the messages of a broadcast are called: each by its template."""
    several = {f"send_{one['key']}": one.get("template") for one in broadcast.get("contents") or ()}
    for node, template in (several or {"send": broadcast.get("template")}).items():
        send = {"type": "send", "channel": broadcast.get("channel", "email"), "template": template}
        yield ("node", f"{BROADCAST}{key}/{node}"), steps.name(_, kinds, send)


def person_name(traits: Mapping[str, Any]) -> str:
    """What somebody is called; "" where nothing is known."""
    whole = " ".join(str(traits[name]) for name in ("first_name", "last_name") if traits.get(name))
    return str(traits.get("name") or whole or traits.get("email") or traits.get("phone") or "")


def places(model: str, document: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], str]]:
    """What the stages and statuses of a model are called."""
    for stage in document.get("stages", ()):
        yield ("stage", f"{model}/{stage['key']}"), str(stage.get("name") or "")
        for status in stage.get("statuses", ()):
            yield ("status", f"{model}/{status['key']}"), str(status.get("name") or "")
