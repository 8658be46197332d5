"""What each step of a journey is called: by the name somebody gave it, else by what it does.

In: a document, the forms of the node types, a language that knows what definitions are called. Out: text.
Always true: pure; a step is called the same wherever it is named; no two steps of a journey share a name; a
step that is not finished is named as far as it goes.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from slinga.journeys import editing
from slinga.journeys.editing import Document, Forms
from slinga.kernel.calendar import period
from slinga.kernel.clock import DAY, HOUR, MINUTE
from slinga.kernel.errors import Invalid
from slinga.kernel.words import Words
from slinga.kernel.words import noted as N_
from slinga.segments import grammar
from slinga.segments.words import describe

_SENDS = {
    "email": N_("E-mail: %(message)s"),
    "push": N_("Push: %(message)s"),
    "sms": N_("SMS: %(message)s"),
}
_DAYS = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))


def names(_: Words, forms: Forms, document: Document) -> dict[str, str]:
    """What each step is called; those that do the same are numbered in the order of the way."""
    nodes: dict[str, Any] = document.get("nodes", {})
    found = {key: name(_, forms, node) for key, node in nodes.items()}
    order = {key: place for place, key in enumerate(editing.reached(forms, document))}
    many, met = Counter(found.values()), Counter[str]()
    for key in sorted(found, key=lambda each: order.get(each, len(order))):
        said = found[key]
        met[said] += 1
        if many[said] > 1:
            found[key] = f"{said} ({met[said]})"
    return found


def known(_: Words, forms: Forms, journey: str, document: Document) -> Iterator[tuple[tuple[str, str], str]]:
    """The names of steps and of their ways, as `Words.naming` takes them."""
    for key, said in names(_, forms, document).items():
        yield ("node", f"{journey}/{key}"), said
        node = document["nodes"][key]
        for slot in editing.slots(forms, node):
            called = way(_, node, slot)
            yield ("way", f"{journey}/{key}.{slot}"), called
            yield ("way", f"{journey}/{key}.{slot.removesuffix('.next')}.when"), called


def name(_: Words, forms: Forms, node: Mapping[str, Any]) -> str:
    """What one step is called by itself."""
    return str(node.get("title") or "") or does(_, forms, node)


def does(_: Words, forms: Forms, node: Mapping[str, Any]) -> str:
    """What a step does, in a few words; its type where it says nothing yet."""
    kind = str(node.get("type", ""))
    said = _DOES[kind](_, node) if kind in _DOES else ""
    if said:
        return said
    form = forms.get(kind)
    return _(form.label) if form else kind.replace("_", " ")


def length(_: Words, text: Any) -> str:
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


def condition(_: Words, document: Any) -> str:
    """A condition as a sentence, or what is missing."""
    if not document:
        return _("nothing is chosen yet")
    try:
        return describe(grammar.parse(document), _)
    except Invalid:
        return _("not finished yet")


def way(_: Words, node: Mapping[str, Any], slot: str) -> str:
    """What a way out of a step is called; empty for the only way."""
    parts = slot.split(".")
    if parts[0] == "arms" and len(parts) == 3:
        arms = node.get("arms") or []
        arm = arms[int(parts[1])] if int(parts[1]) < len(arms) else None
        if not isinstance(arm, dict):
            return ""
        if node.get("type") == "split":
            return str(arm.get("key") or "")
        return str(arm.get("name") or "") or condition(_, arm.get("when"))
    if slot == "next":
        return _("When it comes") if node.get("timeout") or node.get("wait_for") else ""
    return {
        "otherwise": _("Everybody else"),
        "on_timeout": _("When the time is up"),
        "on_drop": _("When it is refused"),
    }.get(slot, slot)


def _wait(_: Words, node: Mapping[str, Any]) -> str:
    at, lasts, event = node.get("until_time"), node.get("for"), node.get("until_event")
    if event:
        named = event.get("name") if isinstance(event, dict) else event
        said = _("Wait for %(event)s") % {"event": _("“%(text)s”") % {"text": named}} if named else ""
    elif node.get("until_condition"):
        said = _("Wait until %(condition)s") % {"condition": condition(_, node["until_condition"])}
    elif lasts and at:
        said = _("Wait %(length)s, then until %(time)s") % {"length": length(_, lasts), "time": at}
    elif at:
        said = _("Wait until %(time)s") % {"time": at}
    else:
        return _("Wait %(length)s") % {"length": length(_, lasts)} if lasts else ""
    days = [day for day in node.get("weekdays") or [] if isinstance(day, int) and 1 <= day <= 7]
    if said and at and days:
        said += f" ({', '.join(_(_DAYS[day - 1]) for day in days)})"
    if said and node.get("timeout"):
        said += ", " + _("at most %(length)s") % {"length": length(_, node["timeout"])}
    return said


def _branch(_: Words, node: Mapping[str, Any]) -> str:
    arms = [arm for arm in node.get("arms") or [] if isinstance(arm, dict)]
    ways = [
        str(arm.get("name") or "") or (condition(_, arm["when"]) if arm.get("when") else "") for arm in arms
    ]
    said = " / ".join(each for each in ways if each)
    return _("Branch: %(ways)s") % {"ways": said} if said else ""


def _split(_: Words, node: Mapping[str, Any]) -> str:
    arms = [
        (str(arm.get("key") or ""), arm.get("weight"))
        for arm in node.get("arms") or []
        if isinstance(arm, dict)
    ]
    shares = [(key, weight) for key, weight in arms if isinstance(weight, int | float)]
    whole = sum(weight for _key, weight in shares) or 1
    said = ", ".join(f"{key} {weight / whole:.0%}" for key, weight in shares)
    return _("Split: %(groups)s") % {"groups": said} if said else ""


def _send(_: Words, node: Mapping[str, Any]) -> str:
    key, channel = str(node.get("template") or ""), str(node.get("channel") or "email")
    message = _.called("template", key) if key else _("choose a message")
    text = _(_SENDS[channel]) if channel in _SENDS else f"{_(channel)}: %(message)s"
    return text % {"message": message}


def _value(_: Words, value: Any) -> str:
    if isinstance(value, dict) and len(value) == 1:
        source, path = next(iter(value.items()))
        if source == "trigger":
            return _("the trigger's %(path)s") % {"path": path}
        return str(path)
    return _("yes") if value is True else _("no") if value is False else str(value)


def _trait(_: Words, node: Mapping[str, Any]) -> str:
    trait, value = node.get("name"), node.get("value")
    if not trait:
        return ""
    if value is None:
        return _("Remove %(name)s from the profile") % {"name": trait}
    return _("Set %(name)s to %(value)s") % {"name": trait, "value": _value(_, value)}


def _tag(_: Words, node: Mapping[str, Any]) -> str:
    if not node.get("name"):
        return ""
    text = _("Take away the tag %(name)s") if node.get("remove") else _("Add the tag %(name)s")
    return text % {"name": node["name"]}


def _score(_: Words, node: Mapping[str, Any]) -> str:
    if not node.get("name"):
        return ""
    score = _.called("score", str(node["name"]))
    if node.get("set_to") is not None:
        return _("Set the score %(name)s to %(value)s") % {"name": score, "value": node["set_to"]}
    points = node.get("points")
    return _("Score %(name)s: %(points)s") % {
        "name": score,
        "points": f"{points:+d}" if isinstance(points, int) else points or "+0",
    }


def _stage(_: Words, node: Mapping[str, Any]) -> str:
    model = str(node.get("model") or "")
    place = [_.called(part, model, str(node[part])) for part in ("stage", "status") if node.get(part)]
    return _("Move to %(place)s") % {"place": " / ".join(place)} if place else ""


def _task(_: Words, node: Mapping[str, Any]) -> str:
    return _("Task: %(task)s") % {"task": node["task"]} if node.get("task") else ""


def _webhook(_: Words, node: Mapping[str, Any]) -> str:
    address = str(node.get("url") or "").partition("://")[2].partition("?")[0]
    return _("Webhook: %(address)s") % {"address": address} if address else ""


def _start(_: Words, node: Mapping[str, Any]) -> str:
    key = str(node.get("journey") or "")
    return _("Start the journey %(name)s") % {"name": _.called("journey", key)} if key else ""


def _stop(_: Words, node: Mapping[str, Any]) -> str:
    key = str(node.get("journey") or "")
    return _("Stop the journey %(name)s") % {"name": _.called("journey", key)} if key else ""


def _exit(_: Words, node: Mapping[str, Any]) -> str:
    return _("End: %(outcome)s") % {"outcome": node["outcome"]} if node.get("outcome") else _("End")


_DOES = {
    "wait": _wait,
    "branch": _branch,
    "split": _split,
    "send": _send,
    "set_trait": _trait,
    "tag": _tag,
    "score": _score,
    "set_stage": _stage,
    "hand_over": _task,
    "webhook": _webhook,
    "start_journey": _start,
    "stop_journey": _stop,
    "exit": _exit,
}
