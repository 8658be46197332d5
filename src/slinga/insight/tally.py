"""What is summed: from facts and events to daily sums. The table of all sums, and the fold that makes them.

In: facts and events of one bucket in the order they were written, and what was looked up about them.
Out: `Sums`, added to the tables by `jobs`.
Always true: pure; folding a history in portions gives the same sums as folding it at once; a kind or a value
that is not known counts nowhere and breaks nothing.

The sums, by `what` (key; part, other, detail, extra). `count` counts; `value` is money where said:

  move           model; from stage ('' when placed first), to stage, from status, to status
  flow           model; stage, status, HOW: moves between stages; HOW is placed (the first), in_forward,
                 in_back, out_forward, out_back, or in_merge and out_merge where two people were one
  stock          model; stage, status: change of how many stand there, so that a running sum is the stock
  entry_touch    model; stage, visit|message|none, channel: the last touch before coming forward into a stage
  touch          model; stage, visit|message, channel: visits and messages, by the stage the person stood in
  touch_click    model; stage, message, channel: clicks by people, likewise
  order_in       model; stage, currency: orders by the stage the person stood in just before
  size           segment: change of how many are in it      segment_entered, segment_left   segment
  run_entered    journey, version                           goal_reached   journey, version; goal
  run_ended      journey, version; node, reason, outcome    holdout        journey, version
  entry_refused  journey, version; '', reason               step           journey, version; node, outcome, to
  send_WHAT      journey, version; node, template, channel, why: WHAT is planned, deferred, blocked (these
                 with version 0), an outcome of a message, or returned for one that had been accepted
  react_WHAT     journey; node, template, channel, who or why: WHAT is opened or clicked by human, machine or
                 unknown, unsubscribed, complained, bounced (hard or soft)
  visit          channel; source, medium, campaign, first|again
  consent        channel:topic; granted|withdrawn|denied|confirmed|expired
  event          name                                       robot          ''
  order          ''; first|again, currency: orders made; value what was paid
  refund         ''; first|again, currency: by the order's day, those wholly undone; value what came back
  hour           journey; hour of day 00-23, accepted|opened|clicked (by people)
  link           journey; node, address that people clicked on, template
  attributed     journey; node, template, currency: orders within the policy's days of a click, by the message
                 of their person's last one
  way            model; the last steps to a first order, with a separator between them (`ways.steps`)
  way_touches    model; segment ('' for everybody), how many touchpoints came before a first order
  arm            journey; treated|held: people who came in for the first time, or were held out
  arm_bought     journey; treated|held: of those of that day, who ordered within LIFT_DAYS and kept some of it
  arm_spent      journey; treated|held, currency: orders of those of that day in LIFT_DAYS
  arm_squares    journey; treated|held, currency: value the sum of the squares of what each of them spent
  hourly         a figure; hour of day 00-23, currency; the figures are entries, ends, goals, planned,
                 accepted, visits, events, orders

But in `order` and `refund`, orders are those that stand (one that was cancelled or wholly given back is taken
away again) and their value is what is left after refunds.

Lengths of stays (`stay`): stage (model; stage), status (model; stage/status), segment (segment), node
(journey, version; node), run (journey, version), and way (model; segment): from the first touchpoint to the
first order.
"""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from slinga.insight.counting.model import Fact, Line, Sent, Stay
from slinga.insight.stays import bin_of
from slinga.kernel.clock import MINUTE, Instant, to_datetime

FORM = 3
"""Which kinds of sums there are: one more whenever a kind is added, so that pages say since when."""
LIFT_DAYS = 28
"""How long an order is looked for after coming in. After a click, the policy says it."""


class Sums:
    """Sums being gathered. Values of bodies are taken as they come and made into columns once, at the end."""

    def __init__(self, zone: ZoneInfo, floor: date | None = None) -> None:
        """`floor`: days before it count not."""
        self._zone = zone
        self._floor = floor
        self._lines: dict[tuple[Any, ...], list[Any]] = {}
        self.stays: dict[Stay, int] = {}

    def add(
        self,
        what: str,
        key: Any,
        day: date,
        part: Any = "",
        other: Any = "",
        detail: Any = "",
        extra: Any = "",
        *,
        version: Any = 0,
        count: int = 1,
        value: Decimal | None = None,
    ) -> None:
        """Add to one line."""
        line = (what, key, day, version, part, other, detail, extra)
        try:
            found = self._lines.get(line)
        except TypeError:  # a list or an object where a word should be
            line = (what, text(key), day, whole(version), text(part), text(other), text(detail), text(extra))
            found = self._lines.get(line)
        if found is None:
            found = self._lines[line] = [0, Decimal(0)]
        found[0] += count
        if value is not None:
            found[1] += value

    @property
    def lines(self) -> dict[Line, tuple[int, Decimal]]:
        """The sums by `Line`: (count, value)."""
        out: dict[Line, tuple[int, Decimal]] = {}
        for (what, key, day, version, *parts), (count, value) in self._lines.items():
            if not self.counts(day):
                continue
            line = Line(what, text(key), day, whole(version), *map(text, parts))
            before = out.get(line, (0, Decimal(0)))
            out[line] = (before[0] + count, before[1] + value)
        return out

    def counts(self, day: date) -> bool:
        """Whether a day counts at all."""
        return self._floor is None or day >= self._floor

    def stay(
        self, what: str, key: str, day: date, length: Any, *, version: Any = 0, part: Any = "", count: int = 1
    ) -> None:
        """Count a stay of a length in microseconds."""
        if isinstance(length, int) and length >= 0:
            place = Stay(what, key, day, whole(version), text(part), bin_of(length))
            self.stays[place] = self.stays.get(place, 0) + count

    def hourly(
        self, figure: str, at: Instant, count: int = 1, value: Decimal | None = None, other: str = ""
    ) -> None:
        """Count in the hour of the day."""
        day, hour = self.moment(at)
        self.add("hourly", figure, day, hour, other, count=count, value=value)

    def moment(self, at: Instant) -> tuple[date, str]:
        """(day, hour as two digits) in the workspace's zone."""
        return _moment(self._zone, at // (15 * MINUTE))


@lru_cache(maxsize=8192)
def _moment(zone: ZoneInfo, quarter: int) -> tuple[date, str]:
    """Zones differ by quarters of an hour, so within one the day and the hour stand."""
    local = to_datetime(quarter * 15 * MINUTE).astimezone(zone)
    return local.date(), f"{local.hour:02d}"


def text(value: Any) -> str:
    """A value of a body as a column; never longer than a name should be."""
    return value[:200] if isinstance(value, str) else "" if value is None else str(value)[:200]


def whole(value: Any) -> int:
    """A version; 0 for what is none."""
    return value if isinstance(value, int) and 0 <= value < 2**31 else 0


def money(value: Any) -> Decimal:
    """An amount of a body; 0 for what is none."""
    try:
        found = Decimal(str(value)) if isinstance(value, int | float | str) else Decimal(0)
    except InvalidOperation:
        return Decimal(0)
    return found if found.is_finite() and abs(found) < 10**15 else Decimal(0)


def days(first: date, last: date) -> list[date]:
    """Every day from the first to the last, both included."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


# --- facts -----------------------------------------------------------------------------------------


def count(sums: Sums, fact: Fact, sent: Sent | None = None) -> None:
    """Add one fact; `sent` is the message of a fact of kind send_settled."""
    rule = _RULES.get(fact.kind)
    if rule is not None:
        rule(sums, fact, sums.moment(fact.at)[0], sent)


def _moved(sums: Sums, fact: Fact, day: date, _: Sent | None) -> None:
    body, model = fact.body, fact.name
    before, after = body.from_stage, body.to_stage
    sums.add("move", model, day, before, after, body.from_status, body.to_status)
    sums.add("stock", model, day, after, body.to_status)
    if before is not None:
        sums.add("stock", model, day, before, body.from_status, count=-1)
    if before is not None:
        sums.stay("status", model, day, body.status_for, part=f"{before}/{text(body.from_status)}")
    if before == after:
        return
    if before is None:
        how = "in_merge" if body.cause == "merge" else "placed"
        sums.add("flow", model, day, after, body.to_status, how)
        return
    way = "merge" if body.cause == "merge" else "back" if body.direction == "back" else "forward"
    sums.add("flow", model, day, after, body.to_status, f"in_{way}")
    sums.add("flow", model, day, before, body.from_status, f"out_{way}")
    sums.stay("stage", model, day, body.stayed_for, part=before)


def _merged(sums: Sums, fact: Fact, day: date, _: Sent | None) -> None:
    """Whoever becomes another stands nowhere any more; the survivor may be in more segments than before."""
    body = fact.body
    leaves = -1 if body.into else 1
    for key in body.members if isinstance(body.members, list) else ():
        sums.add("size", key, day, count=leaves)
    if body.into and isinstance(body.stood, dict):
        for model, place in body.stood.items():
            if isinstance(place, list) and len(place) == 2:
                sums.add("stock", model, day, *place, count=-1)


def _entered(sums: Sums, fact: Fact, day: date, _: Sent | None) -> None:
    sums.add("segment_entered", fact.name, day)
    sums.add("size", fact.name, day)


def _left(sums: Sums, fact: Fact, day: date, _: Sent | None) -> None:
    sums.add("segment_left", fact.name, day)
    sums.add("size", fact.name, day, count=-1)
    sums.stay("segment", fact.name, day, fact.body.stayed_for)


def _run_entered(sums: Sums, fact: Fact, day: date, _: Sent | None) -> None:
    sums.add("run_entered", fact.name, day, version=fact.body.version)
    if fact.body.entry == 1:
        sums.add("arm", fact.name, day, "treated")
    sums.hourly("entries", fact.at)


def _run_ended(sums: Sums, fact: Fact, day: date, _: Sent | None) -> None:
    body = fact.body
    sums.add("run_ended", fact.name, day, body.node, body.reason, body.outcome, version=body.version)
    sums.hourly("ends", fact.at)
    if isinstance(body.entered_at, int) and body.entered_at:
        sums.stay("run", fact.name, day, fact.at - body.entered_at, version=body.version)


def _goal(sums: Sums, fact: Fact, day: date, _: Sent | None) -> None:
    sums.add("goal_reached", fact.name, day, fact.body.goal, version=fact.body.version)
    sums.hourly("goals", fact.at)


def _holdout(sums: Sums, fact: Fact, day: date, _: Sent | None) -> None:
    sums.add("holdout", fact.name, day, version=fact.body.version)
    if fact.body.entry == 1:
        sums.add("arm", fact.name, day, "held")


def _refused(sums: Sums, fact: Fact, day: date, _: Sent | None) -> None:
    sums.add("entry_refused", fact.name, day, "", fact.body.reason, version=fact.body.version)


def _step(sums: Sums, fact: Fact, day: date, _: Sent | None) -> None:
    body = fact.body
    sums.add("step", fact.name, day, body.node, body.outcome, body.to, version=body.version)
    sums.stay("node", fact.name, day, body.stayed_for, version=body.version, part=body.node)


def _send(sums: Sums, fact: Fact, day: date, _: Sent | None) -> None:
    body = fact.body
    sums.add(fact.kind, fact.name, day, body.node, body.template, body.channel, body.reason)
    if fact.kind == "send_planned":
        sums.hourly("planned", fact.at)


def _settled(sums: Sums, fact: Fact, day: date, sent: Sent | None) -> None:
    outcome, reason = text(fact.body.outcome), fact.body.reason
    if sent is None:  # erased since
        sums.add(f"send_{outcome}", fact.name, day, "", "", fact.body.channel, reason)
        return
    if outcome == "rejected" and sent.state == "accepted":
        outcome = "returned"
    sums.add(
        f"send_{outcome}",
        sent.journey,
        day,
        sent.node,
        sent.template,
        sent.channel,
        reason,
        version=sent.version,
    )
    if outcome == "accepted":
        sums.hourly("accepted", fact.at)
        sums.add("hour", sent.journey, *sums.moment(fact.at), "accepted")


def _visited(sums: Sums, fact: Fact, day: date, _: Sent | None) -> None:
    body = fact.body
    first = "first" if body.first is True else "again"
    sums.add("visit", body.channel, day, body.source, body.medium, body.campaign, first)
    sums.hourly("visits", fact.at)


def _consented(sums: Sums, fact: Fact, day: date, _: Sent | None) -> None:
    if fact.body.action:
        sums.add("consent", fact.name, day, fact.body.action)


def _robot(sums: Sums, fact: Fact, day: date, _: Sent | None) -> None:
    sums.add("robot", "", day)


_RULES: dict[str, Callable[[Sums, Fact, date, Sent | None], None]] = {
    "stage_moved": _moved,
    "status_moved": _moved,
    "merged": _merged,
    "segment_entered": _entered,
    "segment_left": _left,
    "run_entered": _run_entered,
    "run_ended": _run_ended,
    "goal_reached": _goal,
    "holdout": _holdout,
    "entry_refused": _refused,
    "step": _step,
    "send_planned": _send,
    "send_deferred": _send,
    "send_blocked": _send,
    "send_settled": _settled,
    "visit_started": _visited,
    "consent_moved": _consented,
    "robot": _robot,
}
KINDS = tuple(_RULES)
"""The kinds of facts that are counted."""
