"""Sharing out places, tokens, holds."""

from hypothesis import given
from hypothesis import strategies as st

from slinga.delivery.outcome import Kind
from slinga.delivery.pacing import RATES, Rate, Stream, Tokens, hold_after, rate_of, share, strike
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


@given(st.lists(st.tuples(st.integers(0, 5 * SECOND), st.integers(0, 500)), max_size=30))
def test_a_bucket_never_exceeds_its_rate(steps):
    tokens = Tokens(Rate(100, 200), 200, 0)
    now = taken = 0
    for gap, want in steps:
        now += gap
        taken += tokens.take(now, want)
    assert taken <= 200 + now * 100 / SECOND + 1


def test_a_lane_is_paced_by_its_receiver():
    assert rate_of("marketing:email:google", RATES) == RATES["google"]
    assert rate_of("marketing:email:other-3", RATES) == RATES[""]
    assert rate_of("marketing:email:google", None) is None


def test_holds_come_after_enough_alike():
    key = strike(Kind.POLICY, "marketing:email:google", "j")
    assert key == "lane:marketing:email:google"
    assert hold_after(Kind.POLICY, key, 9) is None
    assert hold_after(Kind.POLICY, key, 10).held_for == 2 * HOUR
    assert strike(Kind.CONTENT, "lane", "j") == "journey:j"
    assert hold_after(Kind.CONTENT, "journey:j", 20).held_for is None
    assert strike(Kind.BAD_ADDRESS, "lane", "j") == ""
