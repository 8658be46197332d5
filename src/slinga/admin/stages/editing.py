"""What each button of the editor does to a model's document.

In: a document, the button, the fields of its form. Out: the document anew.
Always true: pure; the document given is not changed; a stage or a rule that is not there is refused; sides
run from left over the knot to right whatever is moved.
"""

import copy
from collections.abc import Callable, Mapping
from typing import Any

from slinga.admin.shell.keys import key_of
from slinga.kernel.errors import Invalid, Missing

Document = dict[str, Any]
Said = Mapping[str, str]
SIDES = ("left", "knot", "right")


def edit(document: Document, do: str, said: Said, journeys: Mapping[str, list[str]]) -> Document:
    """Carry out `do` (such as `up:interest` or `add-status:interest`).

    `journeys` are the chosen keys by `start` and `stop`. Raises Invalid naming a field, or Missing.
    """
    verb, _, about = do.partition(":")
    act = _VERBS.get(verb)
    if act is None:
        raise Invalid("This page is too old. Load it again.", field="do")
    out = copy.deepcopy(document)
    out.setdefault("stages", [])
    act(out, about, {**said, **{f"+{name}": "\n".join(keys) for name, keys in journeys.items()}})
    return out


def stage_of(document: Document, key: str) -> Document:
    """A stage of a document. Raises Missing."""
    for stage in document.get("stages", ()):
        if stage.get("key") == key:
            found: Document = stage
            return found
    raise Missing("There is no such stage in the draft any more.", field="stage")


def _name(said: Said, field: str = "name") -> str:
    name = said.get(field, "").strip()[:80]
    if not name:
        raise Invalid("Give it a name.", field=field)
    return name


def _set(place: Document, field: str, value: Any) -> None:
    """Write a value, or leave the field out where it is empty."""
    if value in ("", None, [], {}):
        place.pop(field, None)
    else:
        place[field] = value


def _model(document: Document, _about: str, said: Said) -> None:
    document["name"] = _name(said)
    _set(document, "description", said.get("description", "").strip()[:1000])
    _set(document, "pin", said.get("pin", "").strip())
    renewed = [line.strip() for line in said.get("renewed_by", "").splitlines() if line.strip()]
    _set(document, "renewed_by", renewed)


def _add_stage(document: Document, _about: str, said: Said) -> None:
    name, side = _name(said), said.get("side", "left")
    if side not in SIDES:
        raise Invalid("Choose left, knot or right.", field="side")
    stages = document["stages"]
    key = key_of(name, {stage["key"] for stage in stages}, otherwise="stage")
    behind = [n for n, stage in enumerate(stages) if SIDES.index(stage["side"]) <= SIDES.index(side)]
    stages.insert(behind[-1] + 1 if behind else 0, {"key": key, "name": name, "side": side})


def _at(document: Document, key: str) -> int:
    return document["stages"].index(stage_of(document, key))  # type: ignore[no-any-return]


def _up(document: Document, about: str, _said: Said) -> None:
    _move(document, _at(document, about), -1)


def _down(document: Document, about: str, _said: Said) -> None:
    _move(document, _at(document, about), 1)


def _move(document: Document, at: int, way: int) -> None:
    """One place on; where the neighbour is of another side, to the next side in place of that."""
    stages, there = document["stages"], at + way
    side = SIDES.index(stages[at]["side"])
    if 0 <= there < len(stages) and stages[there]["side"] == stages[at]["side"]:
        stages[at], stages[there] = stages[there], stages[at]
    elif 0 <= side + way < len(SIDES):
        stages[at]["side"] = SIDES[side + way]


def _remove(document: Document, about: str, _said: Said) -> None:
    at = _at(document, about)
    if len(document["stages"]) <= 2:
        raise Invalid("A model needs two stages at least.", field="stages")
    del document["stages"][at]
    before = document["stages"][max(at - 1, 0)]["key"]
    for stage in document["stages"][at:]:
        for fall in stage.get("fall", ()):
            if fall.get("to") == about:
                fall["to"] = before
                fall.pop("status", None)


def _stage(document: Document, about: str, said: Said) -> None:
    stage = stage_of(document, about)
    stage["name"] = _name(said)
    _set(stage, "description", said.get("description", "").strip()[:1000])
    _set(stage, "hold", said.get("hold", "").strip())
    strategy: Document = {}
    for field in ("start", "stop"):
        _set(strategy, field, [key for key in said.get(f"+{field}", "").split("\n") if key])
    weekly = said.get("weekly", "").strip()
    if weekly and not (weekly.isdigit() and len(weekly) < 4):
        raise Invalid("Write a whole number, or nothing for the usual budget.", field="weekly")
    _set(strategy, "weekly_messages", int(weekly) if weekly else None)
    _set(strategy, "note", said.get("note", "").strip()[:500])
    _set(stage, "strategy", strategy)


def _place(about: str) -> tuple[str, int]:
    key, _, number = about.rpartition(":")
    if not number.isdigit():
        raise Missing("There is no such rule in the draft any more.", field="do")
    return key, int(number)


def _one(document: Document, about: str, field: str) -> tuple[list[Document], int]:
    """The list of statuses or falls of a stage, and a place in it."""
    key, number = _place(about)
    found: list[Document] = stage_of(document, key).get(field, [])
    if number >= len(found):
        raise Missing("There is no such line in the draft any more.", field="do")
    return found, number


def _add_status(document: Document, about: str, said: Said) -> None:
    stage, name = stage_of(document, about), _name(said)
    statuses = stage.setdefault("statuses", [])
    taken = {status["key"] for status in statuses}
    statuses.append({"key": key_of(name, taken, otherwise="status"), "name": name})


def _status(document: Document, about: str, said: Said) -> None:
    found, number = _one(document, about, "statuses")
    found[number]["name"] = _name(said)
    _set(found[number], "description", said.get("description", "").strip()[:500])


def _shift(field: str, way: int) -> Callable[[Document, str, Said], None]:
    def act(document: Document, about: str, _said: Said) -> None:
        found, at = _one(document, about, field)
        if 0 <= at + way < len(found):
            found[at], found[at + way] = found[at + way], found[at]

    return act


def _drop(field: str) -> Callable[[Document, str, Said], None]:
    def act(document: Document, about: str, _said: Said) -> None:
        found, at = _one(document, about, field)
        del found[at]
        _set(stage_of(document, _place(about)[0]), field, found)

    return act


def _fall(document: Document, stage: str, said: Said) -> Document:
    """A fall rule's fields out of a form."""
    earlier = [one["key"] for one in document["stages"][: _at(document, stage)]]
    to, _, status = said.get("to", "").partition("/")
    if to not in earlier:
        raise Invalid("Choose an earlier stage.", field="to")
    out: Document = {"to": to}
    _set(out, "status", status)
    _set(out, "cause", said.get("cause", "").strip()[:200])
    return out


def _add_fall(document: Document, about: str, said: Said) -> None:
    rule = _fall(document, about, said) | {"when": {"op": "all", "of": []}}
    stage_of(document, about).setdefault("fall", []).append(rule)


def _change_fall(document: Document, about: str, said: Said) -> None:
    found, at = _one(document, about, "fall")
    found[at] = _fall(document, _place(about)[0], said) | {"when": found[at]["when"]}


_VERBS: dict[str, Callable[[Document, str, Said], None]] = {
    "model": _model,
    "add-stage": _add_stage,
    "up": _up,
    "down": _down,
    "remove": _remove,
    "stage": _stage,
    "add-status": _add_status,
    "status": _status,
    "up-status": _shift("statuses", -1),
    "down-status": _shift("statuses", 1),
    "remove-status": _drop("statuses"),
    "add-fall": _add_fall,
    "fall": _change_fall,
    "up-fall": _shift("fall", -1),
    "down-fall": _shift("fall", 1),
    "remove-fall": _drop("fall"),
}


# --- rules ---------------------------------------------------------------------------------------------


def rule_place(document: Document, path: str) -> tuple[Document, str]:
    """Where a rule stands: `STAGE.enter`, `STAGE.status.N` or `STAGE.fall.N`, as (its holder, its field).

    Raises Missing.
    """
    steps = path.split("/")
    stage = stage_of(document, steps[0])
    if steps[1:] == ["enter"]:
        return stage, "enter"
    if len(steps) == 3 and steps[1] in ("statuses", "fall"):
        found, number = _one(document, f"{steps[0]}:{steps[2]}", steps[1])
        return found[number], "when" if steps[1] == "fall" else "enter"
    raise Missing("There is no such rule in the draft any more.", field="path")


def rule(document: Document, path: str) -> Document | None:
    """The condition at a path such as `interest/enter`, None where none stands. Raises Missing."""
    place, field = rule_place(document, path)
    found: Document | None = place.get(field)
    return found


def set_rule(document: Document, path: str, condition: Document | None) -> Document:
    """The document with another condition at a path, or with none. Raises Missing."""
    out = copy.deepcopy(document)
    place, field = rule_place(out, path)
    if condition is None and field == "when":
        raise Invalid("A rule for going back needs a condition; remove the rule instead.", field="do")
    _set(place, field, condition)
    return out


def begun(document: Document, key: str, name: str, journeys: Mapping[str, Any]) -> Document:
    """A shipped model as a draft of one's own: another key and name, without journeys that are not there."""
    out = copy.deepcopy(document)
    out["key"], out["name"] = key, name
    for stage in out.get("stages", ()):
        strategy = stage.get("strategy", {})
        for field in ("start", "stop"):
            if field in strategy:
                _set(strategy, field, [one for one in strategy[field] if one in journeys])
        _set(stage, "strategy", strategy)
    return out
