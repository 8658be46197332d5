"""Who would come in at once if people who match already were let in.

In: a journey's document. Out: the condition that they meet, or None where none can match now.
Always true: pure; a condition that speaks of the trigger or the entry cannot be asked beforehand and is left
out, so the number is then at most that many.
"""

from slinga.journeys.editing import Document
from slinga.kernel.errors import Invalid
from slinga.segments import grammar


def matching(document: Document) -> Document | None:
    """What people meet who match now; None where matching is not a state one can be in."""
    trigger = document.get("trigger")
    here = _state(trigger) if isinstance(trigger, dict) else None
    if here is None:
        return None
    parts = [here]
    also = document.get("condition")
    try:
        if isinstance(also, dict) and not grammar.references(grammar.parse(also)).run:
            parts.append(also)
        return grammar.to_document(grammar.parse({"op": "all", "of": parts}))
    except Invalid:
        return None


def _state(trigger: Document) -> Document | None:
    match trigger.get("on"):
        case "segment":
            inside = trigger.get("change", "entered") == "entered"
            return {"op": "segment", "key": trigger.get("key"), **({} if inside else {"is": False})}
        case "stage" | "status" if trigger.get("to"):
            here = {"op": trigger["on"], "model": trigger.get("model"), "is": list(trigger["to"])}
            way, source = trigger.get("direction", "any"), list(trigger.get("from") or ())
            if trigger["on"] == "status" or (way == "any" and not source):
                return here
            came = {"op": "moved", "model": trigger.get("model"), "from": source, "to": list(trigger["to"])}
            return {"op": "all", "of": [here, came | ({} if way == "any" else {"direction": way})]}
    return None
