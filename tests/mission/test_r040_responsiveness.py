"""R40: responsiveness to messages is a score that can fall, and its fall alone requalifies."""

from slinga.engine.jobs import Definition
from slinga.kernel.clock import DAY
from slinga.testing.drafts import OPEN_POLICY, campaign, did, model, on
from slinga.testing.world import World


def _score(world: World, user: str) -> int:
    state = world.person(user).scores["responsiveness"]
    return state.value


def _letters(world: World, count: int) -> None:
    world.publish_shipped(policy=OPEN_POLICY)
    world.publish(*campaign("letter", count, on("Start"), gap="7d"))


def test_each_ignored_message_brings_it_down_three_days_after_it_was_sent(world: World) -> None:
    _letters(world, 4)
    world.known("anna")
    start = world.now()
    world.track("anna", "Start")
    world.until(start + 3 * DAY - 1)
    assert _score(world, "anna") == 50
    world.forward("30d")
    falls = [
        (fact.body["before"], fact.body["after"], (fact.at - start) // DAY)
        for fact in world.facts("anna", "score_moved", "responsiveness")
    ]
    assert falls == [(50, 40, 3), (40, 30, 10), (30, 20, 17), (20, 10, 24)]


def test_opens_clicks_visits_and_purchases_of_people_raise_it(world: World) -> None:
    _letters(world, 1)
    for user in ("anna", "bert", "cleo", "dora"):
        world.known(user)
        world.track(user, "Start")
    world.forward("1m")  # within seconds of the delivery it might still be a machine
    world.open(world.mails("anna")[0])
    world.click(world.mails("bert")[0])
    world.browse("d3", user="cleo", url="https://shop.example/")
    world.order("dora", "o1")
    world.forward("10d")
    assert [_score(world, user) for user in ("anna", "bert", "cleo", "dora")] == [55, 65, 55, 70]


def test_without_permission_to_track_ignored_means_no_click_visit_or_purchase(world: World) -> None:
    _letters(world, 1)
    for user in ("anna", "bert", "cleo"):
        world.known(user, tracking=False)
        world.track(user, "Start")
    mail = world.mails("anna")[0]
    assert "/o/" not in mail.html or world.get(mail.html.split('src="')[1].split('"')[0]).status_code == 200
    world.browse("d2", user="bert", url="https://shop.example/")
    world.order("cleo", "o1")
    world.forward("10d")
    # Whether anna opened it cannot be known and is not asked; silence otherwise is silence.
    assert [_score(world, user) for user in ("anna", "bert", "cleo")] == [40, 55, 70]


def test_the_fall_alone_requalifies_at_its_instant(world: World) -> None:
    """No purchase limit, no event: only messages that nobody answers."""
    world.publish_shipped(policy=OPEN_POLICY)
    low = {"op": "score", "name": "responsiveness", "cmp": "lt", "value": 30}
    world.publish(
        model(
            "heed",
            {"key": "far", "side": "left"},
            {
                "key": "near",
                "side": "right",
                "enter": did("Order Completed"),
                "fall": [{"to": "far", "when": low, "cause": "no longer answers"}],
            },
        ),
        *campaign("letter", 3, on("Start"), gap="7d"),
        *campaign("other", 1, {"on": "stage", "model": "heed", "direction": "back"}),
    )
    world.known("anna")
    world.order("anna", "o1")
    start = world.now()
    world.track("anna", "Start")
    world.until(start + 17 * DAY - 1)
    assert world.stage("anna", "heed")[0] == "near"
    world.until(start + 17 * DAY)
    assert world.stage("anna", "heed")[0] == "far"
    assert [(mail.template, mail.at - start) for mail in world.mails("anna")][-1] == ("other-1", 17 * DAY)


def test_a_loyal_buyer_who_stops_answering_is_to_be_won_back(world: World) -> None:
    """The shipped rule: half a year without a purchase and five letters ignored, from Loyalty to Interest."""
    _letters(world, 5)
    world.known("anna")
    for number in range(3):
        world.order("anna", f"o{number}")
    world.until("2026-08-20T09:00:00Z")
    start = world.now()
    world.track("anna", "Start")
    world.until(start + 31 * DAY - 1)
    assert world.stage("anna")[0] == "loyalty"
    world.until(start + 31 * DAY)
    assert world.stage("anna") == ("interest", "win-back")
    move = world.facts("anna", "stage_moved")[-1]
    assert (move.body["direction"], move.body["from_stage"], move.at - start) == ("back", "loyalty", 31 * DAY)
    assert move.body["because"] == "no longer answers messages and has not bought for half a year"
    # A click on the last letter brings the score up again, and the person with it.
    world.click(world.mails("anna")[-1])
    world.forward("1h")
    assert world.stage("anna")[0] == "loyalty"


def test_a_publisher_may_weigh_silence_otherwise(world: World) -> None:
    world.publish_shipped(policy=OPEN_POLICY)
    world.publish(
        Definition(
            "score",
            "heart",
            {
                "key": "heart",
                "name": "Heart",
                "start": 0,
                "low": -50,
                "reactions": {"settle": "1d", "ignored": -7},
            },
        ),
        *campaign("letter", 2, on("Start"), gap="7d"),
    )
    world.known("anna")
    world.track("anna", "Start")
    world.forward("10d")
    assert world.person("anna").scores["heart"].value == -14
