"""Living together: the order within a step, going to what happens next, and resuming after a kill."""

from collections.abc import Sequence

from slinga.demo import Call, Hit, Mail, Twin
from slinga.demo.world import Living, every, pace_for, take_up, twice_a_day
from slinga.kernel.calendar import local, zone
from slinga.kernel.clock import DAY, HOUR, MINUTE, Instant, instant

START = instant("2025-05-22T00:00:00Z")


class Paper:
    """A world that writes down what it is asked, and mails everyone who signed up, once."""

    def __init__(self, now: Instant = START) -> None:
        self.at = now
        self.calls: list[Call] = []
        self.hits: list[tuple[Instant, Hit]] = []
        self.kept: tuple[bytes, bytes] = (b"", b"")
        self.kept_times = 0
        self.mails: list[Mail] = []
        self.settled: list[Instant] = []

    def now(self) -> Instant:
        return self.at

    def move_to(self, at: Instant) -> Instant:
        assert at >= self.at
        self.at = at
        return at

    def append(self, calls: Sequence[Call]) -> None:
        self.calls += calls
        for call in calls:
            if call.body.get("event") == "Signed Up":
                to = call.body["properties"]["email"]
                id = call.body["messageId"]
                mail = Mail(id, to, self.at, journey="welcome", open_url=f"/o/{id}", links=(f"/c/{id}",))
                self.mails.append(mail)

    def hit(self, hit: Hit) -> None:
        self.hits.append((self.at, hit))

    def settle(self) -> None:
        self.settled.append(self.at)

    def rest(self) -> None:
        self.settled.append(self.at)

    def new_mails(self) -> list[Mail]:
        mails, self.mails = self.mails, []
        return mails

    def next_due(self) -> Instant | None:
        return None

    def keep(self, twin: bytes, hits: bytes) -> None:
        self.kept = (twin, hits)
        self.kept_times += 1


def test_messages_are_answered_and_messages_bring_people_back():
    world = Paper()
    Living(Twin(5, START), world).live(START + 60 * DAY, pace=every(HOUR))
    assert world.at == START + 60 * DAY
    kinds = {hit.kind for _, hit in world.hits}
    assert {"open", "click"} <= kinds
    assert all(0 <= at - hit.at < 2 * HOUR for at, hit in world.hits)
    assert any(
        call.body.get("context", {}).get("campaign", {}).get("source") == "slinga" for call in world.calls
    )


def test_nothing_happening_is_passed_over_in_one_step():
    world = Paper()
    twin = Twin(5, START, per_month=1.0)
    Living(twin, world).live(START + 30 * DAY, pace=every(MINUTE))
    assert len(world.settled) < 3000  # a minute's step would be 43,200


def test_a_killed_demo_goes_on_as_if_nothing_had_been():
    whole, first = Paper(), Paper()
    Living(Twin(5, START), whole).live(START + 40 * DAY, pace=every(HOUR))
    Living(Twin(5, START), first).live(START + 17 * DAY, pace=every(HOUR))
    second = Paper(first.at)
    take_up(*first.kept, second).live(START + 40 * DAY, pace=every(HOUR))
    assert first.calls + second.calls == whole.calls
    assert [hit for _, hit in first.hits + second.hits] == [hit for _, hit in whole.hits]


def test_the_twin_is_written_down_now_and_then_on_a_long_way():
    world = Paper()
    Living(Twin(5, START), world).live(START + 29 * DAY, pace=every(6 * HOUR))
    assert world.kept_times >= 5


def test_hits_fall_between_the_calls_of_their_step():
    world = Paper()
    Living(Twin(5, START), world).live(START + 60 * DAY, pace=every(12 * HOUR))
    assert world.hits and all(at == hit.at for at, hit in world.hits)


def test_steps_are_finer_for_shorter_ways():
    steps = [pace_for(length)(START) - START for length in (3 * HOUR, DAY, 5 * DAY, 20 * DAY)]
    assert steps == sorted(steps) and len(set(steps)) == 4
    assert pace_for(200 * DAY) is twice_a_day


def test_months_are_lived_between_two_instants_of_each_day():
    at, hours = START, []
    while at < START + 40 * DAY:
        then = twice_a_day(at)
        assert HOUR < then - at < 20 * HOUR
        at = then
        hours.append(local(at, zone("Europe/Stockholm")).hour)
    assert len(hours) >= 79 and {h in range(10, 12) or h in range(17, 19) for h in hours} == {True}
