"""Journeys in words: one line for each node, for what starts it, and how long after the start a node is.

In: documents, a language that knows what definitions are called. Out: plain text.
Always true: pure; a document that is not finished is told as far as it goes.
"""

from collections.abc import Mapping
from typing import Any

from slinga.journeys import editing
from slinga.journeys.editing import Document, Forms
from slinga.kernel.calendar import period
from slinga.kernel.clock import DAY, HOUR, MINUTE
from slinga.kernel.errors import Invalid
from slinga.kernel.words import Words
from slinga.segments import grammar, words

Say = Words
"""A language with the names of what documents refer to."""
MONTH = 30 * DAY


def length(_: Say, text: Any) -> str:
    """A length of time such as 3d in words."""
    try:
        found = period(str(text))
    except Invalid:
        return str(text)
    years, months = divmod(found.months, 12)
    days, rest = divmod(found.micros, DAY)
    hours, rest = divmod(rest, HOUR)
    minutes, rest = divmod(rest, MINUTE)
    parts = [
        years and _.many("%(num)s year", "%(num)s years", years),
        months and _.many("%(num)s month", "%(num)s months", months),
        days and _.many("%(num)s day", "%(num)s days", days),
        hours and _.many("%(num)s hour", "%(num)s hours", hours),
        minutes and _.many("%(num)s minute", "%(num)s minutes", minutes),
        rest and _.many("%(num)s second", "%(num)s seconds", rest // 1_000_000),
    ]
    return " ".join(part for part in parts if part) or str(text)


def condition(_: Say, document: Any) -> str:
    """A condition as a sentence, or what is missing."""
    if not document:
        return _("nothing is chosen yet")
    try:
        return words.describe(grammar.parse(document), _)
    except Invalid:
        return _("not finished yet")


def node(_: Say, document: Mapping[str, Any]) -> str:
    """What a node does, in one line."""
    match document.get("type"):
        case "wait":
            return _wait(_, document)
        case "branch":
            arms = document.get("arms") or []
            first = condition(_, arms[0].get("when")) if arms and isinstance(arms[0], dict) else ""
            return first if len(arms) == 1 else _("%d ways by condition") % len(arms)
        case "split":
            arms = [arm for arm in document.get("arms") or [] if isinstance(arm, dict)]
            whole = sum(float(arm.get("weight") or 0) for arm in arms) or 1.0
            shares = [f"{arm.get('key')} {float(arm.get('weight') or 0) / whole:.0%}" for arm in arms]
            return ", ".join(shares)
        case "send":
            key = str(document.get("template") or "")
            if not key:
                return _("choose a message")
            return f"{_.called('template', key)} · {_(str(document.get('channel', 'email')))}"
        case "set_trait":
            return f"{document.get('name') or '…'} = {document.get('value', '–')}"
        case "tag":
            text = _("take away %s") if document.get("remove") else _("add %s")
            return text % (document.get("name") or "…")
        case "score":
            name = _.called("score", str(document.get("name") or "…"))
            if document.get("set_to") is not None:
                return f"{name} = {document['set_to']}"
            return f"{name} {int(document.get('points') or 0):+d}"
        case "set_stage":
            model = str(document.get("model") or "…")
            place = [_.called(f, model, str(document[f])) for f in ("stage", "status") if document.get(f)]
            return f"{_.called('model', model)}: {' / '.join(place) or '…'}"
        case "hand_over":
            return str(document.get("task") or _("say what is to be done"))
        case "webhook":
            return str(document.get("url") or "")
        case "start_journey" | "stop_journey":
            key = str(document.get("journey") or "")
            return _.called("journey", key) if key else _("choose a journey")
        case "exit":
            return str(document.get("outcome") or "")
    return ""


def title(_: Say, forms: Forms, document: Mapping[str, Any]) -> str:
    """What a step is called: the name somebody gave it, or what it is and does."""
    form = forms.get(str(document.get("type", "")))
    label = _(form.label) if form else str(document.get("type", ""))
    line = node(_, document)
    return str(document.get("title") or "") or (f"{label}: {line}" if line else label)


def titles(_: Say, forms: Forms, document: Document) -> dict[str, str]:
    """What each step of a journey is called."""
    return {key: title(_, forms, each) for key, each in document.get("nodes", {}).items()}


def _wait(_: Say, wait: Mapping[str, Any]) -> str:
    parts = []
    if wait.get("for"):
        parts.append(length(_, wait["for"]))
    if wait.get("until_time"):
        parts.append(_("until %s") % wait["until_time"])
    if wait.get("until_event"):
        event = wait["until_event"]
        parts.append(_("until “%s”") % (event.get("name") if isinstance(event, dict) else event))
    if wait.get("until_condition"):
        parts.append(_("until: %s") % condition(_, wait["until_condition"]))
    if wait.get("timeout"):
        parts.append(_("at most %s") % length(_, wait["timeout"]))
    return ", ".join(parts) or _("say how long")


def trigger(_: Say, document: Any) -> str:
    """What starts a journey, as the end of a sentence."""
    found = document if isinstance(document, dict) else {}
    name = str(found.get("name") or found.get("key") or found.get("model") or "…")
    match found.get("on"):
        case "event":
            several = [name, *(found.get("also") or [])]
            return _("%s happens") % " / ".join(_("“%(text)s”") % {"text": each} for each in several[:3])
        case "segment":
            text = _("somebody leaves %s") if found.get("change") == "left" else _("somebody enters %s")
            return text % _.called("segment", name)
        case "stage" | "status":
            to = [_.called(found["on"], name, str(each)) for each in found.get("to") or []]
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


def way(_: Say, document: Mapping[str, Any], slot: str) -> str:
    """What a way out of a node is called; empty for the only way."""
    parts = slot.split(".")
    if parts[0] == "arms" and len(parts) == 3:
        arm = document["arms"][int(parts[1])]
        if not isinstance(arm, dict):
            return ""
        if document.get("type") == "split":
            return str(arm.get("key") or "")
        return str(arm.get("name") or "") or condition(_, arm.get("when"))
    if slot == "next":
        return _("When it comes") if document.get("timeout") or document.get("wait_for") else ""
    return {
        "otherwise": _("Everybody else"),
        "on_timeout": _("When the time is up"),
        "on_drop": _("When it is refused"),
    }.get(slot, slot)


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
