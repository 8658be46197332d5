"""A condition as a sentence: the stored name of a value, or for people in their language.

In: a condition, a language. Out: text. Always true: every leaf reads differently from every other.
"""

import re
from collections.abc import Iterable
from typing import Any

from slinga.kernel.words import ENGLISH, Words
from slinga.kernel.words import noted as N_
from slinga.kernel.words import noted_many as NN_
from slinga.segments.terms import (
    All,
    Any_,
    Attr,
    Bind,
    Condition,
    Consent,
    Date,
    Event,
    Everyone,
    Filter,
    Identified,
    InSegment,
    InStageFor,
    Moved,
    Not,
    Reachable,
    Reaction,
    Score,
    Sequence,
    Stage,
    Status,
    Tag,
    Thing,
    Trait,
    Trigger,
    Window,
)  # fmt: skip

_CMP = {
    "eq": N_("%(what)s is %(value)s"),
    "ne": N_("%(what)s is not %(value)s"),
    "lt": N_("%(what)s is less than %(value)s"),
    "le": N_("%(what)s is at most %(value)s"),
    "gt": N_("%(what)s is more than %(value)s"),
    "ge": N_("%(what)s is at least %(value)s"),
    "in": N_("%(what)s is one of %(value)s"),
    "not_in": N_("%(what)s is none of %(value)s"),
    "contains": N_("%(what)s contains %(value)s"),
    "starts_with": N_("%(what)s starts with %(value)s"),
    "ends_with": N_("%(what)s ends with %(value)s"),
    "exists": N_("%(what)s is known"),
    "missing": N_("%(what)s is not known"),
    "before": N_("%(what)s is before %(value)s"),
    "after": N_("%(what)s is after %(value)s"),
    "within_last": N_("%(what)s was within the last %(value)s"),
    "within_next": N_("%(what)s is within the next %(value)s"),
    "anniversary_today": N_("%(what)s has its anniversary today"),
    "anniversary_within": N_("%(what)s has its anniversary within %(value)s"),
}
_INSTANTS = _CMP | {
    "lt": N_("%(what)s is earlier than %(value)s"),
    "gt": N_("%(what)s is later than %(value)s"),
}
_AGES = {
    "eq": N_("%(what)s was exactly %(length)s ago"),
    "ne": N_("%(what)s was not exactly %(length)s ago"),
    "lt": N_("%(what)s was less than %(length)s ago"),
    "le": N_("%(what)s was at most %(length)s ago"),
    "gt": N_("%(what)s was more than %(length)s ago"),
    "ge": N_("%(what)s was at least %(length)s ago"),
}
_COUNTS = {
    "eq": N_("exactly %(count)s"),
    "ne": N_("not exactly %(count)s"),
    "lt": N_("less than %(count)s"),
    "le": N_("at most %(count)s"),
    "gt": N_("more than %(count)s"),
    "ge": N_("at least %(count)s"),
}
_AGG = {
    "sum": N_("the sum %(prop)s of %(event)s"),
    "min": N_("the smallest %(prop)s of %(event)s"),
    "max": N_("the greatest %(prop)s of %(event)s"),
    "avg": N_("the average %(prop)s of %(event)s"),
    "distinct": N_("the number of different %(prop)s of %(event)s"),
    "first": N_("the first %(event)s"),
    "last": N_("the last %(event)s"),
}
_LENGTHS = {
    "s": NN_("%(num)s second", "%(num)s seconds"),
    "m": NN_("%(num)s minute", "%(num)s minutes"),
    "min": NN_("%(num)s minute", "%(num)s minutes"),
    "h": NN_("%(num)s hour", "%(num)s hours"),
    "d": NN_("%(num)s day", "%(num)s days"),
    "w": NN_("%(num)s week", "%(num)s weeks"),
    "mo": NN_("%(num)s month", "%(num)s months"),
    "y": NN_("%(num)s year", "%(num)s years"),
}
_REACTIONS = {
    "sent": N_("messages sent"),
    "delivered": N_("messages delivered"),
    "opened": N_("messages opened"),
    "clicked": N_("messages clicked"),
    "ignored": N_("messages ignored"),
    "bounced": N_("messages bounced"),
    "complained": N_("messages complained"),
}
_OF = {
    "channel": N_("channel %(name)s"),
    "journey": N_("journey %(name)s"),
    "template": N_("template %(name)s"),
}
_MOVES = {
    (True, True, None): N_("moved from %(from)s to %(to)s in %(model)s"),
    (True, True, "forward"): N_("moved forward from %(from)s to %(to)s in %(model)s"),
    (True, True, "back"): N_("fell back from %(from)s to %(to)s in %(model)s"),
    (False, True, None): N_("came to %(to)s in %(model)s"),
    (False, True, "forward"): N_("moved forward to %(to)s in %(model)s"),
    (False, True, "back"): N_("fell back to %(to)s in %(model)s"),
    (True, False, None): N_("left %(from)s in %(model)s"),
    (True, False, "forward"): N_("moved forward from %(from)s in %(model)s"),
    (True, False, "back"): N_("fell back from %(from)s in %(model)s"),
    (False, False, None): N_("moved in %(model)s"),
    (False, False, "forward"): N_("moved forward in %(model)s"),
    (False, False, "back"): N_("fell back in %(model)s"),
}
"""By whether it is said from where and to where, and in which direction."""
_STATES = {
    "granted": N_("granted"),
    "withdrawn": N_("withdrawn"),
    "denied": N_("denied"),
    "unknown": N_("unknown"),
}
_THINGS = {
    "none": N_("has no %(thing)s"),
    "latest": N_("has whose latest %(thing)s"),
    "all": N_("has all of whose %(thing)s"),
    "any": N_("has any %(thing)s"),
}


class _Terse(Words):
    """English for labels that are stored: counts and lengths stay as the document writes them."""


_TERSE = _Terse(lambda text: text, lambda single, several, count: single if count == 1 else several)


def _times(value: Any, _: Words) -> str:
    if value in (1, 2) and not isinstance(_, _Terse):
        return _("once") if value == 1 else _("twice")
    return _("%(number)s times") % {"number": _value(value, _)}


def length(text: Any, _: Words) -> str:
    """A length of time as people say it, such as 90 days for 90d; anything else as it is."""
    plain = isinstance(_, _Terse) or not isinstance(text, str)
    found = None if plain else re.fullmatch(r"(\d+)([a-z]+)", text)
    if found is None or found[2] not in _LENGTHS:
        return str(text)
    return _.many(*_LENGTHS[found[2]], int(found[1]))


def _value(value: Any, _: Words) -> str:
    if isinstance(value, Bind):
        return _("the trigger's %(path)s") % {"path": value.trigger}
    if isinstance(value, list):
        return ", ".join(_value(v, _) for v in value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return _('"%(text)s"') % {"text": value} if isinstance(value, str) else f"{value}"


def _compare(
    what: str, cmp: str, value: Any, _: Words, *, plain: bool = False, forms: dict[str, str] = _CMP
) -> str:
    shown = "" if value is None else length(value, _) if plain else _value(value, _)
    return (_(forms[cmp]) % {"what": what, "value": shown}).rstrip()


def where(filters: Iterable[Filter] | Iterable[Attr], _: Words = ENGLISH) -> str:
    """Filters as the end of a sentence, such as ' where total is at least 100'; "" of none."""
    parts = [
        _compare(
            f.prop if isinstance(f, Filter) else f.attr, f.cmp, f.value, _, plain=f.cmp.startswith("within")
        )
        for f in filters
    ]
    return " " + _("where %(conditions)s") % {"conditions": _joined("and", parts, _)} if parts else ""


def _joined(how: str, parts: list[str], _: Words) -> str:
    link = _("and") if how == "and" else _("or")
    return f" {link} ".join(parts)


def _window(window: Window | None, _: Words) -> str:
    if window is None:
        return ""
    if window.last:
        return " " + _("in the last %(length)s") % {"length": length(window.last, _)}
    return " " + (_("since %(at)s") % {"at": window.since} if window.since else _("since entering"))


def _event(leaf: Event, _: Words) -> str:
    what, when = f"{_value(leaf.name, _)}{where(leaf.where, _)}", _window(leaf.window, _)
    if leaf.agg == "count":
        if leaf.value in (0, 1) and (leaf.cmp, leaf.value) in (("eq", 0), ("lt", 1)):
            return _("did not do %(event)s") % {"event": what} + when
        times = _(_COUNTS[leaf.cmp]) % {"count": _times(leaf.value, _)}
        return _("did %(event)s %(times)s") % {"event": what, "times": times} + when
    subject = _(_AGG[leaf.agg]) % {"event": what + when, "prop": leaf.prop}
    if leaf.agg not in ("first", "last"):
        return _compare(subject, leaf.cmp, leaf.value, _)
    if isinstance(leaf.value, str) and leaf.value[4:5] == "-":
        return _compare(subject, leaf.cmp, leaf.value, _, plain=True, forms=_INSTANTS)
    return _(_AGES[leaf.cmp]) % {"what": subject, "length": length(leaf.value, _)}


def _sequence(leaf: Sequence, _: Words) -> str:
    link = _("then")
    steps = f", {link} ".join(f"{_value(s.name, _)}{where(s.where, _)}" for s in leaf.steps)
    within = " " + _("within %(length)s") % {"length": length(leaf.within, _)} if leaf.within else ""
    return _("did %(steps)s") % {"steps": steps} + within + _window(leaf.window, _)


def _reaction(leaf: Reaction, _: Words) -> str:
    names = ((name, getattr(leaf, name)) for name in _OF)
    of = "".join(", " + _(_OF[name]) % {"name": _.called(name, value)} for name, value in names if value)
    after = ""
    if leaf.kind == "ignored":
        after = " " + _("for %(length)s") % {"length": length(leaf.after, _)}
    times = _(_COUNTS[leaf.cmp]) % {"count": _times(leaf.value, _)}
    return f"{_(_REACTIONS[leaf.kind])}{after}{of}: {times}{_window(leaf.window, _)}"


def _places(kind: str, leaf: Stage | Status, _: Words) -> str:
    return _joined("or", [_.called(kind, leaf.model, key) for key in leaf.is_], _)


def _moved(leaf: Moved, _: Words) -> str:
    text = _MOVES[bool(leaf.from_), bool(leaf.to), leaf.direction]
    names = {"from": _places_of(leaf.model, leaf.from_, _), "to": _places_of(leaf.model, leaf.to, _)}
    return _(text) % {"model": _.called("model", leaf.model), **names} + _window(leaf.window, _)


def _places_of(model: str, places: Iterable[str], _: Words) -> str:
    return _joined("or", [_place(model, place, _) for place in places], _)


def _place(model: str, place: str, _: Words) -> str:
    if not place:
        return _("nowhere")
    stage, _slash, status = place.partition("/")
    if not status:
        return _.called("stage", model, stage)
    names = {"stage": _.called("stage", model, stage), "status": _.called("status", model, status)}
    return _("%(stage)s (%(status)s)") % names


def _thing(leaf: Thing, _: Words) -> str:
    if leaf.quantifier == "count":
        count = _(_COUNTS[leaf.cmp]) % {"count": leaf.value}
        said = _("has %(count)s %(thing)s") % {"count": count, "thing": leaf.type}
    else:
        said = _(_THINGS.get(leaf.quantifier, _THINGS["any"])) % {"thing": leaf.type}
    return said + where(leaf.where, _)


def label(condition: Condition) -> str:
    """The name of a leaf among stored values: an English sentence that stays the same in every release."""
    return describe(condition, _TERSE)


def describe(condition: Condition, _: Words = ENGLISH) -> str:
    """The condition as a sentence of a language without a full stop, in English for example
    'country is "SE" and did not do "Order Completed" in the last 6 months'."""
    match condition:
        case All() | Any_():
            if not condition.of:
                return _("everyone") if isinstance(condition, All) else _("no one")
            parts = [
                f"({describe(c, _)})" if isinstance(c, All | Any_) and len(c.of) > 1 else describe(c, _)
                for c in condition.of
            ]
            return _joined("and" if isinstance(condition, All) else "or", parts, _)
        case Not():
            return _("not (%(condition)s)") % {"condition": describe(condition.of, _)}
        case Everyone():
            return _("everyone")
        case Trait():
            return _compare(condition.name, condition.cmp, condition.value, _)
        case Date():
            name = _("the date %(name)s") % {"name": condition.name}
            return _compare(name, condition.cmp, condition.value, _, plain=True)
        case Event():
            return _event(condition, _)
        case Sequence():
            return _sequence(condition, _)
        case Stage():
            of = _places("stage", condition, _)
            model = _.called("model", condition.model)
            return _("the stage in %(model)s is %(stages)s") % {"model": model, "stages": of}
        case Status():
            of = _places("status", condition, _)
            model = _.called("model", condition.model)
            return _("the status in %(model)s is %(statuses)s") % {"model": model, "statuses": of}
        case InStageFor():
            text = _("in the present stage of %(model)s for at least %(length)s")
            return text % {"model": _.called("model", condition.model), "length": length(condition.for_, _)}
        case Moved():
            return _moved(condition, _)
        case Score():
            name = _("the score %(name)s") % {"name": _.called("score", condition.name)}
            return _compare(name, condition.cmp, condition.value, _)
        case InSegment():
            text = _("in the segment %(name)s") if condition.is_ else _("not in the segment %(name)s")
            return text % {"name": _.called("segment", condition.key)}
        case Tag():
            return _("tagged %(name)s") % {"name": condition.name}
        case Consent():
            text = _("consent to %(topic)s by %(channel)s is %(state)s")
            topic = _.called("topic", condition.topic)
            state = _(_STATES[condition.is_])
            return text % {"topic": topic, "channel": condition.channel, "state": state}
        case Reachable():
            return _("reachable by %(channel)s") % {"channel": condition.channel}
        case Identified():
            return _("identified")
        case Reaction():
            return _reaction(condition, _)
        case Thing():
            return _thing(condition, _)
        case Trigger():
            name = _("the trigger's %(path)s") % {"path": condition.path}
            return _compare(name, condition.cmp, condition.value, _)
