"""Generators: people with histories round the awkward hours, conditions of every kind, instants."""

from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from slinga.ingest.model import Input
from slinga.kernel.calendar import Period, add, period
from slinga.kernel.clock import DAY, HOUR, MINUTE, SECOND, Instant, instant
from slinga.kernel.ids import person_key
from slinga.segments.moves import LastMove
from slinga.segments.projection import OwnedThing, Position, Projection

ZONES = ["Europe/Stockholm", "Australia/Lord_Howe", "UTC", "America/New_York"]
ANCHORS = [
    instant(text)
    for text in (
        "2024-02-29T12:00:00Z", "2024-02-28T23:30:00Z", "2024-08-31T22:00:00Z", "2024-08-29T10:00:00Z",
        "2024-03-31T00:59:59.999999Z", "2024-03-31T01:00:00Z", "2024-10-27T00:30:00Z", "2024-10-27T01:00:00Z",
        "2024-04-06T15:00:00Z", "2024-10-05T15:30:00Z", "2024-12-31T23:00:00Z", "2025-01-31T12:00:00Z",
        "2023-09-30T00:30:00Z", "2025-02-28T10:00:00Z",
    )
]  # fmt: skip
PERIODS = ["1mo", "6mo", "1y", "30d", "1d", "2h", "1mo 3d"]
TEXTS = [
    "SE",
    "a",
    "",
    "5",
    "true",
    "Zürich",
    "\U0001f600",
    "\uffff",
    "it's",
    'q"\\',
    "a\nb",
    "%s",
    "ab",
    "2024-02-29",
]
NUMBERS = [0, 1, 5, -3, 2.5, 0.1, 0.2, 1e-7, 99.99, 10**13, 12345678901234567, 1e22]
SCALARS: list[Any] = [*TEXTS, *NUMBERS, True, False]
ANYTHING: list[Any] = [
    *SCALARS,
    None,
    [],
    ["a", 5],
    [["a"]],
    {"b": "a"},
    [{"b": 5}, {"b": "SE"}],
    [None, True],
]
DATES = [
    "2024-02-29", "1984-02-29", "2024-03-31", "2024-08-31", "2025-02-28", "2024-12-31", "2024-02-30",
    "2024-10-27",
    "1990-03-01", "2024-10-27T00:30:00Z", "2024-03-31T03:30:00+02:00", "2024-02-29T23:59:59.999999-05:00",
    "no",
    5,
    "2023-02-29", "2024-08-31T24:00:00Z", ["2024-08-30", "2024-02-28"],
]  # fmt: skip
NAMES = ["A", "B", "C"]
MESSAGES = [
    "Message Sent",
    "Message Opened",
    "Message Clicked",
    "Visit Started",
    "Order Completed",
    "Message Bounced",
]
CMPS = [
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
    "in",
    "not_in",
    "contains",
    "starts_with",
    "ends_with",
    "exists",
    "missing",
]
ORDERS = CMPS[:6]
STAGES = st.sampled_from(["p", "q"])
ROLES = st.sampled_from([None, "r"])
PLACES = st.sampled_from(["p", "q", "it's/x", "p/r"])
SOURCES = st.one_of(st.just(""), PLACES)
WAYS = st.sampled_from(["placed", "forward", "back", "within"])
CONSENTS = ["granted", "withdrawn", "denied"]
LITTLE = [0, 0, 1, -1, SECOND, MINUTE, 30 * MINUTE, HOUR, -HOUR, DAY, 2 * DAY, -DAY]


@st.composite
def moments(draw: Any, zone: ZoneInfo) -> Instant:
    """An instant at or near an anchor, or a period before or after one."""
    at = draw(st.sampled_from(ANCHORS)) + draw(st.sampled_from(LITTLE))
    if draw(st.booleans()):
        length = period(draw(st.sampled_from(PERIODS)))
        sign = draw(st.sampled_from([1, -1]))
        at = add(at, Period(sign * length.months, sign * length.micros), zone)
    return at


@st.composite
def bodies(draw: Any, name: str) -> dict[str, Any]:
    """An event's properties."""
    if name in MESSAGES:
        props: dict[str, Any] = {"send_key": draw(st.sampled_from(["k1", "k2", "", None, "k1"]))}
        props["channel"] = draw(st.sampled_from(["email", "sms"]))
        if name == "Order Completed":
            props["order_id"] = draw(st.sampled_from(["o1", "o2", 5, 5.0, "5", "", None, ["o1"], True, {}]))
        if name in ("Message Opened", "Message Clicked"):
            props["machine"] = draw(st.sampled_from([None, True, False]))
        return {"properties": props}
    props = {}
    for key in ("x", "y"):
        if draw(st.booleans()):
            props[key] = draw(st.sampled_from(ANYTHING))
    return {"properties": props}


@st.composite
def histories(draw: Any, zone: ZoneInfo) -> list[Input]:
    """Events in arrival order, some late, some of the past."""
    inputs = []
    for _ in range(draw(st.integers(0, 9))):
        name = draw(st.sampled_from(NAMES + NAMES + MESSAGES))
        at = draw(moments(zone))
        late = draw(st.sampled_from([0, 0, 0, HOUR, 3 * DAY, 40 * DAY]))
        kind = draw(st.sampled_from(["event", "event", "history", "receipt"]))
        inputs.append((at + late, at, kind, name, draw(bodies(name))))
    inputs.sort(key=lambda each: each[0])
    return [
        Input(kind=kind, at=accepted, seq=n + 1, name=name, body=body, occurred_at=at)
        for n, (accepted, at, kind, name, body) in enumerate(inputs)
    ]


@st.composite
def moves(draw: Any, zone: ZoneInfo) -> tuple[LastMove, ...] | None:
    """The last moves of some kinds, with keys that hold a slash of their own; or that they are not known."""
    if draw(st.integers(0, 9)) == 0:
        return None
    found = draw(
        st.lists(st.builds(LastMove, SOURCES, ROLES, PLACES, ROLES, WAYS, moments(zone)), max_size=6)
    )
    return tuple({move.kind: move for move in found}.values())


@st.composite
def positions(draw: Any, zone: ZoneInfo) -> Position:
    """A place in the one model."""
    return Position("m", draw(STAGES), draw(ROLES), draw(moments(zone)), draw(moves(zone)))


@st.composite
def moved(draw: Any) -> dict[str, Any]:
    """A leaf about moves."""
    places = st.sampled_from(["p", "q", "p/r", "q/r", "q/None", "it's/x", "no"])
    found: dict[str, Any] = {"op": "moved", "model": draw(st.sampled_from(["m", "m", "m", "other"]))}
    found["from"] = draw(st.lists(st.one_of(places, st.just("")), max_size=3))
    found["to"] = draw(st.lists(places, max_size=3))
    found["direction"] = draw(st.sampled_from([None, None, "forward", "back"]))
    return found | {"window": draw(windows)}


@st.composite
def projections(draw: Any, zone: ZoneInfo, n: int) -> Projection:
    """A person's rows."""
    some = st.booleans()
    traits: dict[str, Any] = {}
    for name in ("t", "u"):
        if draw(some):
            traits[name] = draw(st.sampled_from(ANYTHING))
    if draw(some):
        traits["d"] = draw(st.sampled_from(DATES))
    things = [
        OwnedThing(
            kind, f"{kind}{m}", {"a": draw(st.sampled_from(ANYTHING)), "d": draw(st.sampled_from(DATES))}, at
        )
        for m, (kind, at) in enumerate(
            draw(st.lists(st.tuples(st.sampled_from(["car", "flat"]), moments(zone)), max_size=3))
        )
    ]
    return Projection(
        person=person_key("user", str(n)),
        traits=traits,
        tags=draw(st.lists(st.sampled_from(["vip", "it's"]), unique=True)),
        identified=draw(some),
        reachable=["email"] if draw(some) else [],
        segments={"s": 0} if draw(some) else {},
        positions=draw(st.lists(positions(zone), max_size=1)),
        scores={"w": draw(st.sampled_from([0, 5, 2.5, 30]))} if draw(some) else {},
        consents={("email", "news"): draw(st.sampled_from(CONSENTS))} if draw(some) else {},
        things=things,
    )  # fmt: skip


def comparison(cmps: list[str], label: str) -> st.SearchStrategy[dict[str, Any]]:
    """A comparison with a value that fits it."""

    @st.composite
    def made(draw: Any) -> dict[str, Any]:
        cmp = draw(st.sampled_from(cmps))
        out = {
            label: draw(st.sampled_from(["x", "y", "x.b"] if label == "prop" else ["a", "a.b"])),
            "cmp": cmp,
        }
        if cmp in ("in", "not_in"):
            out["value"] = draw(st.lists(st.sampled_from(SCALARS), max_size=3))
        elif cmp in ("starts_with", "ends_with", "contains"):
            out["value"] = draw(st.sampled_from([text for text in TEXTS if text]))
        elif cmp in ("lt", "le", "gt", "ge"):
            out["value"] = draw(st.sampled_from([*TEXTS, *NUMBERS]))
        elif cmp not in ("exists", "missing"):
            out["value"] = draw(st.sampled_from(SCALARS))
        return out

    return made()


filters = st.lists(comparison(CMPS, "prop"), max_size=2)
windows = st.one_of(
    st.none(),
    st.sampled_from([{"last": text} for text in PERIODS]),
    st.sampled_from([{"since": "2024-08-31T22:00:00Z"}, {"since": "2024-02-29T00:00:00+01:00"}]),
)


@st.composite
def dates(draw: Any) -> dict[str, Any]:
    """A date comparison."""
    cmp = draw(
        st.sampled_from(
            ["before", "after", "within_last", "within_next", "anniversary_today", "anniversary_within"]
        )
    )
    out = {"cmp": cmp}
    if cmp in ("before", "after"):
        out["value"] = draw(st.sampled_from(["2024-02-29", "2024-10-27", "2024-03-31T01:00:00Z"]))
    elif cmp != "anniversary_today":
        lengths = [text for text in PERIODS if text != "1y"] if cmp == "anniversary_within" else PERIODS
        out["value"] = draw(st.sampled_from(lengths))
    return out


@st.composite
def events(draw: Any) -> dict[str, Any]:
    """An event leaf."""
    agg = draw(st.sampled_from(["count", "count", "sum", "min", "max", "avg", "distinct", "first", "last"]))
    out = {"op": "event", "name": draw(st.sampled_from(NAMES)), "where": draw(filters), "agg": agg}
    out["window"], out["cmp"] = draw(windows), draw(st.sampled_from(ORDERS))
    if agg in ("first", "last"):
        if draw(st.booleans()):
            out |= {"value": draw(st.sampled_from(PERIODS)), "cmp": draw(st.sampled_from(ORDERS[2:]))}
        else:
            out["value"] = "2024-08-31T22:00:00Z"
    elif agg in ("count", "distinct"):
        out["value"] = draw(st.sampled_from([0, 1, 2, 3, 1.5]))
    else:
        out["value"] = draw(st.sampled_from([0, 0.3, 2.55, 5, 7.5, -3, 0.1, 100]))
    if agg in ("sum", "min", "max", "avg", "distinct"):
        out["prop"] = draw(st.sampled_from(["x", "y", "x.b"]))
    return out


@st.composite
def leaves(draw: Any) -> dict[str, Any]:
    """A leaf of any kind that both readings know."""
    kind = draw(
        st.sampled_from(
            ["event"] * 6 + ["sequence", "sequence", "ignored", "ignored", "reaction", "trait", "trait",
             "date",
             "date", "thing", "thing", "in_stage_for", "moved", "moved", "projected", "projected"]
        )
    )  # fmt: skip
    if kind == "event":
        return draw(events())
    if kind == "sequence":
        steps = draw(
            st.lists(
                st.fixed_dictionaries({"name": st.sampled_from(NAMES), "where": filters}),
                min_size=2,
                max_size=4,
            )
        )
        within = draw(st.sampled_from([None, "1h", "2h", "3d", "400d"]))
        return {"op": "sequence", "steps": steps, "within": within, "window": draw(windows)}
    if kind in ("ignored", "reaction"):
        what = (
            "ignored"
            if kind == "ignored"
            else draw(st.sampled_from(["sent", "opened", "clicked", "bounced"]))
        )
        out = {"op": "reaction", "kind": what, "window": draw(windows), "cmp": draw(st.sampled_from(ORDERS))}
        out |= {"value": draw(st.integers(0, 2)), "after": draw(st.sampled_from(["1h", "3d", "30d"]))}
        return {**out, "channel": draw(st.sampled_from([None, "email"]))}
    if kind == "trait":
        made = draw(comparison(CMPS, "name"))
        return {"op": "trait", **made, "name": made["name"].replace("a", "t")}
    if kind == "date":
        return {"op": "date", "name": "d", **draw(dates())}
    if kind == "thing":
        where = draw(
            st.lists(
                st.one_of(comparison(CMPS, "attr"), dates().map(lambda d: {"attr": "d", **d})), max_size=2
            )
        )
        quantifier = draw(st.sampled_from(["any", "none", "all", "latest", "count"]))
        out = {
            "op": "thing",
            "type": draw(st.sampled_from(["car", "flat"])),
            "quantifier": quantifier,
            "where": where,
        }
        return {**out, "cmp": draw(st.sampled_from(ORDERS)), "value": draw(st.integers(0, 2))}
    if kind == "moved":
        return draw(moved())
    if kind == "in_stage_for":
        return {"op": "in_stage_for", "model": "m", "for": draw(st.sampled_from(PERIODS))}
    return draw(
        st.sampled_from(
            [
                {"op": "stage", "model": "m", "is": ["p"]},
                {"op": "status", "model": "m", "is": ["r", "it's"]},
                {"op": "score", "name": "w", "cmp": "lt", "value": 5},
                {"op": "score", "name": "w", "cmp": "ne", "value": 2.5},
                {"op": "segment", "key": "s", "is": False},
                {"op": "segment", "key": "s"},
                {"op": "tag", "name": "it's"},
                {"op": "consent", "channel": "email", "topic": "news", "is": "granted"},
                {"op": "consent", "channel": "email", "topic": "news", "is": "unknown"},
                {"op": "reachable", "channel": "email"},
                {"op": "identified"},
                {"op": "everyone"},
            ]
        )
    )


def conditions() -> st.SearchStrategy[dict[str, Any]]:
    """Trees of up to three levels."""
    return st.recursive(
        leaves(),
        lambda inner: st.one_of(
            st.fixed_dictionaries({"op": st.sampled_from(["all", "any"]), "of": st.lists(inner, max_size=3)}),
            st.fixed_dictionaries({"op": st.just("not"), "of": inner}),
        ),
        max_leaves=4,
    )
