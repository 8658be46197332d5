"""What definitions and their parts are called, so that pages show names and never keys.

In: the definitions in force, a language. Out: `Names` for `Words.naming`.
Always true: pure; what has no name of its own gets one from what it does.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from slinga.admin.shell.words import Words
from slinga.admin.shell.words import noted as N_
from slinga.kernel.words import Names
from slinga.messages.model import BROADCAST
from slinga.segments.words import length

_NODES = {
    "wait": N_("Wait"),
    "branch": N_("Branch"),
    "split": N_("Split"),
    "exit": N_("End"),
    "send": N_("Message"),
    "set_trait": N_("Change of a profile"),
    "tag": N_("Tag"),
    "score": N_("Score"),
    "set_stage": N_("Change of stage"),
    "hand_over": N_("Task for the team"),
    "webhook": N_("Call to another system"),
    "start_journey": N_("Start of another journey"),
    "stop_journey": N_("Stop of another journey"),
}


def names(parts: Mapping[str, Mapping[str, dict[str, Any]]], _: Words) -> Names:
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
        for name, node in journey.get("nodes", {}).items():
            found["node", f"{key}/{name}"] = str(node.get("title") or "") or _node(node, found, _)
    return {name: said for name, said in found.items() if said}


def places(model: str, document: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], str]]:
    """What the stages and statuses of a model are called."""
    for stage in document.get("stages", ()):
        yield ("stage", f"{model}/{stage['key']}"), str(stage.get("name") or "")
        for status in stage.get("statuses", ()):
            yield ("status", f"{model}/{status['key']}"), str(status.get("name") or "")


def _node(node: Mapping[str, Any], known: Names, _: Words) -> str:
    """What a node without a title is called: its kind, with what tells it from others of its kind."""
    kind = str(node.get("type", ""))
    if kind == "send":
        return known.get(("template", str(node.get("template"))), "")
    said = _(_NODES[kind]) if kind in _NODES else ""
    about = length(node["for"], _) if kind == "wait" and node.get("for") else str(node.get("outcome") or "")
    return f"{said}: {about}" if said and about else said
