"""The journeys that ship, walked from the outside: exact timings, exits, what is sent and what is not."""

from zoneinfo import ZoneInfo

import pytest

from slinga.journeys import shipped
from slinga.journeys.compiled import compile_journey
from slinga.journeys.decision import Answer, RunEnded
from slinga.journeys.model import document_of, parse
from slinga.kernel import yaml
from slinga.kernel.clock import DAY, HOUR, MINUTE, instant, iso
from slinga.lifecycle import decide, models, scores
from slinga.lifecycle import model as lifecycle
from slinga.segments.live import compile_condition
from slinga.segments.model import parse_segment
from slinga.testing.walk import Walk

ZONE = ZoneInfo("Europe/Stockholm")
START = instant("2026-03-02T09:00:00Z")


def walk(key: str, *more: str, **given) -> Walk:
    journeys = [compile_journey(parse(shipped.document(name)), version=1, zone=ZONE) for name in (key, *more)]
    walked = Walk(journeys, now=START, zone=ZONE, **given)
    walked.consents["email", "news"] = "granted"
    walked.owned["cart"] = [{"id": "c", "updated_at": START, "attributes": {"status": "open"}}]
    return walked


def templates(walked: Walk) -> list[str]:
    return [sent.request.template for sent in walked.sent]


def since_start(walked: Walk) -> list[float]:
    return [(sent.at - START) / HOUR for sent in walked.sent]


def endings(walked: Walk) -> list[str]:
    return [fact.reason for fact in walked.facts if isinstance(fact, RunEnded)]


def cart(walked: Walk, status: str) -> None:
    walked.owned["cart"][0]["attributes"]["status"] = status


@pytest.mark.parametrize("key", shipped.KEYS)
def test_documents_go_round_without_loss(key):
    document = shipped.document(key)
    journey = parse(document)
    assert parse(document_of(journey)) == journey
    assert yaml.load(yaml.dump(document)) == document


def test_cart_rescue_sends_2_h_then_24_h_then_48_h_later():
    walked = walk("cart-rescue")
    walked.happen("Product Added", {"cart_id": "c"})
    walked.let(5 * DAY)
    assert templates(walked) == ["cart-1", "cart-2", "cart-3"]
    assert since_start(walked) == [2, 26, 74]


def test_a_cart_edit_inside_the_two_hours_restarts_the_wait_and_duplicates_nothing():
    walked = walk("cart-rescue")
    walked.happen("Product Added", {"cart_id": "c"})
    walked.happen("Product Removed", {"cart_id": "c"}, after=119 * MINUTE)
    assert len(walked.runs) == 1
    walked.let(2 * HOUR - 1)
    assert walked.sent == []
    walked.let(1)
    assert templates(walked) == ["cart-1"]
    assert since_start(walked) == [pytest.approx(2 + 119 / 60)]


def test_a_cart_edit_after_the_first_message_does_not_start_over():
    walked = walk("cart-rescue")
    walked.happen("Product Added", {"cart_id": "c"})
    walked.happen("Product Added", {"cart_id": "c"}, after=3 * HOUR)
    walked.let(5 * DAY)
    assert since_start(walked) == [2, 26, 74]


def test_buying_stops_the_rescue_at_once():
    walked = walk("cart-rescue")
    walked.happen("Product Added", {"cart_id": "c"})
    walked.until(START + 3 * HOUR)
    walked.happen("Order Completed", {"cart_id": "c"})
    cart(walked, "ordered")
    walked.let(5 * DAY)
    assert templates(walked) == ["cart-1"]
    assert endings(walked) == ["goal"]


def test_an_emptied_cart_stops_the_rescue():
    walked = walk("cart-rescue")
    walked.happen("Product Added", {"cart_id": "c"})
    cart(walked, "empty")
    walked.happen("Product Removed", {"cart_id": "c"}, after=HOUR)
    walked.let(5 * DAY)
    assert walked.sent == []
    assert endings(walked)[0] == "exit"


def test_the_rescue_comes_at_most_once_in_three_days():
    walked = walk("cart-rescue")
    walked.happen("Product Added", {"cart_id": "c"})
    walked.until(START + 3 * HOUR)
    walked.happen("Order Completed", {"cart_id": "c"})
    walked.happen("Product Added", {"cart_id": "c"}, after=DAY)
    walked.let(HOUR)
    walked.let(HOUR)
    assert templates(walked) == ["cart-1"]
    assert endings(walked) == ["goal", "capped"]
    # The first message went out two hours after the start, so 72 h after that there is room again.
    walked.until(START + 3 * DAY + MINUTE)
    walked.happen("Product Added", {"cart_id": "c"})
    walked.let(2 * HOUR)
    assert templates(walked) == ["cart-1", "cart-1"]


def test_a_rescue_that_sent_nothing_uses_up_no_cap():
    walked = walk("cart-rescue")
    walked.happen("Product Added", {"cart_id": "c"})
    cart(walked, "empty")
    walked.happen("Product Removed", {"cart_id": "c"}, after=HOUR)
    cart(walked, "open")
    walked.happen("Product Added", {"cart_id": "c"}, after=HOUR)
    walked.let(2 * HOUR)
    assert templates(walked) == ["cart-1"]


def test_nobody_unknown_is_written_to():
    walked = walk("cart-rescue")
    walked.identified = False
    walked.happen("Product Added", {"cart_id": "c"})
    walked.let(5 * DAY)
    assert walked.sent == []


def test_the_welcome_loop_reminds_until_the_first_purchase():
    walked = walk("welcome")
    walked.happen("Signed Up")
    assert templates(walked) == ["welcome"]
    walked.until(START + 4 * DAY)
    assert templates(walked) == ["welcome", "welcome-reminder"]
    assert iso(walked.sent[1].at) == "2026-03-05T09:00:00.000Z"
    walked.happen("Order Completed")
    walked.let(30 * DAY)
    assert len(walked.sent) == 2
    assert endings(walked) == ["goal"]
    walked.happen("Signed Up")
    assert len(walked.sent) == 2


def test_cancelling_one_of_two_orders_stops_only_its_run():
    walked = walk("post-purchase")
    walked.happen("Order Completed", {"order_id": "1"})
    walked.happen("Order Completed", {"order_id": "2"}, after=HOUR)
    assert len(walked.runs) == 2
    walked.happen("Order Cancelled", {"order_id": "1"}, after=HOUR)
    assert [run.key for run in walked.runs] == ["2"]
    walked.let(3 * DAY)
    assert [sent.request.variables["trigger"]["properties"]["order_id"] for sent in walked.sent] == ["2"]


def test_an_order_is_followed_from_receipt_to_delivery():
    walked = walk("order-reassurance")
    walked.happen("Order Completed", {"order_id": "1"})
    walked.happen("Order Shipped", {"order_id": "2"}, after=DAY)
    assert templates(walked) == ["receipt"]
    walked.happen("Order Shipped", {"order_id": "1"}, after=DAY)
    walked.happen("Order Delivered", {"order_id": "1"}, after=DAY)
    assert templates(walked) == ["receipt", "order-shipped", "order-delivered"]
    assert walked.sent[0].request.quiet_hours == "none"


def test_a_parcel_that_never_leaves_becomes_somebody_s_task():
    walked = walk("order-reassurance")
    walked.happen("Order Completed", {"order_id": "1"})
    walked.let(15 * DAY)
    assert [effect.title for effect in walked.effects if hasattr(effect, "title")] == [
        "An order has not left for 14 days"
    ]


def test_a_birthday_is_greeted_every_year_where_the_person_lives():
    walked = walk("birthday")
    walked.traits |= {"birth_date": "1980-02-29", "timezone": "America/New_York"}
    walked.until(instant("2028-12-31T00:00:00Z"))
    assert [iso(sent.at) for sent in walked.sent] == ["2027-02-28T14:00:00.000Z", "2028-02-29T14:00:00.000Z"]


def test_renewing_yesterday_ends_the_reminders():
    walked = walk("renewal")
    walked.owned["subscription"] = [{"id": "s", "updated_at": 0, "attributes": {"renews_on": "2026-05-01"}}]
    walked.until(instant("2026-04-10T00:00:00Z"))
    assert templates(walked) == ["renewal-1"]
    assert iso(walked.sent[0].at) == "2026-04-01T08:00:00.000Z"
    walked.owned["subscription"][0]["attributes"]["renews_on"] = "2026-11-01"
    walked.let(30 * DAY)
    assert templates(walked) == ["renewal-1"]
    assert endings(walked) == ["moved"]
    walked.until(instant("2026-10-03T00:00:00Z"))
    assert templates(walked) == ["renewal-1", "renewal-1"]


def test_tyres_are_changed_in_season_and_only_where_needed():
    walked = walk("tyre-change")
    walked.owned["vehicle"] = [{"id": "v", "updated_at": 0, "attributes": {"tyres": "winter"}}]
    walked.until(instant("2026-12-31T00:00:00Z"))
    assert templates(walked) == ["tyres-summer", "tyres-reminder"]
    assert iso(walked.sent[0].at) == "2026-04-01T08:00:00.000Z"


def test_replenishment_comes_before_the_box_is_empty_and_a_new_order_starts_over():
    walked = walk("replenishment")
    walked.happen("Order Completed", {"order_id": "1", "products": [{"lasts_days": 30}, {"name": "mug"}]})
    walked.let(20 * DAY)
    walked.happen("Order Completed", {"order_id": "2", "products": [{"lasts_days": 30}]})
    assert endings(walked) == ["goal"]
    walked.let(24 * DAY)
    assert walked.sent == []
    walked.let(2 * DAY)
    assert templates(walked) == ["replenishment"]


def half_year_walk(**given) -> Walk:
    """A regular buyer whose third and last purchase is at 2026-03-02 09:00 UTC, with the segment alive."""
    journey = compile_journey(parse(shipped.document("win-back")), version=1, zone=ZONE)
    model = decide.compile_model(lifecycle.parse(models.document("bow-tie")), ZONE)
    score = scores.compile_score(scores.parse(models.document("responsiveness")), ZONE, [20, 10])
    segment = parse_segment(shipped.document("silent-regulars"))
    walked = Walk(
        [journey],
        [model],
        [score],
        now=START - 60 * DAY,
        zone=ZONE,
        watched={segment.key: compile_condition(segment.condition, ZONE)},
        **given,
    )
    for days in (0, 30, 30):
        walked.happen("Order Completed", {"order_id": str(days)}, after=days * DAY)
    return walked


def test_the_half_year_rule_word_for_word():
    walked = half_year_walk()
    assert walked.stage("bow-tie") == "loyalty"
    walked.until(instant("2026-09-02T07:59:59Z"))
    assert walked.sent == []
    walked.until(instant("2026-09-02T08:00:00Z"))
    # 2 March 10:00 in Stockholm plus six months is 2 September 10:00 there, now an hour nearer to UTC.
    assert [(sent.request.channel, sent.request.template) for sent in walked.sent] == [
        ("email", "win-back-1")
    ]
    walked.let(21 * DAY)
    assert templates(walked) == ["win-back-1", "win-back-2", "win-back-3", "win-back-push"]
    assert walked.sent[-1].request.channel == "push"
    assert walked.stage("bow-tie") == "loyalty"
    walked.let(3 * DAY)
    assert (walked.stage("bow-tie"), walked.status("bow-tie")) == ("interest", "win-back")
    walked.let(60 * DAY)
    assert walked.stage("bow-tie") == "interest", "the model's own rules must not pull the person back"
    walked.happen("Order Completed", {"order_id": "back"})
    assert walked.stage("bow-tie") in ("conversion", "adoption", "loyalty")


def test_whoever_clicks_the_push_keeps_their_stage():
    walked = half_year_walk()
    walked.until(instant("2026-09-23T09:00:00Z"))
    assert templates(walked)[-1] == "win-back-push"
    walked.happen(
        "Message Clicked",
        {"journey": "win-back", "send_key": walked.sent[-1].request.send_key, "class_of_hit": "human"},
    )
    walked.let(4 * DAY)
    assert walked.stage("bow-tie") == "loyalty"


def test_a_machine_s_click_is_no_answer():
    walked = half_year_walk()
    walked.until(instant("2026-09-23T09:00:00Z"))
    walked.happen("Message Clicked", {"journey": "win-back", "machine": True, "class_of_hit": "machine"})
    walked.let(4 * DAY)
    assert walked.stage("bow-tie") == "interest"


def test_no_push_address_means_no_push_and_the_move_at_once():
    def no_push(request, now):
        outcome = "dropped" if request.channel == "push" else "planned"
        return Answer(ask=request.send_key, outcome=outcome, reason="no_address")

    walked = half_year_walk(policy=no_push)
    walked.until(instant("2026-09-23T09:00:00Z"))
    assert walked.stage("bow-tie") == "interest"


def test_buying_during_the_sequence_ends_it_at_once():
    walked = half_year_walk()
    walked.until(instant("2026-09-10T12:00:00Z"))
    walked.happen("Order Completed", {"order_id": "back"})
    walked.let(40 * DAY)
    assert templates(walked) == ["win-back-1", "win-back-2"]
    assert endings(walked) == ["goal"]
