"""Ways of a journey that nobody can ever take, found from what must be true on the way there.

In: a parsed journey. Out: problems with their paths.
Always true: an error is a way that no person can take: what a branch found stays true up to the next wait,
send or change, not further; nobody is at a node for whom the exit's or the goal's condition holds.
"""

from collections.abc import Iterator

import msgspec

from slinga.journeys import claims
from slinga.journeys.claims import ANYTHING, Possible, Ways
from slinga.journeys.model import Journey
from slinga.journeys.node import Document
from slinga.journeys.nodes.branch import Branch
from slinga.journeys.nodes.split import Split
from slinga.journeys.nodes.wait import Wait
from slinga.kernel.words import Text, worded
from slinga.kernel.words import noted as N_
from slinga.segments import grammar, terms

MOST_ROUNDS = 400


class Dead(msgspec.Struct, frozen=True):
    """A way that is never taken. `sure`: not even by somebody with several values under one name."""

    path: str
    text: Text
    sure: bool = True


class _Flow:
    """What is known on arriving at each node, alternatives united over the ways that lead there."""

    def __init__(self, journey: Journey) -> None:
        self.journey = journey
        self.always = [*_never(journey.exit), *_never(None if _stays(journey) else _goal(journey))]
        self.known: dict[str, Ways] = {}
        entered = ANYTHING if journey.condition is None else _ways(journey.condition, True)
        self._arrive(journey.start, entered)

    def _arrive(self, start: str, entered: Ways) -> None:
        todo = [(start, entered)]
        for _ in range(MOST_ROUNDS):
            if not todo:
                return
            node, arriving = todo.pop(0)
            before = self.known.get(node)
            after = arriving if before is None else _united(before, arriving)
            if after == before:
                continue
            self.known[node] = after
            todo += [(to, state) for to, state in self._leave(node, after)]
        self.known = dict.fromkeys(self.journey.nodes, ANYTHING)

    def _leave(self, key: str, known: Ways) -> Iterator[tuple[str, Ways]]:
        node = self.journey.nodes[key]
        if isinstance(node, Branch):
            for _, to, parts in self.arms(key, node, known):
                if to is not None and claims.judge(parts)[0] is not Possible.NO:
                    yield to, claims.conjoin(parts) or ANYTHING
            return
        for name, to in node.exits().items():
            if to is None:
                continue
            if isinstance(node, Split):
                yield to, known
            elif isinstance(node, Wait) and _decides(node):
                assert node.until_condition is not None
                yield to, _ways(node.until_condition, name == "next")
            else:
                yield to, ANYTHING

    def arms(self, key: str, node: Branch, known: Ways) -> Iterator[tuple[str, str | None, list[Ways]]]:
        """Each way out of a branch with what is true on it."""
        failed: list[Ways] = []
        for number, arm in enumerate(node.arms):
            yield f"arms.{number}.when", arm.next, [known, *self.always, *failed, _ways(arm.when, True)]
            failed.append(_ways(arm.when, False))
        yield "otherwise", node.otherwise, [known, *self.always, *failed]


def _decides(node: Wait) -> bool:
    """Whether its condition alone tells which way somebody leaves a wait."""
    two = node.on_timeout is not None and node.on_timeout != node.next
    return node.until_condition is not None and node.until_event is None and two


def dead_ways(journey: Journey) -> list[Dead]:
    """Arms nobody takes, waits for what never comes, exits and goals that nobody or everybody meets."""
    flow = _Flow(journey)
    found = list(_header(journey, flow))
    for key, node in journey.nodes.items():
        known = flow.known.get(key)
        if known is None:
            continue
        if isinstance(node, Branch):
            for slot, to, parts in flow.arms(key, node, known):
                verdict, why = claims.judge(parts)
                if verdict is Possible.YES or (slot == "otherwise" and to is None):
                    continue
                own = [node.arms[int(slot.split(".")[1])].when] if slot.startswith("arms.") else []
                text = claims.because(
                    N_("nobody comes this way: %(why)s"),
                    N_("nobody comes this way"),
                    why,
                    *map(grammar.parse, own),
                )
                found.append(Dead(f"nodes.{key}.{slot}", text, verdict is Possible.NO))
        if isinstance(node, Wait) and node.until_condition is not None:
            verdict, why = claims.judge([*flow.always, _ways(node.until_condition, True)])
            if verdict is not Possible.YES:
                text = claims.because(
                    N_("this never comes, so everybody waits for the time-out: %(why)s"),
                    N_("this never comes, so everybody waits for the time-out"),
                    why,
                    grammar.parse(node.until_condition),
                )
                found.append(Dead(f"nodes.{key}.until_condition", text, verdict is Possible.NO))
    for key in journey.nodes:
        if key not in flow.known and _led_to(journey, key):
            found.append(Dead(f"nodes.{key}", worded("only ways that nobody takes lead here")))
    return found


def _led_to(journey: Journey, key: str) -> bool:
    return any(key in node.exits().values() for node in journey.nodes.values())


def _header(journey: Journey, flow: _Flow) -> Iterator[Dead]:
    entered = ANYTHING if journey.condition is None else _ways(journey.condition, True)
    if journey.condition is not None:
        verdict, why = claims.judge([entered])
        if verdict is not Possible.YES:
            text = claims.because(
                N_("nobody can come in: %(why)s"),
                N_("nobody can come in"),
                why,
                grammar.parse(journey.condition),
            )
            yield Dead("condition", text, verdict is Possible.NO)
            return
    for path, document in (("exit", journey.exit), ("goal.condition", _goal(journey))):
        if document is None:
            continue
        verdict, why = claims.judge([_ways(document, True)])
        if verdict is not Possible.YES:
            text = claims.because(
                N_("this can never hold: %(why)s"), N_("this can never hold"), why, grammar.parse(document)
            )
            yield Dead(path, text, verdict is Possible.NO)
        elif document.get("op") != "everyone" and not _at_entry(document):
            verdict, why = claims.judge([entered, _ways(document, False)])
            if verdict is Possible.NO:
                text = claims.because(
                    N_("everybody leaves at once: who comes in meets it already: %(why)s"),
                    N_("everybody leaves at once: who comes in meets it already"),
                    why,
                )
                yield Dead(path, text)
    if journey.exit is not None and _goal(journey) is not None and not _stays(journey):
        verdict, _ = claims.judge([_ways(journey.exit, True), *_never(_goal(journey))])
        if verdict is Possible.NO:
            yield Dead("exit", worded("the goal takes everybody who meets this"), sure=False)


def _at_entry(document: Document) -> bool:
    """Whether a condition speaks of what happens after the entry, which nothing is known about before."""
    leaves = terms.leaves(grammar.parse(document))
    return any(terms.binds(leaf) for leaf in leaves)


def _goal(journey: Journey) -> Document | None:
    return journey.goal.condition if journey.goal is not None else None


def _stays(journey: Journey) -> bool:
    return journey.goal is not None and journey.goal.stay


def _never(document: Document | None) -> list[Ways]:
    return [] if document is None else [_ways(document, False)]


def _ways(document: Document, truth: bool) -> Ways:
    found = claims.ways(grammar.parse(document), truth)
    return ANYTHING if found is None else found


def _united(one: Ways, other: Ways) -> Ways:
    if () in one or () in other:
        return ANYTHING
    found = claims.united(one, other)
    return found if len(found) <= claims.MOST else ANYTHING
