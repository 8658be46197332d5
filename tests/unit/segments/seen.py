"""A person given as plain values, and events by text, for tables of exact instants."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from slinga.ingest.model import Input
from slinga.kernel.calendar import zone
from slinga.kernel.clock import Instant, instant
from slinga.segments import Feature, Truth, compile_condition, parse, rebuild

STOCKHOLM = zone("Europe/Stockholm")


class Seen:
    """A view over plain values."""

    entered_at: Instant | None = None

    def __init__(
        self, states: Mapping[str, Any], now: Instant, tz: ZoneInfo = STOCKHOLM, **values: Any
    ) -> None:
        self.states, self.now, self.zone, self.values = states, now, tz, values
        self.identified = values.get("identified", False)

    def trait(self, name: str) -> Any:
        return self.values.get("traits", {}).get(name)

    def feature(self, id: str) -> Any:
        return self.states.get(id)

    def things(self, type: str) -> list[dict[str, Any]]:
        return [thing for thing in self.values.get("things", []) if thing.get("type") == type]

    def stage(self, model: str) -> str | None:
        return self.values.get("stage")

    def status(self, model: str) -> str | None:
        return self.values.get("status")

    def since(self, model: str) -> Instant | None:
        return self.values.get("since")

    def moves(self, model: str) -> Any:
        return self.values.get("moves", ())

    def score(self, name: str) -> float | None:
        return self.values.get("score")

    def in_segment(self, key: str) -> bool:
        return key in self.values.get("segments", ())

    def consent(self, channel: str, topic: str) -> str:
        return self.values.get("consent", "unknown")

    def reachable(self, channel: str) -> bool:
        return channel in self.values.get("reachable", ())

    def tag(self, name: str) -> bool:
        return name in self.values.get("tags", ())

    def trigger(self, path: str) -> Any:
        return self.values.get("trigger", {}).get(path)


def event(
    at: str, name: str = "Order Completed", *, seq: int = 1, accepted: str = "", **properties: Any
) -> Input:
    """An event by its instant as text."""
    return Input(
        kind="event", at=instant(accepted or at), seq=seq, name=name, body={"properties": properties},
        occurred_at=instant(at),
    )  # fmt: skip


def ask(
    document: Any, events: list[Input], now: str | Instant, tz: ZoneInfo = STOCKHOLM, **values: Any
) -> Truth:
    """The truth of a condition after events, at an instant."""
    predicate = compile_condition(parse(document), tz)
    at = instant(now) if isinstance(now, str) else now
    return predicate.test(Seen(rebuild(predicate.features, events), at, tz, **values))


def only_feature(document: Any, tz: ZoneInfo = STOCKHOLM) -> Feature:
    """The one feature of a leaf."""
    (feature,) = compile_condition(parse(document), tz).features
    return feature
