import pytest

from slinga.messages.policy import Tracking as Carried
from slinga.onsite.links import Addressee, Tracking, confirmation, follows_person, is_web, links_for, trap
from slinga.onsite.tokens import Purpose, unseal

KEY = b"k" * 32
BASE = "https://mail.shop.test"
ANNA = Addressee("m1", "ab" * 16, "email", "news", "marketing", "winback/n1")
BERT = Addressee("m2", "cd" * 16, "email", "news", "marketing", "winback/n1")
TARGETS = ("https://shop.test/a", "https://shop.test/b")


def made(to=ANNA, level="person", **options):
    return links_for(to, base=BASE, key=KEY, tracking=Carried(level, level), **options)


def clicks(out, targets=TARGETS):
    return {target: out.click(number, target) for number, target in enumerate(targets)}


def opened(purpose, url):
    return unseal(KEY, purpose, url.removeprefix(f"{BASE}/{purpose.value}/"))


def test_a_tracked_message_has_all_its_links():
    out = made(mailto="u@b.test")
    click = opened(Purpose.CLICK, clicks(out)["https://shop.test/b"])
    assert (click.target, click.place, click.person, click.message) == (TARGETS[1], 2, ANNA.person, "m1")
    assert opened(Purpose.OPEN, out.pixel).person == ANNA.person
    assert opened(Purpose.UNSUBSCRIBE, out.unsubscribe).topic == "news"
    assert opened(Purpose.PREFERENCES, out.preferences).person == ANNA.person
    assert out.mailto == "u@b.test" and out.confirm == ""


def test_place_0_is_the_traps_alone():
    assert opened(Purpose.CLICK, trap(ANNA, base=BASE, key=KEY)).place == 0
    assert opened(Purpose.CLICK, made().click(0, TARGETS[0])).place == 1


def test_no_target_is_readable_in_a_click_address():
    address = clicks(made())["https://shop.test/b"]
    assert "shop.test/b" not in address.removeprefix(BASE) and "?" not in address


def test_an_untracked_message_carries_plain_links_and_no_pixel():
    out = made(level="off")
    assert out.click is None and out.pixel == "" and out.unsubscribe


def test_in_sum_only_names_nobody():
    out, other = made(level="aggregate"), made(BERT, level="aggregate")
    assert (out.pixel, clicks(out)) == (other.pixel, clicks(other)), "one shared address per campaign"
    token = opened(Purpose.OPEN, out.pixel)
    assert token.person == token.message == "" and token.campaign == "winback/n1"
    assert out.unsubscribe != other.unsubscribe


def test_opens_and_clicks_may_differ():
    out = links_for(ANNA, base=BASE, key=KEY, tracking=Carried("off", "person"))
    assert out.pixel == "" and opened(Purpose.CLICK, out.click(0, TARGETS[0])).person == ANNA.person


def test_a_transactional_message_is_not_tracked_nor_unsubscribed_from():
    out = made(Addressee("m1", "ab" * 16, "email", "", "transactional"), mailto="u@b.test")
    assert out.pixel == out.unsubscribe == out.mailto == "" and out.click is None


def test_what_is_not_a_web_address_is_left_alone():
    targets = ("mailto:a@b.test", "tel:+46", "javascript:alert(1)", "//evil.test", BASE + "/u/x", "#top")
    assert clicks(made(), targets) == {target: target for target in targets}


@pytest.mark.parametrize(
    "target",
    [
        "javascript:alert(1)",
        "//evil.test",
        "/\\evil.test",
        "https:\\\\evil.test",
        "https://",
        "data:text/html,x",
        "https://shop.test/\r\nSet-Cookie: a=b",
        "ftp://x.test/",
        "",
        "http://[::1",
        " https://x.test",
    ],
)
def test_a_redirect_goes_only_to_absolute_web_addresses(target):
    assert not is_web(target)


def test_a_confirmation_link_ends():
    token = opened(Purpose.CONFIRM, confirmation(ANNA, base=BASE, key=KEY, expires_at=7))
    assert token.expires_at == 7 and token.topic == "news"
    assert made(confirm_until=7).confirm == confirmation(ANNA, base=BASE, key=KEY, expires_at=7)


def test_who_is_followed():
    assert [follows_person(Tracking.ALL, said) for said in (True, None, False)] == [True, True, False]
    assert [follows_person(Tracking.CONSENTED, said) for said in (True, None, False)] == [True, False, False]
    assert not any(follows_person(mode, True) for mode in (Tracking.OFF, Tracking.AGGREGATE_ONLY))
