"""Journeys in words: what starts one, and how long after the start a step is.

In: documents, a language that knows what definitions are called. Out: plain text.
Always true: pure; a document that is not finished is told as far as it goes.
"""

from typing import Any

from slinga.journeys import editing
from slinga.journeys.editing import Document, Forms
from slinga.kernel.calendar import period
from slinga.kernel.clock import DAY, HOUR, MINUTE
from slinga.kernel.errors import Invalid
from slinga.kernel.words import Words

Say = Words
"""A language with the names of what documents refer to."""
MONTH = 30 * DAY


def trigger(_: Say, document: Any) -> str:
    """What starts a journey, as the end of a sentence."""
    found = document if isinstance(document, dict) else {}
    name = str(found.get("name") or found.get("key") or found.get("model") or "…")
    match found.get("on"):
        case "event" if not found.get("name"):
            return _("choose what starts it")
        case "event":
            several = [name, *(found.get("also") or [])]
            return _("%s happens") % " / ".join(_("“%(text)s”") % {"text": each} for each in several[:3])
        case "segment":
            text = _("somebody leaves %s") if found.get("change") == "left" else _("somebody enters %s")
            return text % _.called("segment", name)
        case "stage" | "status":
            to, source = (
                [_.called(found["on"], name, str(each)) for each in found.get(side) or []]
                for side in ("to", "from")
            )
            if source:
                return _("somebody comes from %(from)s to %(to)s in %(model)s") % {
                    "from": ", ".join(source),
                    "to": ", ".join(to) or _("any"),
                    "model": _.called("model", name),
                }
            return _("%(model)s becomes %(to)s") % {
                "model": _.called("model", name),
                "to": ", ".join(to) or _("any"),
            }
        case "score":
            text = _("%s falls below %s") if found.get("change") == "fell_below" else _("%s rises above %s")
            return text % (_.called("score", name), found.get("value"))
        case "date":
            return _("the date %s comes") % found.get("trait")
        case "thing_date":
            return _("the date %(attr)s of a %(type)s comes") % {
                "attr": found.get("attr"),
                "type": found.get("type"),
            }
        case "schedule":
            return _("a set time comes")
        case "visit":
            return {
                "first": _("the first visit begins"),
                "in_visit": _("a visit begins"),
                "left_with_cart": _("a visit ends with a full cart"),
            }.get(str(found.get("phase")), _("a visit"))
        case "api":
            return _("another system asks")
        case "manual":
            return _("somebody is put in by hand")
    return _("nothing starts it yet")


def starts(forms: Forms, document: Document) -> dict[str, int]:
    """Microseconds from the start to each node, by the quickest way; waits for events count as nothing."""
    begin = editing.target(document, editing.START)
    found: dict[str, int] = {}
    todo: list[tuple[int, str | None]] = [(0, begin)] if begin else []
    while todo:
        todo.sort(key=lambda each: each[0])
        at, key = todo.pop(0)
        if key is None or key in found or key not in document.get("nodes", {}):
            continue
        found[key] = at
        here = document["nodes"][key]
        for slot in editing.slots(forms, here):
            lasts = here.get("timeout") if slot == "on_timeout" else here.get("for")
            todo.append((at + _micros(lasts), editing.target(document, (key, slot))))
    return found


def after(_: Say, micros: int) -> str:
    """How long after the start, roughly."""
    if micros < MINUTE:
        return _("at the start")
    if micros < HOUR:
        return _("%d min from the start") % (micros // MINUTE)
    if micros < DAY:
        return _("%d h from the start") % (micros // HOUR)
    return _("day %d from the start") % (micros // DAY)


def _micros(text: Any) -> int:
    try:
        found = period(str(text)) if text else None
    except Invalid:
        return 0
    return found.months * MONTH + found.micros if found else 0
