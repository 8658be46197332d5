"""Sharing out places, windows, holds."""

from hypothesis import given
from hypothesis import strategies as st

from slinga.delivery.outcome import Kind
from slinga.delivery.pacing import Room, Stream, Window, hold_after, share, strike
from slinga.kernel.clock import HOUR, SECOND

BLAST = Stream("marketing:email:google", "blast", 0)
SMALL = Stream("marketing:email:google", "small", 0)
FIRST = Stream("marketing:email:yahoo", "first", 9)
ORDER = Stream("transactional:email:google", "orders", 0)


def test_a_blast_leaves_the_reserved_places_free():
    parts = dict(share([BLAST, ORDER], {"marketing": 400}, room=400, reserved=100, batch=50))
    assert parts == {ORDER: 50}


def test_equals_share_and_priority_goes_first():
    parts = dict(share([BLAST, SMALL], {}, room=40, reserved=0, batch=50))
    assert parts == {BLAST: 20, SMALL: 20}
    parts = dict(share([BLAST, FIRST], {}, room=40, reserved=0, batch=50))
    assert parts == {FIRST: 40}


def test_a_broadcast_lets_others_go_first_and_leaves_places_free():
    news = Stream("marketing:email:google", "broadcast.news", 9)
    assert share([news, SMALL], {}, room=40, reserved=0, batch=50) == [(SMALL, 40)]
    assert share([news, SMALL], {}, room=40, reserved=0, batch=10) == [(SMALL, 10), (news, 10)]
    assert share([news], {}, room=40, reserved=0, batch=50) == [(news, 30)]
    assert share([news], {"marketing": 30}, room=40, reserved=0, batch=50) == []
    assert share([news, SMALL], {"marketing": 30}, room=40, reserved=0, batch=50) == [(SMALL, 10)]


def test_a_lane_under_way_waits_for_half_a_batch_and_the_idle_go_first():
    sizes = {"room": 400, "reserved": 100, "batch": 100}
    lanes = {BLAST.lane: 200, FIRST.lane: 0}
    peers = [BLAST, Stream(FIRST.lane, "blast", 0)]
    assert share(peers, {"marketing": 390}, under_way=lanes, **sizes) == [(peers[1], 10)]
    assert share(peers, {"marketing": 300}, under_way=lanes, **sizes) == [(peers[1], 50), (BLAST, 50)]
    assert share([BLAST], {"marketing": 390}, under_way=lanes, **sizes) == []
    assert share([ORDER], {"transactional": 99}, under_way={ORDER.lane: 99}, **sizes) == [(ORDER, 1)]


def test_a_lane_is_given_what_it_has_room_for_and_others_the_rest():
    sizes = {"room": 400, "reserved": 100, "batch": 100}
    idle = {BLAST.lane: Room(30, 0), FIRST.lane: Room(100, 0)}
    assert share([BLAST, FIRST], {}, rooms=idle, **sizes) == [(FIRST, 100), (BLAST, 30)]
    under_way = {BLAST.lane: 60}
    for free, given_to in ((24, []), (25, [(BLAST, 25)])):
        rooms = {BLAST.lane: Room(free, 20)}
        assert share([BLAST], {}, under_way=under_way, rooms=rooms, **sizes) == given_to
    news = Stream(BLAST.lane, "broadcast.news", 0)
    assert share([BLAST, news], {}, rooms={BLAST.lane: Room(110, 5)}, **sizes) == [(BLAST, 100), (news, 5)]


@given(
    st.lists(st.sampled_from([BLAST, SMALL, FIRST, ORDER]), unique=True),
    st.integers(0, 60),
    st.integers(0, 60),
    st.integers(1, 30),
    st.integers(0, 30),
)
def test_no_more_is_shared_out_than_there_is(streams, room, reserved, batch, busy):
    parts = share(
        streams, {"marketing": busy, "transactional": busy}, room=room, reserved=reserved, batch=batch
    )
    assert all(0 < part <= batch for _, part in parts)
    assert sum(part for stream, part in parts if not stream.transactional) <= max(0, room - busy)
    assert sum(part for stream, part in parts if stream.transactional) <= max(0, reserved - busy)


def test_holds_come_after_enough_alike():
    key = strike(Kind.POLICY, "marketing:email:google", "j")
    assert key == "lane:marketing:email:google"
    assert hold_after(Kind.POLICY, key, 9) is None
    assert hold_after(Kind.POLICY, key, 10).held_for == 2 * HOUR
    assert strike(Kind.CONTENT, "lane", "j") == "journey:j"
    assert hold_after(Kind.CONTENT, "journey:j", 20).held_for is None
    assert strike(Kind.BAD_ADDRESS, "lane", "j") == ""


def test_a_window_doubles_while_answers_come_and_halves_on_trouble_or_silence():
    window = Window(100)
    assert window.room(0, 0) == 2
    assert window.room(SECOND, 2) == 0
    window.heard(SECOND, [Kind.ACCEPTED])
    assert window.room(SECOND, 2) == 2
    for _ in range(6):
        window.heard(2 * SECOND, [Kind.ACCEPTED])
    assert window.room(2 * SECOND, 0) == 100
    window.heard(10 * SECOND, [Kind.ACCEPTED, Kind.THROTTLED])
    window.heard(10 * SECOND, [Kind.THROTTLED])  # the same bad moment
    assert window.room(10 * SECOND, 0) == 50
    assert window.room(16 * SECOND, 10) == 0 and window.size == 25
    assert window.room(17 * SECOND, 10) == 0 and window.size == 25
    window.heard(18 * SECOND, [Kind.BAD_ADDRESS, None])
    assert window.room(18 * SECOND, 10) == 15


def test_what_hangs_holds_up_nothing_behind_it():
    """Two hang at once; one more is tried after 5 seconds, and with its answer the lane goes on as before."""
    window = Window(100)
    assert window.room(0, 0) == 2
    assert window.room(5 * SECOND, 2) == 0
    assert window.room(6 * SECOND, 0, stuck=2) == 1
    assert window.room(7 * SECOND, 1, stuck=2) == 0
    window.heard(8 * SECOND, [Kind.ACCEPTED])
    assert window.room(8 * SECOND, 0, stuck=2) == 2


def test_a_receiver_that_hangs_altogether_takes_few_places():
    """In the ten minutes that a final answer may take (RFC 5321, 4.5.3.2.6) some ten of a hundred places."""
    window, stuck = Window(100), 2
    window.room(0, 0)
    for second in range(6, 600):
        stuck += window.room(second * SECOND, 0, stuck=stuck)
    assert stuck == 8
    full = Window(3)
    assert [full.room(second * SECOND, 0, stuck=3) for second in (6, 60)] == [0, 0]
