"""Who goes next, how fast, and when a lane is held.

In: the streams with something due, the room there is, replies counted. Out: shares, windows, holds.
Always true: transactional streams are served before marketing ones and have room of their own, and what
somebody's own doing led to before broadcasts, which never take all places; among equals every stream gets
some before any gets all.
"""

from collections.abc import Mapping, Sequence

import msgspec

from slinga.delivery.outcome import Kind
from slinga.kernel.clock import DAY, HOUR, MINUTE, SECOND, Instant
from slinga.messages.model import BROADCAST


class Stream(msgspec.Struct, frozen=True, order=True):
    """Messages that are leased together: one journey's in one lane."""

    lane: str
    journey: str
    priority: int

    @property
    def message_class(self) -> str:
        """The class of its messages: transactional or marketing."""
        return self.lane.split(":")[0]

    @property
    def transactional(self) -> bool:
        """Whether its messages are receipts and the like."""
        return self.message_class == "transactional"

    @property
    def bulk(self) -> bool:
        """Whether its messages go to an audience and not to somebody for what they did."""
        return self.journey.startswith(BROADCAST)

    @property
    def channel(self) -> str:
        """The channel its messages go through."""
        return self.lane.split(":")[1]

    @property
    def holds(self) -> tuple[str, ...]:
        """The keys under which it can be held back."""
        return (f"lane:{self.lane}", f"journey:{self.journey}", f"class:{self.message_class}")


FIRST_WINDOW = 2
STALLED_AFTER = 5 * SECOND
_MOST_DOUBLINGS = 6
THROTTLED = frozenset({Kind.THROTTLED, Kind.DROPPED, Kind.POLICY})


class Window(msgspec.Struct):
    """How many messages of a lane may be under way; instants are of any steady clock.

    It doubles while answers come and falls to half on a sign that the receiver has too much, or when
    nothing comes at all. What has stopped answering does not hold up the rest of its lane: the next few are
    tried while it waits, at distances that double as long as none of them is answered. So a receiver that
    hangs keeps few places, one mail that hangs delays no other, and a quick receiver soon has all it can use.
    """

    most: int
    size: int = FIRST_WINDOW
    heard_at: Instant = 0
    cut_at: Instant = 0
    tries: int = 0
    """How many were started into the present silence."""
    next_try_at: Instant = 0

    def room(self, now: Instant, busy: int, stuck: int = 0) -> int:
        """How many more may start beside `busy` that may yet be answered and `stuck` that have waited long.

        In a silence the one place that is given is taken: ask once a round.
        """
        if not busy and not stuck:
            self.heard_at = now
        elif now - self.heard_at > STALLED_AFTER:
            self._cut(now)
            return 0 if busy or stuck >= self.most else self._try(now)
        return max(0, min(self.size, self.most - stuck) - busy)

    def heard(self, now: Instant, kinds: Sequence[Kind | None]) -> None:
        """Answers came; `kinds` are their verdicts', None where there is none."""
        self.heard_at = now
        self.tries = 0
        if any(kind in THROTTLED for kind in kinds):
            self._cut(now)
        elif any(kind is Kind.ACCEPTED for kind in kinds):
            self.size = min(self.most, 2 * self.size)

    def _cut(self, now: Instant) -> None:
        if now - self.cut_at > STALLED_AFTER:  # the answers of one bad moment cut once
            self.cut_at = now
            self.size = max(1, self.size // 2)

    def _try(self, now: Instant) -> int:
        """One more into the silence, when it is time: after 5 seconds, then 10, 20 and so on."""
        if self.tries and now < self.next_try_at:
            return 0
        self.tries += 1
        self.next_try_at = now + (STALLED_AFTER << min(self.tries, _MOST_DOUBLINGS))
        return 1


def kept_free(places: int) -> int:
    """Of so many places, those that a broadcast leaves to others."""
    return places // 4


class Room(msgspec.Struct, frozen=True):
    """The places of a lane: how many are free, and how many of those a broadcast leaves to others."""

    free: int
    kept: int


class Windows:
    """The windows of all lanes of a courier, `most` places each at most."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._of: dict[str, Window] = {}

    def room(self, lane: str, now: Instant, busy: int, stuck: int) -> Room:
        """How many more messages of a lane may start beside those under way; see `Window.room`."""
        window = self._of.get(lane)
        if window is None:
            window = self._of[lane] = Window(self._most)
        return Room(window.room(now, busy, stuck), kept_free(window.size))

    def heard(self, now: Instant, answers: Sequence[tuple[str, Kind | None]]) -> None:
        """Answers came, as (lane, kind of the verdict)."""
        for lane in {lane for lane, _ in answers} & self._of.keys():
            self._of[lane].heard(now, [kind for name, kind in answers if name == lane])


NOTHING: Mapping[str, int] = {}


def share(
    streams: Sequence[Stream],
    busy: Mapping[str, int],
    *,
    room: int,
    reserved: int,
    batch: int,
    under_way: Mapping[str, int] = NOTHING,
    rooms: Mapping[str, Room] | None = None,
) -> list[tuple[Stream, int]]:
    """Divide the free places among streams: (stream, how many).

    `busy` counts the places taken by class, `room` the places there are for marketing, `reserved` those
    for transactional mail alone, `rooms` those there are in each lane. Broadcasts last, and a quarter of the
    places is not for them; higher priority first; equals in turn, at most `batch` each, the lane with the
    fewest `under_way` before others. A batch costs what it costs however small it is, and more places come
    free soon: a marketing lane that has some under way waits until there are places for half a batch, and
    in the lane itself for a quarter.
    """
    out: list[tuple[Stream, int]] = []
    left = {lane: each.free for lane, each in (rooms or {}).items()}
    for name, places in (("transactional", reserved), ("marketing", room)):
        free = places - busy.get(name, 0)
        mine = [stream for stream in streams if stream.transactional == (name == "transactional")]
        bulk = False
        for level in sorted({_level(stream) for stream in mine}):
            peers = [stream for stream in mine if _level(stream) == level]
            if peers[0].bulk and not bulk:
                bulk, free = True, free - kept_free(places)
            peers.sort(key=lambda stream: under_way.get(stream.lane, 0))
            least = batch // 2 if under_way and name == "marketing" else 1
            for position, stream in enumerate(peers):
                if free <= 0:
                    break
                part = min(batch, free, max(1, least, free // (len(peers) - position)))
                started = under_way.get(stream.lane, 0) > 0
                if part < least and started:
                    continue
                if rooms is not None:
                    kept = rooms[stream.lane].kept if stream.bulk else 0
                    part = min(part, left[stream.lane] - kept)
                    if part <= 0 or (part < least // 2 and started):
                        continue
                    left[stream.lane] -= part
                out.append((stream, part))
                free -= part
    return out


def _level(stream: Stream) -> tuple[bool, int]:
    return stream.bulk, -stream.priority


class Hold(msgspec.Struct, frozen=True):
    """Hold back what `key` names for `held_for`; None is until a person of the team releases it."""

    key: str
    reason: str
    held_for: int | None


LIMITS: dict[Kind, tuple[int, str, int | None]] = {
    Kind.POLICY: (10, "lane", 2 * HOUR),
    Kind.THROTTLED: (3, "lane", 30 * MINUTE),
    Kind.DROPPED: (5, "lane", MINUTE),
    Kind.CONTENT: (20, "journey", None),
    Kind.OUR_BUG: (1, "lane", None),
}
"""After so many alike in a row: what is held, and for how long."""


def strike(kind: Kind, lane: str, journey: str) -> str:
    """The key on which a reply of this kind counts; "" when it counts nowhere."""
    if kind not in LIMITS:
        return ""
    return f"lane:{lane}" if LIMITS[kind][1] == "lane" else f"journey:{journey}"


def hold_after(kind: Kind, key: str, strikes: int) -> Hold | None:
    """The hold that so many replies of one kind in a row bring about, if any."""
    limit, _, held_for = LIMITS[kind]
    return Hold(key, kind.value, held_for) if strikes >= limit else None


COMPLAINTS_FOR = 7 * DAY
"""The window of a lane's rate of complaints."""
LEAST_ACCEPTED = 200
"""Below so many accepted messages in the window a rate says nothing."""
MOST_COMPLAINTS = 0.0025
"""Above this share marketing to the receivers of a lane stops by itself; large receivers act at 0.003."""


def too_many_complaints(accepted: int, complaints: int) -> bool:
    """Whether a lane's complaints have passed what receivers bear."""
    return accepted >= LEAST_ACCEPTED and complaints > MOST_COMPLAINTS * accepted
