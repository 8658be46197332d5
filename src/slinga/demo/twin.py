"""A digital twin of a small shop: invented people whose truth is known, living in virtual time.

In: a seed and a first instant; delivered messages through `react`. Out: calls in Segment's format in order
of time, hits on message links, and the truth.
Always true: the same seed and the same messages give the same life, whatever steps it is asked for in.
Every draw is a hash of (seed, person, count), so the whole twin is a value that can be saved and resumed.
"""

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from slinga.demo import responses, visits
from slinga.demo.model import Call, Hit, Inhabitant, Mail, Truth
from slinga.demo.names import FIRST, LAST, MAILBOXES, TOWNS
from slinga.demo.speech import push_address
from slinga.kernel.calendar import local, zone
from slinga.kernel.clock import DAY, HOUR, Instant
from slinga.kernel.ids import chance

MONTH = 30 * DAY
SOURCES = (("organic", 34), ("paid", 20), ("social", 16), ("direct", 14), ("referral", 10), ("newsletter", 6))
CHARACTERS = (("passer_by", 38), ("reader", 20), ("taster", 20), ("regular", 22))
HOURS = (1, 1, 0, 0, 0, 1, 3, 5, 6, 6, 6, 6, 7, 6, 5, 5, 6, 7, 8, 10, 11, 9, 6, 3)
WEEKDAYS = (1.0, 1.0, 1.0, 1.05, 0.95, 1.1, 1.25)


class Task(msgspec.Struct, array_like=True):
    """Something that will happen. `order` breaks ties so that the heap is total and stable."""

    at: Instant
    order: int
    kind: str  # arrive | visit | call | order | refund | renew
    person: int
    detail: dict[str, Any]

    def __lt__(self, other: "Task") -> bool:
        return (self.at, self.order) < (other.at, other.order)


class Saved(msgspec.Struct):
    """The twin as it is written down."""

    seed: int
    started_at: Instant
    per_month: float
    lived_to: Instant
    arrived: int
    ordered: int
    tasks: list[Task]
    people: list[Inhabitant]
    seen: list[str]


class Twin:
    """The living shop. `per_month` is how many new visitors come in the first month; it grows slowly."""

    def __init__(self, seed: int, started_at: Instant, *, per_month: float = 55.0) -> None:
        self.seed = seed
        self.started_at = started_at
        self.per_month = per_month
        self.lived_to = started_at
        self.people: list[Inhabitant] = []
        self.tasks: list[Task] = []
        self.seen: set[str] = set()
        self._order = 0
        self._by_email: dict[str, Inhabitant] = {}
        self._arrived = 0
        self._schedule_arrival(started_at)

    # -- living ---------------------------------------------------------------------------------------

    def calls(self, until: Instant) -> Iterator[Call]:
        """Everything that is reported after the last asked instant and not later than `until`, in order."""
        while self.tasks and self.tasks[0].at <= until:
            task = heapq.heappop(self.tasks)
            self.lived_to = task.at
            if task.kind == "call":
                yield Call(task.at, task.detail["key"], task.detail["body"])
            elif task.kind == "arrive":
                self._arrive(task.at)
            else:
                visits.happen(self, self.people[task.person], task)
        self.lived_to = max(self.lived_to, until)

    def react(self, mails: Iterable[Mail], now: Instant) -> list[Hit]:
        """What their receivers do with new messages: hits in order of time, visits and purchases later.

        A message seen before is passed over, so asking twice changes nothing.
        """
        hits: list[Hit] = []
        for mail in sorted(mails, key=lambda m: (m.at, m.id)):
            person = self._by_email.get(mail.to)
            if person is None or mail.id in self.seen:
                continue
            self.seen.add(mail.id)
            hits += responses.respond(self, person, mail, max(now, mail.at))
        return sorted(hits, key=lambda h: (h.at, h.mail, h.kind))

    def next_at(self) -> Instant | None:
        """When the next thing happens, if nothing is received before."""
        return self.tasks[0].at if self.tasks else None

    # -- what visits and responses build on ---------------------------------------------------------------

    def draw(self, person: Inhabitant) -> float:
        """The next number in [0, 1) of this person's own stream."""
        person.draws += 1
        return chance(self.seed, person.number, person.draws)

    def pick(self, person: Inhabitant, weighted: Iterable[tuple[Any, float]]) -> Any:
        """One value by weight."""
        return choose(self.draw(person), tuple(weighted))

    def schedule(self, at: Instant, kind: str, person: Inhabitant, **detail: Any) -> None:
        """Let something happen later; never before what has been lived already."""
        self._order += 1
        heapq.heappush(self.tasks, Task(max(at, self.lived_to), self._order, kind, person.number, detail))

    def waking_time(self, person: Inhabitant, day_at: Instant) -> Instant:
        """An instant on the local day of `day_at` at an hour when people shop."""
        here = local(day_at, zone(person.zone))
        midnight = day_at - ((here.hour * 60 + here.minute) * 60 + here.second) * 1_000_000
        hour = self.pick(person, enumerate(HOURS))
        return midnight + hour * HOUR + int(self.draw(person) * HOUR)

    # -- arrivals -------------------------------------------------------------------------------------

    def _rate(self, at: Instant) -> float:
        """Arrivals a day at `at`: growth, the week, and more in the dark months."""
        months = (at - self.started_at) / MONTH
        here = local(at, zone("Europe/Stockholm"))
        season = {11: 1.35, 12: 1.5, 1: 0.9, 6: 0.8, 7: 0.65}.get(here.month, 1.0)
        return self.per_month / 30 * (1 + 0.05 * min(months, 30)) * WEEKDAYS[here.weekday()] * season

    def _schedule_arrival(self, after: Instant) -> None:
        gap = chance(self.seed, "gap", self._arrived)
        at = after + int(DAY / self._rate(after) * (0.15 + 1.7 * gap))
        self._order += 1
        heapq.heappush(self.tasks, Task(at, self._order, "arrive", self._arrived, {}))

    def _arrive(self, at: Instant) -> None:
        number = self._arrived
        self._arrived += 1
        person = born(self.seed, number, at)
        self.people.append(person)
        self._by_email[person.email] = self._by_email[push_address(person)] = person
        first = self.waking_time(person, at)
        self.schedule(max(at, first), "visit", person, reason="arrival")
        self._schedule_arrival(at)

    # -- truth ----------------------------------------------------------------------------------------

    def truth(self) -> Truth:
        """What is true now. Lapsed: bought, and stopped needing the shop at or before this instant."""
        at, people = self.lived_to, [p for p in self.people if p.visits]
        return Truth(
            at=at,
            visitors=len(people),
            visits=sum(p.visits for p in people),
            known=sum(p.known for p in people),
            signed_up=sum(p.signed_up_at > 0 for p in people),
            unsubscribed=sum(p.unsubscribed_at > 0 for p in people),
            carts=sum(p.carts for p in people),
            abandoned=sum(p.abandoned for p in people),
            buyers=sum(p.orders > 0 for p in people),
            repeat_buyers=sum(p.orders > 1 for p in people),
            orders=sum(p.orders for p in people),
            returned=sum(p.returned for p in people),
            revenue=round(sum(p.spent for p in people), 2),
            lapsed=sum(bool(p.orders and 0 < p.lapses_at <= at) for p in people),
            won_back=sum(p.won_back for p in people),
            subscriptions=sum(p.subscription_at > 0 and p.subscription_ends_at > at for p in people),
            by_source=dict(sorted(Counter(p.source for p in people).items())),
        )

    def person_of(self, email: str) -> Inhabitant | None:
        """The invented person behind an e-mail or push address."""
        return self._by_email.get(email)

    # -- writing down -----------------------------------------------------------------------------------

    def save(self) -> bytes:
        """The twin as MessagePack."""
        saved = Saved(
            self.seed, self.started_at, self.per_month, self.lived_to, self._arrived, self._order,
            self.tasks, self.people, sorted(self.seen),
        )  # fmt: skip
        return msgspec.msgpack.encode(saved)

    @classmethod
    def load(cls, data: bytes) -> "Twin":
        """The twin that was saved; it goes on as if it had never stopped."""
        saved = msgspec.msgpack.decode(data, type=Saved)
        twin = cls(saved.seed, saved.started_at, per_month=saved.per_month)
        twin.lived_to, twin._arrived, twin._order = saved.lived_to, saved.arrived, saved.ordered
        twin.tasks, twin.people, twin.seen = saved.tasks, saved.people, set(saved.seen)
        heapq.heapify(twin.tasks)
        twin._by_email = {to: p for p in twin.people for to in (p.email, push_address(p))}
        return twin


def choose(number: float, weighted: tuple[tuple[Any, float], ...]) -> Any:
    """The value at `number` (in [0, 1)) of the summed weights."""
    left = number * sum(weight for _, weight in weighted)
    for value, weight in weighted:
        left -= weight
        if left < 0:
            return value
    return weighted[-1][0]


def born(seed: int, number: int, at: Instant) -> Inhabitant:
    """A new invented person; everything follows from the seed and the number."""

    def c(what: str) -> float:
        return chance(seed, number, what)

    first = FIRST[int(c("first") * len(FIRST))]
    last = LAST[int(c("last") * len(LAST))]
    town, country, tz, _ = choose(c("town"), tuple((t, t[3]) for t in TOWNS))
    plain = str.maketrans("åäöéÅÄÖ", "aaoeAAO")
    box = MAILBOXES[int(c("box") * len(MAILBOXES))]
    taste = choose(c("taste"), (("coffee", 46), ("tea", 38), ("treats", 8), ("gifts", 8)))
    second = choose(
        c("second"), (("equipment", 34), ("treats", 30), ("gifts", 12), ("tea", 12), ("coffee", 12))
    )
    return Inhabitant(
        number=number,
        born_at=at,
        source=choose(c("source"), SOURCES),
        character=choose(c("character"), CHARACTERS),
        first_name=first,
        last_name=last,
        email=f"{first}.{last}{number}@{box}".translate(plain).lower(),
        country=country,
        town=town,
        zone=tz,
        birth_on=f"{1950 + int(c('year') * 55)}-{1 + int(c('month') * 12):02d}-{1 + int(c('day') * 28):02d}",
        taste=taste,
        second_taste=second,
        opens_by_machine=c("machine") < 0.35,
        behind_scanner=c("scanner") < 0.08,
    )
