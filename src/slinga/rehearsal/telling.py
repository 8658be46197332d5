"""A report in words and bars, for a reader.

In: a report. Out: sentences, rows of tables, lines of a chart. Always true: pure; everything told is in the
report; numbers of a sample say so.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta

from slinga.rehearsal.model import buckets
from slinga.rehearsal.report import JourneyTold, Loss, Report

BAR = "▏▎▍▌▋▊▉█"
WIDTH = 46
MOST_LINES = 32
"""Days of the chart; longer times are shown by week or by month."""


def headline(report: Report) -> Iterator[str]:
    """What was played."""
    drafts = ", ".join(f"{one.kind} {one.key} ({one.change})" for one in report.drafts)
    yield f"Rehearsed: {drafts or 'the definitions in force, without a draft'}"
    since = f"from {report.since}" if report.since else "from the first thing recorded"
    yield f"Time: {since} until {report.until}; days are those of {report.zone}"
    part = len(buckets(report.sample))
    of = f", a sample of {report.sample}: about {256 / part:.0f} times as many in all" if part < 256 else ""
    yield f"Played: {report.people:,} people, {report.events:,} events{of}"
    yield f"Reactions: {report.reactions.name} ({report.reactions.source}), seed {report.seed}"
    for channel, rates in sorted(report.reactions.channels.items()):
        told = {name: getattr(rates, name) for name in ("opened", "clicked", "unsubscribed", "complained")}
        told |= {name: getattr(rates, name) for name in ("delivered", "bounced")}
        shares = ", ".join(f"{name} {share:.2%}" for name, share in told.items() if share)
        yield f"  {channel}: {shares or 'nothing'} of the messages"
    if report.left_out:
        yield (
            f"Left out: {report.left_out:,} receipts and events about messages that were really sent; "
            "what came of the same messages came again"
        )
    if report.robots:
        yield f"Robots: {report.robots:,} did more in a day than anybody does; no more was decided then"
    if report.cut_short:
        yield f"Cut short: {report.cut_short:,} people; a journey goes round without a rest"


def entered(told: JourneyTold) -> Iterator[str]:
    """Who came in, and how it ended."""
    yield f"{told.entries:,} entries by {told.people:,} people" + (
        f", {told.held_out:,} more held out" if told.held_out else ""
    )
    if told.restarted:
        yield f"{told.restarted:,} runs started anew before their first message"
    for reason, count in told.refused.items():
        yield f"{count:,} triggers started nothing: {REFUSED.get(reason, reason)}"
    yield f"{told.sends:,} messages to {told.sent_to:,} people" + (
        f", of which {told.echoed:,} were really sent then" if told.echoed else ""
    )
    ended = ", ".join(f"{count:,} {reason}" for reason, count in told.ended.items())
    yield f"Runs ended: {ended or 'none'}; {told.inside:,} go on at the end"
    if told.outcomes:
        yield "Outcomes: " + ", ".join(f"{count:,} {name}" for name, count in told.outcomes.items())
    if told.goals:
        yield f"Goal reached {told.goals:,} times, as recorded: nobody is taken to act because of a message"
    if told.replaced is not None:
        old = told.replaced
        yield (
            f"The version in force would have had {old.entries:,} entries, {old.sends:,} messages and "
            f"{old.goals:,} goals"
        )


REFUSED = {
    "too_old": "what happened was too old",
    "already_inside": "the person was inside already",
    "reentry": "it was too soon to come in again",
    "condition": "the journey's condition did not hold",
    "too_many_runs": "too many runs at a time",
    "no_key": "it named nothing to be about",
}


def node_rows(told: JourneyTold) -> Iterator[tuple[str, ...]]:
    """(node, what it is, how it was left, who waits there at the end)."""
    for node in told.nodes:
        ways = ", ".join(f"{name or 'left'} {count:,}" for name, count in node.outcomes.items())
        title = f"{node.type}: {node.title}" if node.title.lower() != node.type else node.type
        yield node.node, title, ways or "-", f"{node.waiting:,}" if node.waiting else "-"


def blocked_rows(told: JourneyTold) -> Iterator[tuple[str, ...]]:
    """(what became of the messages, why, messages, people, somebody to look at)."""
    for blocked in told.blocked:
        somebody = blocked.examples[0].person if blocked.examples else ""
        yield "never sent", blocked.text, f"{blocked.messages:,}", f"{blocked.people:,}", somebody
    for put_off in told.deferred:
        yield "put off", put_off.text, f"{put_off.times:,}", f"{put_off.people:,}", ""


def loss_rows(losses: list[Loss]) -> Iterator[tuple[str, ...]]:
    """(journey, messages without and with the drafts, lost and why, later, entries, goals)."""
    for loss in losses:
        lost = "\n".join(f"{count:,} {reason}" for reason, count in loss.lost.items())
        later = f"{loss.later:,} by {loss.later_hours:,.1f} h" if loss.later else "-"
        yield (
            loss.journey,
            f"{loss.sends_alone:,}",
            f"{loss.sends_together:,}",
            lost or "-",
            later,
            f"{loss.entries:+,}" if loss.entries else "-",
            f"{loss.goals:+,}" if loss.goals else "-",
        )


def chart(per_day: Mapping[str, int], width: int = WIDTH) -> Iterator[str]:
    """Messages per day as bars; by week or month where there are too many days for a screen."""
    if not per_day:
        return
    days = sorted(per_day)
    first, last = date.fromisoformat(days[0]), date.fromisoformat(days[-1])
    length = (last - first).days + 1
    if length <= MOST_LINES:
        name, spans = "day", [(first + timedelta(n)).isoformat() for n in range(length)]
        totals = {day: per_day.get(day, 0) for day in spans}
    elif length <= 7 * MOST_LINES:
        name, totals = "week from", _grouped(per_day, lambda day: day - timedelta(day.weekday()), first, last)
    else:
        name, totals = "month from", _grouped(per_day, lambda day: day.replace(day=1), first, last)
    highest = max(totals.values())
    yield f"messages by {name} (the fullest day {max(per_day.values()):,})"
    for label, count in totals.items():
        yield f"{label}  {_bar(count, highest, width)} {count:,}"


def _grouped(
    per_day: Mapping[str, int], start: Callable[[date], date], first: date, last: date
) -> dict[str, int]:
    totals: dict[str, int] = {}
    for n in range((last - first).days + 1):
        day = first + timedelta(n)
        label = start(day).isoformat()
        totals[label] = totals.get(label, 0) + per_day.get(day.isoformat(), 0)
    return totals


def _bar(count: int, highest: int, width: int) -> str:
    eighths = round(count / highest * width * 8) if highest else 0
    if count and not eighths:
        eighths = 1
    whole, rest = divmod(eighths, 8)
    return BAR[-1] * whole + (BAR[rest - 1] if rest else "")
