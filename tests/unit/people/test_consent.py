import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slinga.ingest import CLAIMED, PROVEN, Input
from slinga.kernel.clock import DAY, instant
from slinga.kernel.errors import Invalid
from slinga.people.consent import Consents, changes_at, fold, permitted, state, unite

T = instant("2026-01-01T00:00:00Z")
NOW = T + 100 * DAY


def act(action: str, day: int, **more) -> Input:
    trust = more.pop("trust", PROVEN)
    recorded = more.pop("recorded", None)
    body = {"channel": "email", "topic": "news", "action": action, "source": "form", **more}
    at = T + day * DAY
    return Input(
        "consent", at if recorded is None else T + recorded * DAY, body=body, occurred_at=at, trust=trust
    )


def after(*records: Input, channel="email", topic="news", now=NOW) -> str:
    found = Consents()
    for record in records:
        found = fold(found, record)
    return state(found, channel, topic, now)


def test_nothing_said_is_unknown():
    assert after() == "unknown"


def test_the_newest_act_wins():
    assert after(act("granted", 1)) == "granted"
    assert after(act("granted", 1), act("withdrawn", 2)) == "withdrawn"
    assert after(act("withdrawn", 2), act("granted", 3)) == "granted"
    assert after(act("denied", 4), act("granted", 3)) == "denied"


def test_a_tie_is_a_withdrawal():
    assert after(act("granted", 1), act("withdrawn", 1)) == "withdrawn"
    assert after(act("withdrawn", 1), act("granted", 1)) == "withdrawn"


def test_an_import_never_beats_a_withdrawal():
    stop = act("withdrawn", 5)
    for source, day in itertools.product(("import", "api", "admin"), (1, 5, 9)):
        assert after(stop, act("granted", day, source=source, recorded=50)) == "withdrawn"
    assert after(act("granted", 1, source="import")) == "granted"


def test_a_back_dated_grant_does_not_beat_a_withdrawal():
    assert after(act("withdrawn", 5), act("granted", 4, recorded=50)) == "withdrawn"


def test_a_withdrawal_reported_by_an_import_counts():
    assert after(act("granted", 1), act("withdrawn", 2, source="import")) == "withdrawn"


def test_implied_consent_runs_out_and_never_beats_a_withdrawal():
    bought = act("granted", 0, basis="casl_purchase", source="checkout")
    asked = act("granted", 0, basis="casl_inquiry", source="form")
    assert after(bought, asked, now=T + 700 * DAY) == "granted"
    assert after(bought, now=instant("2028-01-01T00:00:00Z")) == "expired"
    assert after(asked, now=instant("2026-07-01T00:00:00Z")) == "expired"
    assert after(asked, now=instant("2026-07-01T00:00:00Z") - 1) == "granted"
    assert (
        after(act("withdrawn", 0), act("granted", 1, basis="casl_purchase", source="checkout")) == "withdrawn"
    )


def test_double_opt_in_waits_for_its_confirmation():
    request = act("granted", 1, double_opt_in=True)
    assert after(request, now=T + 2 * DAY) == "pending"
    assert after(request, now=T + 9 * DAY) == "unknown"
    assert after(request, act("confirmed", 2)) == "granted"
    assert after(request, act("confirmed", 2), act("withdrawn", 3)) == "withdrawn"


def test_a_claimed_consent_is_not_a_grant_but_a_claimed_withdrawal_counts():
    assert after(act("granted", 1, trust=CLAIMED), now=T + 2 * DAY) == "pending"
    assert after(act("granted", 1, trust=CLAIMED)) == "unknown"
    assert after(act("confirmed", 1, trust=CLAIMED)) == "unknown"
    assert after(act("granted", 1), act("withdrawn", 2, trust=CLAIMED)) == "withdrawn"
    web = act("granted", 1, trust=CLAIMED, channel="web", topic="", source="browser")
    assert after(web, channel="web", topic="") == "granted"


def test_a_declared_end_ends_earlier_grants_only():
    assert after(act("granted", 1), act("expired", 2)) == "expired"
    assert after(act("granted", 3), act("expired", 2)) == "granted"


def test_channel_and_topic():
    whole = act("granted", 1, topic="")
    assert after(whole) == "granted"
    assert after(whole, act("withdrawn", 2)) == "withdrawn"
    assert after(whole, act("withdrawn", 2), topic="other") == "granted"
    assert after(act("withdrawn", 2), act("granted", 3, topic="")) == "withdrawn", "leaving a topic stays"
    assert after(act("granted", 1), act("withdrawn", 2, topic="")) == "withdrawn"
    assert after(act("granted", 3), act("withdrawn", 2, topic="")) == "granted"


def test_the_right_to_object_covers_everything():
    assert after(act("granted", 1), act("withdrawn", 2, channel="*", topic="")) == "withdrawn"


def test_tracking_is_its_own_purpose():
    found = fold(Consents(), act("granted", 1))
    assert state(found, "tracking", "opens", NOW) == "unknown"
    assert permitted(found, "email", "news", NOW) == "granted"
    assert (
        permitted(fold(Consents(), act("granted", 1, double_opt_in=True)), "email", "news", NOW) == "unknown"
    )


def test_the_next_change_by_time_alone_is_known():
    found = fold(Consents(), act("granted", 0, basis="casl_inquiry"))
    at = changes_at(found, "email", "news", T)
    assert at == instant("2026-07-01T00:00:00Z")
    assert changes_at(found, "email", "news", at) is None


def test_a_wrong_record_names_the_field():
    with pytest.raises(Invalid) as caught:
        fold(Consents(), act("maybe", 1))
    assert caught.value.field == "action"
    with pytest.raises(Invalid) as caught:
        fold(Consents(), act("granted", 1, channel=""))
    assert caught.value.field == "channel"


ACTS = st.lists(
    st.builds(
        act,
        st.sampled_from(["granted", "denied", "withdrawn", "expired", "confirmed"]),
        st.integers(0, 4),
        topic=st.sampled_from(["news", ""]),
        source=st.sampled_from(["form", "import", "one_click"]),
        basis=st.sampled_from(["consent", "casl_inquiry", "casl_purchase"]),
        double_opt_in=st.booleans(),
        trust=st.sampled_from([CLAIMED, PROVEN]),
        recorded=st.just(60),
    ),
    max_size=8,
)


@given(ACTS, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(records, random):
    shuffled = list(records)
    random.shuffle(shuffled)
    a, b = Consents(), Consents()
    for record in records:
        a = fold(a, record)
    for record in shuffled:
        b = fold(b, record)
    assert a == b


@given(ACTS, ACTS)
def test_uniting_two_people_is_folding_both_histories(one, other):
    a, b, both = Consents(), Consents(), Consents()
    for record in one:
        a = fold(a, record)
    for record in other:
        b = fold(b, record)
    for record in one + other:
        both = fold(both, record)
    assert unite(a, b) == unite(b, a) == both


@given(ACTS)
def test_after_a_newest_withdrawal_nothing_is_granted(records):
    found = Consents()
    for record in [*records, act("withdrawn", 10, recorded=60)]:
        found = fold(found, record)
    assert state(found, "email", "news", NOW) == "withdrawn"
