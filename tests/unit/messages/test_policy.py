import itertools
from datetime import time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slinga.ingest import Input
from slinga.kernel.clock import DAY, HOUR, MINUTE, instant
from slinga.kernel.errors import Invalid
from slinga.messages.model import Intent
from slinga.messages.policy import (
    TEXTS,
    Cap,
    Defer,
    Permit,
    Policy,
    Reason,
    Refuse,
    Suppression,
    arbitrate,
    decide,
    parse,
    quiet_until,
    resume,
    tracking_of,
)
from slinga.messages.sends import Sends, fold_receipt, plan, prune, release, unite
from slinga.people.consent import Consents, Topic, fold

NOON = instant("2026-03-10T12:00:00Z")
UTC = ZoneInfo("UTC")
STOCKHOLM = ZoneInfo("Europe/Stockholm")


def consented(*channels: str, action: str = "granted", at: int = 0, topic: str = "news") -> Consents:
    found = Consents()
    for channel in channels:
        body = {"channel": channel, "topic": topic, "action": action, "source": "form"}
        found = fold(found, Input("consent", at or NOON - 300 * DAY, body=body))
    return found


YES = consented("email", "push", "sms")
ALWAYS = Policy(quiet_hours="")


def intent(key: str = "a", **changes) -> Intent:
    fields = {
        "person": "p",
        "message_class": "marketing",
        "channel": "email",
        "topic": "news",
        "planned_at": NOON,
    }
    return Intent(send_key=key, **{**fields, **changes})


def ask(what: Intent, sends=Sends(), consents=YES, limits=(), policy=ALWAYS, tz=UTC, now=NOON):  # noqa: B008
    return decide(what, sends, consents, limits, policy, tz, now)


def test_every_reason_has_a_text():
    assert set(TEXTS) == set(Reason)


def test_a_permitted_message_goes_at_once():
    assert ask(intent()) == Permit()


@pytest.mark.parametrize(
    ("action", "reason"),
    [("withdrawn", Reason.WITHDRAWN), ("denied", Reason.DENIED)],
)
def test_marketing_needs_permission_but_a_receipt_does_not(action, reason):
    consents = consented("email", action=action)
    assert ask(intent(), consents=consents) == Refuse(reason)
    assert ask(intent(), consents=Consents()) == Refuse(Reason.NO_CONSENT)
    assert ask(intent(message_class="transactional"), consents=consents) == Permit()


def test_permission_is_per_channel_and_topic():
    assert ask(intent(channel="sms"), consents=consented("email")) == Refuse(Reason.NO_CONSENT)
    assert ask(intent(topic="offers"), consents=consented("email")) == Refuse(Reason.NO_CONSENT)
    whole = consented("email", topic="")
    assert ask(intent(topic="offers"), consents=whole) == Permit()
    explicit = Policy(quiet_hours="", topics=(Topic("offers", "Offers", explicit=True),))
    assert ask(intent(topic="offers"), consents=whole, policy=explicit) == Refuse(Reason.NO_CONSENT)


def test_suppression_scopes():
    receipt = intent(message_class="transactional")
    bounced, complained = Suppression("all", "hard bounce"), Suppression("marketing", "complaint")
    assert ask(receipt, limits=[bounced]) == Refuse(Reason.SUPPRESSED, "hard bounce")
    assert ask(receipt, limits=[complained]) == Permit()
    assert ask(intent(), limits=[complained]) == Refuse(Reason.SUPPRESSED, "complaint")
    assert ask(intent(), limits=[Suppression("topic", topic="offers")]) == Permit()
    assert ask(intent(), limits=[Suppression("topic", topic="news")]) == Refuse(Reason.SUPPRESSED)
    assert ask(intent(), limits=[Suppression("all", channel="sms")]) == Permit()


def test_caps_are_windows_not_calendar_days():
    evening = instant("2026-03-10T23:00:00Z")
    daily = Policy(caps=(Cap(1, 24, ("email",)),), quiet_hours="")
    sends = plan(Sends(), intent("a", planned_at=evening), evening)
    later = evening + 90 * MINUTE
    again = ask(intent("b", planned_at=later), sends=sends, policy=daily, now=later)
    assert again == Defer(evening + 24 * HOUR, Reason.CAP_CHANNEL)
    assert ask(intent("b", planned_at=later), sends=sends, policy=daily, now=again.until) == Permit()


def test_default_caps_count_all_channels_together():
    sends = Sends()
    for key, channel in (("a", "email"), ("b", "push"), ("c", "sms")):
        sends = plan(sends, intent(key, channel=channel), NOON)
    later = NOON + 17 * HOUR
    answer = ask(intent("d", planned_at=later), sends=sends, now=later)
    assert answer == Defer(NOON + 24 * HOUR, Reason.CAP_OVERALL)


def test_a_failed_message_gives_its_slot_back_and_an_unknown_one_does_not():
    sends = plan(Sends(), intent("a"), NOON)
    soon = NOON + HOUR
    failed = fold_receipt(sends, "rejected", {"send_key": "a"}, soon)
    assert ask(intent("b"), sends=failed, now=soon) == Permit()
    doubt = fold_receipt(sends, "unknown", {"send_key": "a"}, soon)
    assert ask(intent("b"), sends=doubt, now=soon) == Defer(NOON + 16 * HOUR, Reason.CAP_CHANNEL)
    resolved = fold_receipt(doubt, "rejected", {"send_key": "a"}, soon)
    assert ask(intent("b"), sends=resolved, now=soon) == Permit()


def test_an_accepted_message_stays_accepted_and_is_never_repeated():
    sends = fold_receipt(plan(Sends(), intent("a"), NOON), "accepted", {"send_key": "a"}, NOON)
    for name in ("rejected", "unknown", "cancelled"):
        assert fold_receipt(sends, name, {"send_key": "a"}, NOON + HOUR) == sends
    assert ask(intent("a"), sends=sends) == Refuse(Reason.ALREADY_SENT)


def test_in_doubt_marketing_is_not_repeated_but_a_receipt_may_be():
    for kind, expected in (("marketing", Refuse(Reason.OUTCOME_UNKNOWN)), ("transactional", Permit())):
        what = intent("a", message_class=kind)
        sends = fold_receipt(plan(Sends(), what, NOON), "unknown", {"send_key": "a"}, NOON)
        assert ask(what, sends=sends) == expected


def test_the_gate_does_not_count_the_message_against_itself():
    sends = plan(Sends(), intent("a"), NOON)
    assert ask(intent("a"), sends=sends, now=NOON + HOUR) == Permit()


def test_a_released_slot_is_free():
    assert release(plan(Sends(), intent("a"), NOON), "a") == Sends()


def test_quiet_hours_are_the_persons():
    night = instant("2026-03-10T20:30:00Z")  # 21:30 in Stockholm
    policy = Policy(caps=())
    morning = instant("2026-03-11T08:00:00Z")
    assert ask(intent(planned_at=night), policy=policy, tz=STOCKHOLM, now=night) == Defer(
        morning, Reason.QUIET_HOURS
    )
    assert ask(intent(planned_at=night), policy=policy, tz=UTC, now=night) == Permit()
    assert ask(
        intent(planned_at=night), policy=Policy(caps=(), zone="Europe/Stockholm"), tz=None, now=night
    ) == Defer(morning, Reason.QUIET_HOURS)
    assert (
        ask(intent(planned_at=night, quiet_hours="none"), policy=policy, tz=STOCKHOLM, now=night) == Permit()
    )
    assert ask(intent(message_class="transactional"), policy=policy, tz=STOCKHOLM, now=night) == Permit()


@given(
    st.integers(instant("2026-01-01T00:00:00Z"), instant("2027-01-01T00:00:00Z")),
    st.times(),
    st.times(),
    st.sampled_from(["Europe/Warsaw", "Australia/Lord_Howe", "America/New_York", "Asia/Tehran"]),
)
def test_quiet_hours_always_end(now, start, end, zone_name):
    hours = f"{start.replace(microsecond=0)}-{end.replace(microsecond=0)}"
    tz = ZoneInfo(zone_name)
    calm = quiet_until(now, hours, tz)
    assert now <= calm <= now + 26 * HOUR
    spring = quiet_until(now, hours, UTC)
    assert quiet_until(spring, hours, UTC) == spring


def test_stale_messages_are_refused():
    assert ask(intent(), now=NOON + 72 * HOUR) == Refuse(Reason.EXPIRED)
    assert ask(intent(), now=NOON + 72 * HOUR - 1) == Permit()
    assert ask(intent(message_class="transactional", expires_at=NOON + 1), now=NOON + 1) == Refuse(
        Reason.EXPIRED
    )


def test_a_deferral_never_passes_the_end():
    policy = Policy(caps=(Cap(1, 200, ("email",)),), quiet_hours="")
    sends = plan(Sends(), intent("a"), NOON)
    assert ask(intent("b"), sends=sends, policy=policy) == Defer(NOON + 72 * HOUR, Reason.CAP_CHANNEL)


def test_the_stop_switch_holds_marketing_only():
    stopped = Policy(stopped=True, quiet_hours="")
    assert ask(intent(), policy=stopped) == Defer(None, Reason.STOPPED)
    assert ask(intent(message_class="transactional"), policy=stopped) == Permit()


def test_resuming_offers_send_skip_or_expire():
    week = NOON + 7 * DAY
    stale, fresh = intent("a"), intent("b", planned_at=week - HOUR)
    sent = resume([stale, fresh], "send", week)
    assert all(answer is None and ask(one, now=week) == Permit() for one, answer in sent)
    assert [answer for _, answer in resume([stale, fresh], "skip", week)] == [Refuse(Reason.SKIPPED)] * 2
    assert [answer for _, answer in resume([stale, fresh], "expire", week)] == [Refuse(Reason.EXPIRED), None]


def test_a_webhook_is_not_a_message_to_a_person():
    assert ask(intent(channel="webhook"), consents=Consents()) == Permit()


def test_planned_for_later_waits():
    assert ask(intent(not_before=NOON + HOUR)) == Defer(NOON + HOUR, Reason.NOT_YET)


def test_priority_decides_who_gets_the_slot_and_the_loser_learns_why():
    low = intent("low", journey="news", priority=1)
    high = intent("high", journey="cart", priority=9)
    receipt = intent("receipt", message_class="transactional", journey="orders")
    expected = None
    for order in itertools.permutations([low, high, receipt]):
        answers, sends = arbitrate(order, Sends(), YES, lambda one: (), ALWAYS, UTC, NOON)
        found = ({one.send_key: answer for one, answer in answers}, sends)
        assert expected in (None, found)
        expected = found
    assert expected is not None
    assert expected[0] == {
        "receipt": Permit(),
        "high": Permit(),
        "low": Defer(NOON + 16 * HOUR, Reason.LOST_SLOT, "high", "cart"),
    }
    assert set(expected[1].recent) == {"receipt", "high"}


def test_a_message_that_needs_no_permission_can_win_the_slot_too():
    policy = Policy(quiet_hours="", caps=(Cap(1, 24),), capped=("email",))
    first, second = intent("sms", channel="sms", priority=9, journey="code"), intent("mail")
    answers, _ = arbitrate([first, second], Sends(), YES, lambda one: (), policy, UTC, NOON)
    assert [answer for _, answer in answers] == [
        Permit(),
        Defer(NOON + 24 * HOUR, Reason.LOST_SLOT, "sms", "code"),
    ]


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"caps": [{"count": 0, "within_h": 24}]}, "caps.0"),
        ({"caps": [{"count": 1, "within_h": float("nan")}]}, "caps.0"),
        ({"quiet_hours": "nine to five"}, "quiet_hours"),
        ({"quiet_hours": "21:00Z-09:00"}, "quiet_hours"),
        ({"topics": [{"key": "a", "name": "A"}, {"key": "a", "name": "B"}]}, "topics"),
        ({"cap": []}, "cap"),
    ],
)
def test_a_wrong_policy_document_names_the_field(document, field):
    with pytest.raises(Invalid) as caught:
        parse(document)
    assert caught.value.field == field


def test_a_policy_document():
    assert parse({}) == Policy()
    assert parse({"caps": [{"count": 2, "within_h": 24}]}).caps == (Cap(2, 24),)


def test_tracking_follows_mode_class_and_consent():
    opens = consented("tracking", topic="opens")
    refused = consented("tracking", topic="", action="denied")

    def of(mode, consents, kind="marketing"):
        tracking = tracking_of(kind, Policy(tracking=mode), consents, NOON)
        return tracking.opens, tracking.clicks

    assert of("off", opens) == ("off", "off")
    assert of("aggregate_only", opens) == ("aggregate", "aggregate")
    assert of("consented", opens) == ("person", "aggregate")
    assert of("consented", Consents()) == ("aggregate", "aggregate")
    assert of("all", Consents()) == ("person", "person")
    assert of("all", refused) == ("aggregate", "aggregate")
    assert of("all", opens, "transactional") == ("off", "off")


def test_sends_unite_and_forget():
    a = plan(Sends(), intent("a"), NOON)
    b = fold_receipt(plan(Sends(), intent("a"), NOON), "accepted", {"send_key": "a"}, NOON)
    assert unite(a, b) == unite(b, a) == b
    assert prune(a, NOON + 61 * DAY) == Sends()
    rebuilt = fold_receipt(
        Sends(), "accepted", {"send_key": "z", "channel": "push", "class": "marketing"}, NOON
    )
    assert rebuilt.recent["z"].channel == "push"


STEPS = st.lists(
    st.tuples(
        st.integers(0, 20 * HOUR),
        st.sampled_from(["email", "push", "sms"]),
        st.sampled_from(["ok", "ok", "unknown", "rejected"]),
        st.integers(0, 3),
    ),
    max_size=40,
)
CAPS = st.lists(
    st.builds(Cap, st.integers(1, 3), st.integers(1, 60), st.sampled_from([(), ("email",), ("push", "sms")])),
    max_size=4,
)


@given(STEPS, CAPS, st.sampled_from(["", "21:00-09:00"]))
def test_caps_hold_in_every_window_and_nothing_is_lost(steps, caps, quiet):
    policy = Policy(caps=tuple(caps), quiet_hours=quiet)
    now, sends, waiting = NOON, Sends(), []
    ends: dict[str, list[str]] = {}
    reached: list[tuple[int, str]] = []
    for number, (gap, channel, outcome, priority) in enumerate(steps):
        now += gap
        key = f"m{number}"
        waiting.append(intent(key, channel=channel, planned_at=now, priority=priority))
        ends[key] = []
        due, waiting = waiting, []
        answers, sends = arbitrate(due, sends, YES, lambda one: (), policy, STOCKHOLM, now)
        for one, answer in answers:
            if isinstance(answer, Permit):
                ends[one.send_key].append("permit")
                if outcome == "rejected":
                    sends = fold_receipt(sends, "rejected", {"send_key": one.send_key}, now)
                else:
                    reached.append((now, one.channel))
                    name = "unknown" if outcome == "unknown" else "accepted"
                    sends = fold_receipt(sends, name, {"send_key": one.send_key}, now)
            elif isinstance(answer, Defer):
                assert answer.until is not None and now < answer.until <= one.ends_at
                assert answer.reason in TEXTS
                waiting.append(one)
            else:
                assert answer.reason is Reason.EXPIRED and now >= one.ends_at
                ends[one.send_key].append("refuse")
    assert all(len(found) == 1 or one in {w.send_key for w in waiting} for one, found in ends.items())
    for cap in caps:
        marks = [at for at, channel in reached if not cap.channels or channel in cap.channels]
        for start in marks:
            assert len([at for at in marks if start <= at < start + cap.within_for]) <= cap.count


@given(STEPS, CAPS)
def test_a_deferral_is_to_the_first_instant_that_works(steps, caps):
    policy = Policy(caps=tuple(caps), quiet_hours="21:00-09:00")
    sends, now = Sends(), NOON
    for number, (gap, channel, _, _) in enumerate(steps):
        now += gap
        one = intent(f"m{number}", channel=channel, planned_at=now)
        answer = decide(one, sends, YES, (), policy, STOCKHOLM, now)
        if isinstance(answer, Permit):
            sends = plan(sends, one, now)
            continue
        assert isinstance(answer, Defer) and answer.until is not None
        if answer.until < one.ends_at:
            assert decide(one, sends, YES, (), policy, STOCKHOLM, answer.until) == Permit()
        assert decide(one, sends, YES, (), policy, STOCKHOLM, answer.until - 1) != Permit()


def test_quiet_span_over_midnight_has_its_edges_right():
    day = instant("2026-03-10T00:00:00Z")
    for clock, quiet in ((time(20, 59), False), (time(21), True), (time(8, 59), True), (time(9), False)):
        at = day + clock.hour * HOUR + clock.minute * MINUTE
        assert (quiet_until(at, "21:00-09:00", UTC) > at) is quiet
