"""The first page: what happened since yesterday, what needs somebody, the seven verbs of the lifecycle.

In: a connection. Out: `Home`.
Always true: a comparison is of the same hours of the same weekdays; a figure carries its definition, so that
a page need not explain what it counts.
"""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

from slinga.insight import store
from slinga.insight.jobs import state
from slinga.insight.model import Attention, Figure, Home, Money
from slinga.insight.store import Programme, Sum
from slinga.kernel.clock import to_datetime
from slinga.kernel.words import noted as N_
from slinga.runtime import clock
from slinga.runtime.db import Db

COMPLAINTS_AT, SENT_AT_LEAST = 0.001, 100
"""Complaints per message from which receivers begin to refuse, and below how many it is chance."""
QUIET_DAYS = 7
NEARLY = 0.99
"""Below this share of what is kept, figures are said to be still counted."""
BROADCAST = "broadcast."

_HOURLY = (
    ("visits", N_("Visits"), N_("Visits that began on the site or in the app.")),
    ("events", N_("Events"), N_("Everything that was reported, by the hour it happened.")),
    ("orders", N_("Orders"), N_("Orders that stand, each once; value after refunds.")),
    ("accepted", N_("Messages"), N_("Messages that a receiver's server or push service took.")),
    ("entries", N_("Journeys begun"), N_("Runs that began.")),
    ("goals", N_("Goals reached"), N_("Goals of journeys that were reached.")),
)


def home(db: Db) -> Home:
    """Everything of the first page."""
    at = clock.now(db)
    programme = store.programme(db, "journey", "model")
    local = to_datetime(at).astimezone(programme.zone)
    today, hour = local.date(), local.hour
    # The last 30 days and the 30 before, each already summed.
    months = tuple(
        store.sums(db, _MONTH, today - timedelta(days=ago + 29), today - timedelta(days=ago))
        for ago in (0, 30)
    )
    model = next(iter(sorted(programme.of("model"))), "")
    model = "bow-tie" if "bow-tie" in programme.of("model") else model
    return Home(
        at=at,
        since=today - timedelta(days=1),
        hours_today=hour,
        figures=_figures(db, today, hour),
        verbs=_verbs(programme, model, months),
        attention=tuple(_attention(db, programme, today)),
        automated=_automated(months[0]),
        people=sum(store.stock(db, model, today).values()) if model else 0,
    )


def _figures(db: Db, today: date, hour: int) -> tuple[Figure, ...]:
    rows = store.daily(db, ("hourly",), today - timedelta(days=8), today)
    present, before = (
        (today - timedelta(days=1), today),
        (today - timedelta(days=8), today - timedelta(days=7)),
    )

    def total(key: str, days: tuple[date, date]) -> tuple[int, tuple[Money, ...]]:
        found = [
            one
            for one in rows
            if one.key == key and (one.day == days[0] or (one.day == days[1] and int(one.part or 0) < hour))
        ]
        worth: dict[str, Decimal] = {}
        for one in found:
            worth[one.other] = worth.get(one.other, Decimal(0)) + one.value
        return sum(one.count for one in found), _money(worth)

    out = []
    for key, name, definition in _HOURLY:
        (count, value), (earlier, worth) = total(key, present), total(key, before)
        out.append(Figure(key, name, definition, count, earlier, value, worth))
    return tuple(out)


def _money(worth: dict[str, Decimal]) -> tuple[Money, ...]:
    return tuple(Money(currency, amount) for currency, amount in sorted(worth.items()) if amount)


_MONTH = (
    *("visit", "consent", "react_clicked", "react_complained", "order", "refund", "flow", "touch"),
    *("send_accepted", "send_render_failed"),
)


def _verbs(programme: Programme, model: str, months: tuple[list[Sum], ...]) -> tuple[Figure, ...]:
    stages = programme.of("model").get(model, {}).get("stages", [])
    right = {stage["key"] for stage in stages if stage.get("side") == "right"}
    last = stages[-1]["key"] if stages else ""

    def figure(
        key: str, name: str, definition: str, what: str, where: Where = lambda one: True, better: str = "more"
    ) -> Figure:
        (count, value), (before, value_before) = (_found(rows, what, where) for rows in months)
        return Figure(key, name, definition, count, before, value, value_before, better)

    return (
        figure("engage", N_("Engage"), N_("Visits that began."), "visit"),
        figure(
            "capture",
            N_("Capture information"),
            N_("Permissions granted."),
            "consent",
            lambda one: one.part == "granted",
        ),
        figure(
            "prompt",
            N_("Prompt"),
            N_("Clicks by people in messages."),
            "react_clicked",
            lambda one: one.extra == "human",
        ),
        figure(
            "follow_up",
            N_("Follow up"),
            N_("Messages to people who stood in a stage behind the purchase."),
            "touch",
            lambda one: one.key == model and one.part in right and one.other == "message",
        ),
        figure(
            "buy_again",
            N_("Buy again"),
            N_("Orders of people who had ordered before; value after refunds."),
            "order",
            lambda one: one.part == "again",
        ),
        figure(
            "ambassadors",
            N_("Ambassadors"),
            N_("People who came forward into the last stage."),
            "flow",
            lambda one: one.key == model and one.part == last and one.detail == "in_forward",
        ),
        figure(
            "turn_round",
            N_("Turn round"),
            N_("Moves back to an earlier stage; fewer is better."),
            "flow",
            lambda one: one.key == model and one.detail == "in_back",
            "less",
        ),
    )


Where = Callable[[Sum], bool]


def _found(rows: list[Sum], what: str, where: Where) -> tuple[int, tuple[Money, ...]]:
    """How many of a kind, and of orders what they are worth; orders that came back are taken off."""
    count = 0
    worth: dict[str, Decimal] = {}
    for one in rows:
        back = what == "order" and one.what == "refund"
        if (one.what == what or back) and where(one):
            count += -one.count if back else one.count
            if what == "order":
                worth[one.other] = worth.get(one.other, Decimal(0)) + (-one.value if back else one.value)
    return count, _money(worth)


def _automated(rows: list[Sum]) -> float | None:
    by_hand = everything = 0
    for one in rows:
        if one.what == "send_accepted":
            everything += one.count
            by_hand += one.count if one.key.startswith(BROADCAST) else 0
    return (everything - by_hand) / everything if everything else None


def _attention(db: Db, programme: Programme, today: date) -> list[Attention]:
    out = [
        Attention(
            "lane_held",
            key,
            since=since,
            note=" ".join(part for part in (reason, detail) if part),
            urgent=True,
        )
        for key, reason, detail, since in store.holds(db)
    ]
    out += [
        Attention("import_stuck", str(number), since=moved, note=state, urgent=True)
        for number, state, moved in store.stuck_imports(db)
    ]
    week = today - timedelta(days=QUIET_DAYS - 1)
    whats = ("send_accepted", "send_render_failed", "react_complained", "run_entered", "step")
    recent = store.totals(db, whats, week, today)
    sent = sum(count for (what, _), count in recent.items() if what == "send_accepted")
    complaints = sum(count for (what, _), count in recent.items() if what == "react_complained")
    if sent >= SENT_AT_LEAST and complaints / sent >= COMPLAINTS_AT:
        out.append(
            Attention("complaints", "", complaints, complaints / sent, urgent=complaints / sent >= 0.003)
        )
    out += [
        Attention("render_failed", key, count)
        for (what, key), count in sorted(recent.items())
        if what == "send_render_failed" and count
    ]
    counted = state(db)
    if counted.anew is not None:
        out.append(Attention("sums_anew", "", share=counted.anew))
    elif counted.older_since is not None:
        out.append(Attention("sums_older", "", since=counted.older_since))
    if counted.share < NEARLY:
        out.append(Attention("sums_behind", "", share=counted.share))
    if unknown := store.unknown_messages(db):
        out.append(Attention("unknown_messages", "", unknown))
    waiting, lately = store.quarantine(db)
    if lately:
        out.append(Attention("quarantine_growing", "", waiting, lately / waiting))
    earlier = store.totals(db, ("run_entered",), week - timedelta(days=28), week - timedelta(days=1))
    names = {key: str(document.get("name", key)) for key, document in programme.of("journey").items()}
    for key in sorted(key for kind, key in programme.live if kind == "journey" and "." not in key):
        came = earlier.get(("run_entered", key), 0)
        if came and not recent.get(("run_entered", key)):
            out.append(Attention("journey_quiet", key, came, note=names.get(key, key)))
    return out + [
        Attention("journey_failing", key, count, note=names.get(key, key))
        for (what, key), count in sorted(recent.items())
        if what == "step" and key and count
    ]
