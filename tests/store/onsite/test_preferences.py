"""The preference centre: what is shown, and what a saved form means."""

from slinga.onsite import Tracking
from slinga.people import log
from slinga.people.consent import state

SHOWN = {f"shown:{field}": "1" for field in ("email:news", "email:offers", "sms:offers", "tracking:")}


def states(world) -> dict[str, str]:
    (now,) = world.rows("SELECT slinga_now()")[0]
    held = log.consents(world.db, (world.anna,))
    wanted = (("email", "news"), ("email", "offers"), ("sms", "offers"), ("tracking", ""))
    return {f"{channel}:{topic}": state(held, channel, topic, now) for channel, topic in wanted}


def test_topics_and_channels_can_be_chosen_one_by_one(world):
    page = world.links().preferences
    answer = world.web.post(
        page, data=SHOWN | {"allow:email:news": "1", "allow:sms:offers": "1", "allow:tracking:": "1"}
    )
    assert answer.status_code == 200 and "Saved" in answer.text
    assert states(world) == {
        "email:news": "granted",
        "email:offers": "unknown",
        "sms:offers": "granted",
        "tracking:": "unknown",
    }
    assert answer.text.count("checked") == 3
    world.db.execute("UPDATE clock SET shift = interval '1 hour'")
    world.web.post(page, data=SHOWN | {"allow:email:news": "1"})
    assert states(world) == {
        "email:news": "granted",
        "email:offers": "unknown",
        "sms:offers": "withdrawn",
        "tracking:": "withdrawn",
    }
    assert [(name, p["left_channel"]) for name, p in world.events()] == [("Unsubscribed", "sms")]


def test_a_topic_that_was_not_shown_is_not_touched(world):
    page = world.links().preferences
    world.web.post(page, data=SHOWN | {"allow:email:news": "1", "allow:email:offers": "1"})
    world.web.post(page, data={"shown:email:news": "1"})
    assert states(world)["email:offers"] == "granted" and states(world)["email:news"] == "withdrawn"


def test_saving_the_same_twice_writes_once(world):
    page = world.links().preferences
    for _ in range(3):
        world.web.post(page, data=SHOWN | {"allow:email:news": "1", "allow:tracking:": "1"})
    assert len(world.rows("SELECT 1 FROM consent")) == 1


def test_the_topic_of_the_message_is_offered_though_nobody_lists_it(world):
    page = world.web.get(world.links(topic="back-in-stock").preferences).text
    assert "Back in stock" in page and 'name="allow:email:back-in-stock"' in page


def test_tracking_is_a_choice_of_its_own_and_off_until_given_where_consent_rules(world):
    world.be(tracking=Tracking.CONSENTED)
    page = world.links().preferences
    assert 'name="allow:tracking:" value="1">' in world.web.get(page).text
    world.web.post(page, data=SHOWN | {"allow:tracking:": "1"})
    assert states(world)["tracking:"] == "granted"
    world.be(tracking=Tracking.OFF)
    assert "tracking:" not in world.web.get(page).text


def test_an_unknown_token_shows_and_saves_nothing(world):
    assert world.web.get("/p/AAAA").status_code == 404
    assert world.web.post("/p/AAAA", data=SHOWN | {"allow:email:news": "1"}).status_code == 404
    assert world.inputs() == []


def test_rubbish_and_size_are_refused(world):
    page = world.links().preferences
    assert world.web.post(page, content=b"\xff\xfe=1").status_code == 400
    assert world.web.post(page, content=b"a" * 100_000).status_code == 413
    assert world.web.post(page, content=b"&".join(b"a=1" for _ in range(600))).status_code == 400
    assert world.inputs() == []


def test_hostile_topic_names_are_text(world):
    from slinga.onsite import Choice

    world.be(
        find_choices=lambda db: (Choice("x", "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>'),)
    )
    page = world.web.get(world.links().preferences).text
    assert "<script" not in page and "<img" not in page and "&lt;script&gt;" in page


def test_the_proof_names_the_words_that_the_form_showed(world):
    world.be(find_wording=lambda db: "policy/policy/2")
    page = world.links().preferences
    assert 'name="wording" value="policy/policy/2"' in world.web.get(page).text
    world.be(find_wording=lambda db: "policy/policy/3")
    for sent in ("policy/policy/2", "policy/policy/9", "<script>", ""):
        world.web.post(page, data=SHOWN | {"allow:email:news": "1", "wording": sent})
        world.web.post(page, data={"shown:email:news": "1", "wording": sent})
    proofs = [
        row[0].get("wording_id")
        for row in world.rows("SELECT evidence FROM consent WHERE topic <> '' ORDER BY n")
    ]
    assert proofs == ["policy/policy/2"] * 2 + ["policy/policy/3"] * 6
