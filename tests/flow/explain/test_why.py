"""Why somebody got a message or did not, asked of a whole Slinga with the shipped journeys."""

from typing import Any

import msgspec
import pytest

from slinga.engine.jobs import Definition
from slinga.engine.replay import Point, differences, play
from slinga.explain import jobs
from slinga.explain.changes import say, together
from slinga.explain.model import Added, Proof
from slinga.explain.text import lines
from slinga.ingest import log
from slinga.ingest.model import New
from slinga.kernel.clock import MINUTE
from slinga.kernel.ids import chance, person_key
from slinga.kernel.words import Words
from slinga.runtime.db import Db, connect
from slinga.testing.drafts import OPEN_POLICY, letter
from slinga.testing.plans import journey, one_mail, send, wait
from slinga.testing.world import World

DAILY = {"quiet_hours": "none", "caps": [{"count": 1, "within_h": 24, "channels": ["email"]}]}


def begin(world: World, policy: dict[str, Any] = OPEN_POLICY) -> None:
    """Two letters and a policy: all that most of these tests need."""
    world.publish(letter("win-back-1"), letter("win-back-2"), Definition("policy", "policy", policy))


def asked(world: World, person: str, journey: str | None = None, message: str | None = None) -> Proof:
    """The proof, which must print as text and as JSON, and whose replay must tell what was recorded."""
    proof = jobs.why(world.db, person, message=message, journey=journey)
    assert proof.differences == (), proof.differences
    assert msgspec.json.decode(msgspec.json.encode(proof), type=Proof) == proof
    assert all(isinstance(line, str) for line in lines(proof))
    return proof


def said(proof: Proof) -> str:
    return "\n".join(lines(proof))


def message_of(world: World, user: str, template: str) -> str:
    row = world.db.execute(
        "SELECT id FROM message WHERE person = %s AND template = %s ORDER BY planned_at DESC",
        [world.person(user).key, template],
    ).fetchone()
    assert row is not None
    return str(row[0])


def test_why_somebody_got_a_message(world: World) -> None:
    world.publish_shipped("cart-rescue", policy=OPEN_POLICY)
    world.known("anna")
    world.track("anna", "Product Added", cart_id="c1", product_id="cup", price=90)
    world.forward("3h")
    (mail,) = world.mails("anna")
    assert mail.template == "cart-1"
    proof = asked(world, "anna@example.org", message=message_of(world, "anna", "cart-1"))
    assert proof.outcome == "accepted"
    assert proof.change is not None
    assert proof.change.text == "consent email/news withdrawn"
    text = said(proof)
    for part in (
        "journey cart-rescue version 1, program 1",
        "template cart-1 version 1",
        "attempt 1: accepted",
        "yes consent email/news is granted",
        "came in, entry 1",
    ):
        assert part in text


def test_why_not_for_want_of_consent(world: World) -> None:
    world.publish_shipped("cart-rescue", policy=OPEN_POLICY)
    world.identify("bo", email="bo@example.org")
    world.track("bo", "Product Added", cart_id="c1", product_id="cup", price=90)
    world.forward("3h")
    assert not world.mails("bo")
    proof = asked(world, "bo", "cart-rescue")
    assert proof.outcome == "no_consent"
    assert proof.change is not None
    assert proof.change.text == "consent email/news granted"
    assert "NO  consent email/news is granted: unknown" in said(proof)


def test_why_not_for_a_cap(world: World) -> None:
    begin(world, DAILY)
    world.publish(one_mail("first", "First"), one_mail("second", "Second", "win-back-2"))
    world.known("anna")
    world.track("anna", "First")
    world.forward("1h")
    world.track("anna", "Second")
    proof = asked(world, "user:anna", "second")
    assert proof.outcome == "cap_channel"
    texts = [each.text for each in (proof.change, *proof.also) if each is not None]
    assert "one message fewer by email in the last 24 h" in texts
    assert any(text.startswith("wait until 2026-03-03 10:00") for text in texts)


def test_why_not_in_quiet_hours(world: World) -> None:
    begin(world, {"quiet_hours": "21:00-09:00", "caps": []})
    world.publish(one_mail("late", "Late"))
    world.known("anna")
    world.until("2026-03-02T21:30:00Z")
    world.track("anna", "Late")
    proof = asked(world, "anna", "late")
    assert proof.outcome == "quiet_hours"
    assert proof.change is not None
    assert proof.change.text.startswith("wait until 2026-03-03 09:00")
    assert "NO  outside quiet hours 21:00-09:00: 22:30 in Europe/Stockholm" in said(proof)


def test_why_not_for_the_holdout(world: World) -> None:
    held = next(f"u{n}" for n in range(99) if chance("holdout", "tried", person_key("user", f"u{n}")) < 0.3)
    begin(world)
    world.publish(one_mail("tried", "Tried", holdout=0.3))
    world.known(held)
    world.track(held, "Tried")
    proof = asked(world, held, "tried")
    assert proof.outcome == "holdout"
    assert proof.change is not None
    assert proof.change.text.startswith("a holdout of at most 0.")
    assert "drawn 0." in said(proof)


def test_why_not_again(world: World) -> None:
    begin(world)
    world.publish(one_mail("again", "Again", reentry={"every": "3d"}))
    world.known("anna")
    world.track("anna", "Again")
    world.forward("1d")
    world.track("anna", "Again")
    proof = asked(world, "anna", "again")
    assert proof.outcome == "reentry"
    assert proof.change is not None
    assert proof.change.text == '"Again" on or after 2026-03-05 10:00'


def test_why_not_by_the_condition(world: World) -> None:
    vip: dict[str, Any] = {
        "op": "all",
        "of": [
            {
                "op": "event",
                "name": "Order Completed",
                "where": [{"prop": "total", "cmp": "ge", "value": 100}],
                "value": 2,
                "window": {"last": "90d"},
            },
            {"op": "trait", "name": "country", "cmp": "eq", "value": "SE"},
        ],
    }  # fmt: skip
    begin(world)
    world.publish(one_mail("vip", "Knock", condition=vip))
    world.known("anna", country="NO")
    world.order("anna", "o1", 150)
    world.track("anna", "Knock")
    proof = asked(world, "anna", "vip")
    assert proof.outcome == "condition"
    assert proof.change is not None
    assert proof.change.text == (
        'trait country = SE and 1 more "Order Completed" where total is at least 100'
    ) or proof.change.text == ('1 more "Order Completed" where total is at least 100 and trait country = SE')
    assert proof.change.things == 2
    assert 'NO  country is "SE": NO' in said(proof)
    world.identify("anna", country="SE")
    world.order("anna", "o2", 40)
    world.track("anna", "Knock")
    proof = asked(world, "anna", "vip")
    assert proof.change is not None
    assert proof.change.text == '1 more "Order Completed" where total is at least 100'


def test_why_not_for_an_address_that_is_dead(world: World) -> None:
    begin(world)
    world.publish(one_mail("letter", "Letter"))
    world.known("anna")
    world.track("anna", "Message Bounced", bounce="hard", channel="email")
    world.track("anna", "Letter")
    proof = asked(world, "anna", "letter")
    assert proof.outcome == "suppressed"
    assert proof.change is not None
    assert proof.change.text == "the email address alive again"


def test_why_never(world: World) -> None:
    world.publish_shipped("win-back", "cart-rescue", policy=OPEN_POLICY)
    world.known("anna")
    world.order("anna", "o1", 100)
    proof = asked(world, "anna", "cart-rescue")
    assert proof.outcome == "never_triggered"
    assert proof.change is not None
    assert proof.change.text.startswith('1 more "Product Added"')
    proof = asked(world, "anna", "win-back")
    assert proof.outcome == "never_triggered"
    assert "silent-regulars" in said(proof)
    assert proof.change is not None


def test_why_a_branch_led_to_no_message(world: World) -> None:
    nodes = {
        "gate": {
            "type": "branch",
            "arms": [{"name": "swede", "when": {"op": "trait", "name": "country", "cmp": "eq", "value": "SE"},
                      "next": "mail"}],
        },
        "mail": send("win-back-1"),
    }  # fmt: skip
    begin(world)
    world.publish(journey("gated", "Knock", nodes))
    world.known("anna")
    world.track("anna", "Knock")
    proof = asked(world, "anna", "gated")
    assert proof.change is not None
    assert proof.change.text == "trait country = SE"


def test_why_alone_and_inside(world: World) -> None:
    world.publish_shipped("cart-rescue", "welcome", policy=OPEN_POLICY)
    world.publish(journey("slow", "Slow", {"w": wait("3d", "mail"), "mail": send("win-back-1")}))
    world.known("anna")
    world.track("anna", "Slow")
    text = said(asked(world, "anna"))
    for part in ("user:anna", "bow-tie:", "yes slow", "never triggered"):
        assert part in text
    inside = asked(world, "anna", "slow")
    assert inside.outcome == "inside"
    assert "at w (wait)" in inside.verdict
    assert inside.change is not None
    assert inside.change.text.startswith('no "Slow" at 2026-03-02')


def apply(world: World, user: str, proof: Proof) -> None:
    """Let the proposed change happen in earnest."""
    assert proof.change is not None
    key = world.person(user).key
    with world.db.transaction():
        log.append(world.db, [New(key, one.kind, one.name, one.body, one.trust) for one in proof.change.add])
    world.settle()


def test_the_change_turns_it_in_earnest(world: World) -> None:
    """The inputs of the proposed changes, appended to the real log, let the next trigger through."""
    condition = {
        "op": "any",
        "of": [
            {"op": "event", "name": "Order Completed", "value": 3},
            {
                "op": "all",
                "of": [
                    {"op": "tag", "name": "vip"},
                    {"op": "trait", "name": "age", "cmp": "ge", "value": 18},
                ],
            },
        ],
    }
    begin(world)
    world.publish(one_mail("grown", "Knock", condition=condition))
    world.identify("bo", email="bo@example.org", age=17)
    world.track("bo", "Knock")
    refused = asked(world, "bo", "grown")
    assert refused.outcome == "condition"
    assert refused.change is not None
    assert refused.change.things == 2
    apply(world, "bo", refused)
    world.forward("1h")
    world.track("bo", "Knock")
    blocked = asked(world, "bo", "grown")
    assert blocked.outcome == "no_consent"
    apply(world, "bo", blocked)
    world.forward("1h")
    world.track("bo", "Knock")
    assert world.templates("bo") == ["win-back-1"]


def test_why_a_message_was_called_back_and_kept_back(world: World) -> None:
    begin(world)
    bought = {
        "name": "bought",
        "condition": {"op": "event", "name": "Order Completed", "window": {"since_entry": True}},
    }
    world.publish(one_mail("early", "Knock", goal=bought))
    world.known("anna")
    world.track("anna", "Knock", settle=False)
    world.worker.drain()
    world.order("anna", "o1")
    assert not world.mails("anna")
    proof = asked(world, "anna", message=message_of(world, "anna", "win-back-1"))
    assert proof.outcome == "exited"
    assert proof.change is not None
    assert proof.change.text == 'no "Order Completed" at 2026-03-02T09:00:00.000Z'
    world.known("bo")
    world.forward("1h")
    world.track("bo", "Knock", settle=False)
    world.worker.drain()
    world.consent("bo", action="withdrawn", source="preferences", occurred_at=world.now() - MINUTE)
    proof = asked(world, "bo", message=message_of(world, "bo", "win-back-1"))
    assert proof.outcome == "withdrawn"
    assert proof.change is not None
    assert proof.change.text == "consent email/news granted"


def test_every_life_replays_as_it_was_recorded(world: World) -> None:
    """Publications in between, a merge, waits, sends, unsubscribing: the replay tells the same facts."""
    world.publish_shipped("cart-rescue", "welcome", policy=DAILY)
    world.browse("d1", "Product Viewed", product_id="cup")
    world.browse("d1", "Product Added", cart_id="c1", product_id="cup", price=90)
    world.known("anna")
    world.identify("anna", device="d1")
    world.forward("4h")
    world.publish_shipped("cart-rescue", "welcome", "post-purchase", "win-back", policy=DAILY)
    world.publish(letter("news-1"))  # changes nothing that a person's state rests on
    world.order("anna", "o1", 120)
    world.forward("40d")
    world.unsubscribe(world.mails("anna")[-1])
    world.forward("200d")
    case = jobs.case_of(world.db, world.person("anna").key)
    found = differences(case.life, play(case.life, case.load, Point(case.now)), case.now)
    assert not found.missing and not found.extra, found
    assert len(case.life.facts) > 30


def test_what_the_log_has_lost_is_told_and_not_made_up(world: World) -> None:
    begin(world)
    world.publish(one_mail("letter", "Letter"))
    world.known("anna")
    world.track("anna", "Letter")
    assert asked(world, "anna", "letter").outcome == "completed"
    world.db.execute("DELETE FROM input WHERE person = %s AND kind = 'consent'", [world.person("anna").key])
    proof = jobs.why(world.db, "anna", journey="letter")
    assert proof.outcome == "completed"
    text = said(proof)
    assert "recorded, not replayed" in text
    assert "no longer in the log (retention or an erasure)" in text
    assert "the first: consent_moved email" in text


def test_a_proof_is_of_one_state_whatever_is_recorded_meanwhile(
    world: World, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.publish_shipped("cart-rescue", policy=OPEN_POLICY)
    world.known("anna")
    world.track("anna", "Product Added", cart_id="c1", product_id="cup", price=90)
    world.forward("3h")
    read = log.history

    def meanwhile(db: Db, key: str) -> Any:
        with connect(database_url) as other:
            other.execute(
                "INSERT INTO fact (bucket, person, seq, kind, name, at, body)"
                " SELECT bucket, person, seq, kind, name, at, body FROM fact"
                " WHERE person = %s AND kind = 'run_entered'",
                [key],
            )
        return read(db, key)

    monkeypatch.setattr(log, "history", meanwhile)
    asked(world, "anna@example.org", journey="cart-rescue")


def test_what_would_turn_it_is_told_in_one_language() -> None:
    swedish = Words(lambda text: text.replace(" and ", " och "), lambda one, many, n: one)
    ways = [say(text, Added("identify", text, {})) for text in ("ett", "två")]
    found = together(ways, swedish)
    assert found is not None and found.text == "ett och två"
