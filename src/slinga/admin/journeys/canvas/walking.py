"""One person's way through a journey, in words.

In: what trying it out gave. Out: dated steps, and the nodes that were come to.
Always true: pure; nothing is told that did not come out of the engine.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from slinga.admin.journeys import lines
from slinga.admin.journeys.lines import Say
from slinga.admin.shell.words import noted as N_
from slinga.journeys.editing import Document, Forms
from slinga.journeys.steps import names, way
from slinga.kernel.clock import Instant
from slinga.messages.policy import TEXTS, Reason

REFUSED = {
    "too_old": N_("what starts it was too long ago"),
    "already_inside": N_("is inside already"),
    "reentry": N_("may not come in again yet"),
    "condition": N_("does not meet who may come in"),
    "too_many_runs": N_("is inside too many times at once"),
    "no_key": N_("has never done what starts it, so it is not known what it would be about"),
}
ENDED = {
    "completed": N_("the end"),
    "exit": N_("leaves: meets who leaves at once"),
    "goal": N_("leaves: the goal is reached"),
    "stopped": N_("leaves: another journey stops this one"),
    "capped": N_("leaves: has come through as often as the cap per person allows"),
    "loop": N_("leaves: went round without end"),
    "moved": N_("leaves: what it was about has moved"),
    "removed": N_("leaves: was taken out"),
    "restarted": N_("starts over"),
    "merged": N_("leaves: became one with somebody else"),
}
HELD = ("dropped", "deferred")
QUIET = ("send_key", "until", "assigned")
"""What a witness holds that says nothing to a reader."""


class _Fact(Protocol):
    @property
    def kind(self) -> str: ...
    @property
    def at(self) -> Instant: ...
    @property
    def body(self) -> dict[str, Any]: ...


def walk(
    _: Say, kinds: Forms, document: Document, facts: Sequence[_Fact]
) -> tuple[list[tuple[Instant, str, str, bool | None]], list[str]]:
    """(instant, node, text, whether a condition was met) in order; and the nodes come to."""
    starts = lines.trigger(_, document.get("trigger"))
    steps: list[tuple[Instant, str, str, bool | None]] = []
    path: list[str] = []

    titles = names(_, kinds, document)
    for fact in facts:
        body, node = fact.body, str(fact.body.get("node") or "")
        match fact.kind:
            case "run_entered" | "run_restarted":
                start = str(document.get("start", ""))
                path.append(start)
                again = fact.kind == "run_restarted"
                text = _("is inside already and starts over: %s") if again else _("comes in: %s")
                steps.append((fact.at, "", text % starts + values(body), None))
            case "entry_refused":
                reason = str(body.get("reason", ""))
                why = _(REFUSED.get(reason, reason.replace("_", " ")))
                steps.append((fact.at, "", _("does not come in: %s") % (why + values(body)), False))
            case "holdout":
                steps.append((fact.at, "", _("is held out for comparison"), None))
            case "step":
                path += [each for each in (node, str(body.get("to") or "")) if each]
                text, met = moved(_, document.get("nodes", {}).get(node, {}), str(body.get("outcome", "")))
                text += values(body) if met is not None or body.get("outcome") in HELD else ""
                steps.append((fact.at, node, f"{titles.get(node, node)}: {text}", met))
            case "goal_reached":
                steps.append((fact.at, "", _("reaches the goal") + values(body), True))
            case "run_ended":
                outcome, reason = str(body.get("outcome") or ""), str(body["reason"])
                ending = _("leaves: %s") % outcome if outcome else _(ENDED.get(reason, reason))
                steps.append((fact.at, node, ending, None))
    return steps, list(dict.fromkeys(path))


def moved(_: Say, node: Document, outcome: str) -> tuple[str, bool | None]:
    """How somebody moved on from a step, and whether a condition was met."""
    kind = node.get("type")
    if kind == "exit":
        return _("the end"), None
    if kind == "branch":
        text = _("everybody else") if outcome == "otherwise" else outcome
        if outcome.startswith("arms."):
            text = way(_, node, f"{outcome}.next")
        return text, outcome != "otherwise"
    if kind == "wait" and outcome in ("condition", "event", "on_timeout"):
        text = _("the time is up") if outcome == "on_timeout" else _("it came")
        return text, outcome != "on_timeout"
    return {
        "planned": _("is sent"),
        "dropped": _("is refused"),
        "deferred": _("is put off"),
        "next": _("goes on"),
    }.get(outcome) or _(outcome.replace("_", " ")), None


def values(body: dict[str, Any]) -> str:
    """The values that a decision rested on, in brackets; empty where there are none."""
    witness = body.get("witness")
    found = ", ".join(_pairs(witness)) if isinstance(witness, dict | list) else ""
    return f" ({found[:300]})" if found else ""


def _pairs(value: Any, name: str = "") -> list[str]:
    if isinstance(value, dict):
        return [pair for key, each in value.items() if key not in QUIET for pair in _pairs(each, str(key))]
    if isinstance(value, list):
        return [pair for each in value for pair in _pairs(each, name)]
    if value is None:
        return []
    if name == "reason":
        return [TEXTS[Reason(value)] if value in {each.value for each in Reason} else str(value)]
    if isinstance(value, bool):
        return [f"{name.replace('_', ' ')}: {'yes' if value else 'no'}"]
    return [f"{name.replace('_', ' ')}: {value}"]
