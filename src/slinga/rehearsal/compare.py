"""What the journeys in force would have lost to the drafts, person by person.

In: one person's life with the drafts and without. Out: counts in a tally. Always true: a message is the same
in both lives if its send key is; what a draft itself sends or replaces is no loss of others, but is counted
beside what it replaces; each lost message has one reason, which the life with the drafts states.
"""

from slinga.kernel.clock import SECOND, Instant
from slinga.people.model import Fact
from slinga.rehearsal.fold import Life
from slinga.rehearsal.tally import Tally, by_key

MOVED = "the run went another way"
NEVER_CAME_IN = "the person did not come in"
STILL_WAITING = "still put off at the end"


def count_losses(tally: Tally, key: str, alone: Life, together: Life, drafted: frozenset[str]) -> None:
    """Count what became of the messages that would have been sent without the drafts.

    Where the life with the drafts was forked, `alone` holds what came after: until then both are one.
    """
    fork = together.fork
    facts = together.facts[fork.facts :] if fork is not None else together.facts
    before = by_key(alone.sent)
    after = by_key(together.sent[fork.sent :] if fork is not None else together.sent)
    reasons = _Reasons(together)
    once: set[tuple[str, ...]] = set()
    for send_key, sent in before.items():
        journey = sent.intent.journey
        if journey in drafted:
            tally.add("replaced sends", journey)
            continue
        now = after.get(send_key)
        if now is None:
            tally.add("lost", journey, reasons.of(send_key, sent.intent.run))
            once.add(("lost people", journey))
            tally.example(("lost", journey), key, sent.at)
        elif now.at > sent.at:
            tally.add("later", journey)
            tally.add("later seconds", journey, by=(now.at - sent.at) // SECOND)
            once.add(("later people", journey))
        elif now.at < sent.at:
            tally.add("sooner", journey)
    for send_key, sent in after.items():
        if send_key not in before and sent.intent.journey not in drafted:
            tally.add("gained", sent.intent.journey)
    _count_runs(tally, alone.facts, -1, drafted)
    _count_runs(tally, facts, 1, drafted)
    for name in once:
        tally.add(*name)


def count_alone(tally: Tally, life: Life, drafted: frozenset[str]) -> None:
    """Count what a drafted journey's version in force would have done, for the comparison of both."""
    for fact in life.facts:
        if fact.name in drafted and fact.kind in ("run_entered", "goal_reached"):
            tally.add("replaced entries" if fact.kind == "run_entered" else "replaced goals", fact.name)


def _count_runs(tally: Tally, facts: list[Fact], sign: int, drafted: frozenset[str]) -> None:
    names = {"run_entered": "entries more", "goal_reached": "goals more"}
    for fact in facts:
        name = names.get(fact.kind)
        if name is not None and fact.name not in drafted:
            tally.add(name, fact.name, by=sign)


class _Reasons:
    """Why messages of a life did not come about, by send key, else by run."""

    def __init__(self, life: Life) -> None:
        self._blocked: dict[str, str] = {}
        self._put_off: dict[str, tuple[str, Instant]] = {}
        self._ended: dict[str, str] = {}
        self._entered: set[str] = set()
        for fact in life.facts:
            body = fact.body
            match fact.kind:
                case "send_blocked":
                    self._blocked[str(body.get("send_key"))] = str(body.get("reason"))
                case "send_deferred":
                    winner = body.get("winner_journey")
                    said = f"{body.get('reason')} to {winner}" if winner else str(body.get("reason"))
                    self._put_off[str(body.get("send_key"))] = (said, fact.at)
                case "run_ended":
                    self._ended[str(body.get("run"))] = f"the run ended: {body.get('reason')}"
                case "run_entered":
                    self._entered.add(str(body.get("run")))
        for _, intent, reason in life.withheld:
            self._blocked[intent.send_key] = reason

    def of(self, send_key: str, run: str) -> str:
        """The reason why a message is missing."""
        blocked, put_off = self._blocked.get(send_key), self._put_off.get(send_key)
        if blocked == "expired" and put_off is not None:
            return f"expired, put off by {put_off[0]}"
        if blocked is not None:
            return blocked
        if run not in self._entered:
            return NEVER_CAME_IN
        if put_off is not None:
            # A node that waited to its end drops by itself; either way it was put off until too late.
            return f"{STILL_WAITING}: {put_off[0]}" if run not in self._ended else f"put off by {put_off[0]}"
        return self._ended.get(run, MOVED)
