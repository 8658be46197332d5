"""What replies lead to: for the message, its address, its lane, its journey, the person's log."""

import pytest

from slinga.channels.email.config import Timeouts
from slinga.delivery import store
from slinga.delivery.book import store as book
from slinga.delivery.holds import store as holds
from slinga.delivery.model import Message
from slinga.delivery.states import State
from slinga.kernel.clock import DAY, HOUR, MINUTE, instant
from slinga.kernel.ids import person_key
from slinga.messages.liquid import RenderFailed
from slinga.messages.policy import Defer, Permit, Reason, Refuse
from slinga.testing.outbox import PEPPER, deliver, freeze, intent, render, verdict
from slinga.testing.smtp_sink import Script, Sink

NOW = instant("2026-03-01T12:00:00Z")
key_of = book.key_maker(PEPPER)


def plan(db, *intents):
    with db.transaction():
        return store.plan(db, intents)


def state(db, name):
    return db.execute("SELECT state, reason FROM message WHERE send_key = %s", (name,)).fetchone()


def logged(db):
    return db.execute("SELECT kind, name, body FROM input ORDER BY seq").fetchall()


@pytest.fixture
def frozen(db):
    freeze(db, NOW)
    return db


async def test_a_message_is_sent_once_and_the_log_learns_of_it(frozen, database_url):
    assert plan(frozen, intent("one", at=NOW)) == 1
    assert plan(frozen, intent("one", at=NOW)) == 0
    async with Sink() as sink:
        await deliver(database_url, sink.url)
        await deliver(database_url, sink.url)
    assert [mail.recipient for mail in sink.mails] == ["one@example.com"]
    assert b"\r\n.a line that begins with a dot" in sink.mails[0].data
    assert b"\r\n..a line" not in sink.mails[0].data
    name = store.message_name("one")
    assert sink.mails[0].sender.startswith(f"b+{name}.") and sink.mails[0].message_id == f"<{name}@mail.test>"
    receipt, event = logged(frozen)
    assert receipt[:2] == ("receipt", "accepted") and receipt[2]["send_key"] == "one"
    assert event[:2] == ("event", "Message Sent")
    assert event[2]["properties"]["template"] == "hello" and event[2]["properties"]["message"] == name


async def test_nothing_goes_before_its_time_or_after_it(frozen, database_url):
    plan(
        frozen,
        intent("later", at=NOW, not_before=NOW + HOUR),
        intent("stale", at=NOW - 2 * DAY, expires_at=NOW),
        intent("nowhere", at=NOW, variables={"person": {}}),
    )
    async with Sink() as sink:
        await deliver(database_url, sink.url)
        assert not sink.mails
        freeze(frozen, NOW + HOUR)
        await deliver(database_url, sink.url)
        assert [mail.recipient for mail in sink.mails] == ["later@example.com"]
    assert state(frozen, "stale") == ("expired", "too_late")
    assert state(frozen, "nowhere") == ("cancelled", "no_address")


async def test_a_bad_address_is_suppressed_for_all_streams(frozen, database_url):
    plan(frozen, intent("bad", at=NOW))
    async with Sink({"bad@example.com": Script(rcpt="550 5.1.1 no such user")}) as sink:
        await deliver(database_url, sink.url)
        plan(frozen, intent("again", at=NOW, to="BAD@Example.com", message_class="transactional"))
        await deliver(database_url, sink.url)
        assert sink.commands["RCPT"] == 1
    assert state(frozen, "bad") == ("rejected", "bad_address")
    assert state(frozen, "again") == ("cancelled", "suppressed_bad_address")
    assert [entry[1] for entry in logged(frozen)] == ["rejected", "Message Bounced", "cancelled"]


async def test_reputation_never_suppresses_and_holds_the_lane(frozen, database_url):
    plan(frozen, *[intent(f"m{n}", at=NOW) for n in range(1000)])
    refusal = Script(data="550 5.7.26 unauthenticated mail is not accepted")
    async with Sink(default=refusal) as sink:
        await deliver(database_url, sink.url)
        assert sink.commands["DATA"] < 300
    assert frozen.execute("SELECT count(*) FROM suppression").fetchone() == (0,)
    ((key, until, reason, words),) = holds.listed(frozen)
    assert key.startswith("lane:marketing:email:other-") and reason == "policy"
    assert until == NOW + 2 * HOUR and "5.7.26 unauthenticated" in words
    counts = store.counts(frozen)
    assert counts.planned == 1000 and counts.by_state["planned"] > 700
    holds.release(frozen, key)
    async with Sink() as sink:
        await deliver(database_url, sink.url)
    assert store.counts(frozen).open == 0


async def test_a_full_mailbox_stops_marketing_after_five_in_a_row_over_fourteen_days(frozen, database_url):
    full = Script(rcpt="552 5.2.2 mailbox full")
    async with Sink({"full@example.com": full}) as sink:
        for n in range(5):
            freeze(frozen, NOW + n * 4 * DAY)
            assert not book.suppressions(frozen, [key_of("full@example.com")])
            at = NOW + n * 4 * DAY
            plan(frozen, intent(f"m{n}", at=at, to="full@example.com", expires_at=at + MINUTE))
            await deliver(database_url, sink.url)
    found = book.suppressions(frozen, [key_of("full@example.com")])
    assert list(found.values()) == [{"marketing": "mailbox_full"}]


async def test_one_success_forgives_a_full_mailbox(frozen, database_url):
    full = Script(rcpt="452 4.2.2 mailbox full")
    for n in range(8):
        at = NOW + n * 4 * DAY
        freeze(frozen, at)
        plan(frozen, intent(f"m{n}", at=at, to="full@example.com", expires_at=at + MINUTE))
        async with Sink({} if n == 4 else {"full@example.com": full}) as sink:
            await deliver(database_url, sink.url)
    assert not book.suppressions(frozen, [key_of("full@example.com")])


async def test_one_message_that_is_retried_never_suppresses(frozen, database_url):
    plan(frozen, intent("m", at=NOW, to="full@example.com", expires_at=NOW + 30 * DAY))
    async with Sink({"full@example.com": Script(rcpt="452 4.2.2 mailbox full")}) as sink:
        for n in range(16):
            freeze(frozen, NOW + n * 5 * HOUR)
            await deliver(database_url, sink.url)
        assert sink.commands["RCPT"] > 5
    assert state(frozen, "m") == ("expired", "gave_up_mailbox")
    assert not book.suppressions(frozen, [key_of("full@example.com")])


async def test_a_deferral_is_retried_on_schedule_with_the_same_message_id(frozen, database_url):
    plan(frozen, intent("m", at=NOW, message_class="transactional"))
    async with Sink({"m@example.com": Script(data="451 4.3.0 try again", times=2)}) as sink:
        for minutes in (0, 0.5, 1.3, 2, 8, 8):
            freeze(frozen, NOW + int(minutes * MINUTE))
            await deliver(database_url, sink.url)
        assert sink.commands["DATA"] == 3
        assert len(sink.mails) == 1
    rows = frozen.execute("SELECT no, outcome, code, enhanced FROM attempt ORDER BY no").fetchall()
    assert rows == [(1, "deferred", 451, "4.3.0"), (2, "deferred", 451, "4.3.0"), (3, "accepted", 250, "")]


async def test_a_short_lived_message_is_not_retried_beyond_its_life(frozen, database_url):
    plan(frozen, intent("code", at=NOW, message_class="transactional", expires_at=NOW + 30_000_000))
    async with Sink(default=Script(data="451 4.3.0 try again")) as sink:
        await deliver(database_url, sink.url)
    assert state(frozen, "code") == ("expired", "gave_up_system")


async def test_dropped_after_the_dot_is_unknown_for_marketing_for_good(frozen, database_url):
    plan(frozen, intent("m", at=NOW))
    async with Sink(default=Script(drop_after_dot=True)) as sink:
        await deliver(database_url, sink.url)
        freeze(frozen, NOW + DAY)
        await deliver(database_url, sink.url)
        assert sink.commands["DATA"] == 1
    assert state(frozen, "m")[0] == "unknown"
    assert [entry[1] for entry in logged(frozen)] == ["unknown"]
    row = store.one(frozen, *frozen.execute("SELECT bucket, id FROM message").fetchone())
    assert store.confirm(frozen, row.bucket, row.id, State.ACCEPTED, "delivered")
    assert not store.confirm(frozen, row.bucket, row.id, State.REJECTED, "too late to say otherwise")
    assert [entry[1] for entry in logged(frozen)] == ["unknown", "accepted", "Message Sent"]


async def test_transactional_in_doubt_is_sent_once_more_and_says_so(frozen, database_url):
    plan(frozen, intent("m", at=NOW, message_class="transactional"))
    async with Sink(default=Script(drop_after_dot=True)) as sink:
        for minutes in (0, 14, 16, 40, 80):
            freeze(frozen, NOW + minutes * MINUTE)
            await deliver(database_url, sink.url)
        assert list(sink.counts.values()) == [2]
    assert verdict(frozen, sink.counts).unmarked == []
    assert state(frozen, "m")[0] == "unknown"


async def test_dropped_before_the_dot_is_retried_and_costs_no_try(frozen, database_url):
    plan(frozen, intent("m", at=NOW, message_class="transactional"))
    large = lambda message: render(message) + b"x" * 70 + b"\r\n" * 4_000_000  # noqa: E731
    async with Sink({"m@example.com": Script(reset_mid_data=True, times=1)}) as sink:
        await deliver(database_url, sink.url, render=large)
        assert state(frozen, "m") == ("deferred", "dropped")
        freeze(frozen, NOW + 2 * MINUTE)
        await deliver(database_url, sink.url)
        assert list(sink.counts.values()) == [1]
    assert frozen.execute("SELECT tries, attempts FROM message").fetchone() == (1, 2)


async def test_a_receiver_that_is_closed_holds_its_lane_not_its_messages(frozen, database_url):
    plan(frozen, *[intent(f"m{n}", at=NOW, message_class="transactional") for n in range(20)])
    async with Sink(greeting="421 4.3.2 closed") as sink:
        await deliver(database_url, sink.url)
        assert sink.commands == {}
    assert [reason for _, _, reason, _ in holds.listed(frozen)] == ["dropped"]
    freeze(frozen, NOW + 5 * MINUTE)
    async with Sink() as sink:
        await deliver(database_url, sink.url)
        assert len(sink.mails) == 20
    assert frozen.execute("SELECT max(tries) FROM message").fetchone() == (1,)


async def test_one_broken_message_does_not_stop_the_others(frozen, database_url):
    plan(frozen, *[intent(f"m{n}", at=NOW) for n in range(300)])

    def broken(message: Message) -> bytes | RenderFailed:
        if message.send_key == "m7":
            raise ZeroDivisionError("a bug in a template")
        if message.send_key == "m8":
            return RenderFailed("undefined: person.first_name")
        return render(message)

    async with Sink({"m9@example.com": Script(data="554 5.6.0 content refused")}) as sink:
        await deliver(database_url, sink.url, render=broken)
        assert len(sink.mails) == 297
    assert state(frozen, "m7") == ("render_failed", "ZeroDivisionError: a bug in a template")
    assert state(frozen, "m8") == ("render_failed", "undefined: person.first_name")
    assert state(frozen, "m9") == ("rejected", "content")
    counts = store.counts(frozen, journey="test")
    assert counts.planned == 300 == sum(counts.by_state.values()) and counts.open == 0


async def test_content_refused_twenty_times_holds_the_journey(frozen, database_url):
    plan(frozen, *[intent(f"m{n}", at=NOW) for n in range(200)], intent("else", at=NOW, journey="other"))
    async with Sink({"example.com": Script(data="554 5.6.0 content refused")}) as sink:
        await deliver(database_url, sink.url, in_flight=20, batch=10)
        assert sink.commands["DATA"] < 80
    assert [key for key, *_ in holds.listed(frozen)] == ["journey:test"]
    assert state(frozen, "else")[0] == "rejected"


async def test_the_gate_has_the_last_word(frozen, database_url):
    plan(frozen, *[intent(f"m{n}", at=NOW) for n in range(4)])
    answers = {
        "m0": Refuse(Reason.WITHDRAWN),
        "m1": Defer(NOW + HOUR, Reason.QUIET_HOURS),
        "m2": Defer(None, Reason.STOPPED),
    }

    def gate(db, messages):
        assert db.info.transaction_status.name == "INTRANS"
        assert all(message.intent.send_key == message.send_key for message in messages)
        return [answers.get(message.send_key, Permit()) for message in messages]

    async with Sink() as sink:
        await deliver(database_url, sink.url, gate=gate)
        assert [mail.recipient for mail in sink.mails] == ["m3@example.com"]
        answers.clear()
        freeze(frozen, NOW + HOUR)
        await deliver(database_url, sink.url, gate=gate)
    assert state(frozen, "m0") == ("cancelled", "withdrawn")
    assert frozen.execute("SELECT state, attempts, tries FROM message WHERE send_key = 'm1'").fetchone() == (
        "accepted",
        1,
        1,
    )
    assert store.counts(frozen).by_state == {"accepted": 3, "cancelled": 1}


async def test_an_address_shared_by_two_gets_marketing_once_and_receipts_each(frozen, database_url):
    for name in ("anna", "bo"):
        person = person_key("user", name)
        plan(
            frozen,
            intent(f"news-{name}", at=NOW, to="home@example.com", person=person),
            intent(
                f"order-{name}", at=NOW, to="home@example.com", person=person, message_class="transactional"
            ),
        )
    async with Sink() as sink:
        await deliver(database_url, sink.url)
        assert sink.recipients == {"home@example.com": 3}
    reasons = {state(frozen, "news-anna"), state(frozen, "news-bo")}
    assert reasons == {("accepted", ""), ("cancelled", "duplicate_address")}


async def test_marketing_held_as_a_class_lets_receipts_through(frozen, database_url):
    holds.hold(frozen, "class:marketing", "stopped by a member of the team")
    plan(frozen, intent("news", at=NOW), intent("order", at=NOW, message_class="transactional"))
    async with Sink() as sink:
        await deliver(database_url, sink.url)
        assert [mail.recipient for mail in sink.mails] == ["order@example.com"]
        holds.release(frozen, "class:marketing")
        await deliver(database_url, sink.url)
        assert len(sink.mails) == 2


async def test_a_suppression_between_plan_and_gate_cancels(frozen, database_url):
    plan(frozen, *[intent(f"m{n}", at=NOW) for n in range(3)])
    book.suppress(frozen, key_of("m0@example.com"), "topic:news", "unsubscribed")
    book.suppress(frozen, key_of("m1@example.com"), "topic:offers", "unsubscribed")
    async with Sink() as sink:
        await deliver(database_url, sink.url)
        assert len(sink.mails) == 2
    assert state(frozen, "m0") == ("cancelled", "suppressed_unsubscribed")


async def test_a_slow_final_answer_is_waited_for(frozen, database_url):
    plan(frozen, intent("m", at=NOW))
    short = Timeouts(dot=0.3)
    async with Sink(default=Script(hang_after_dot=True)) as sink:
        await deliver(database_url, sink.url, timeouts=short)
    assert state(frozen, "m") == ("unknown", "no_answer")
