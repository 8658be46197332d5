import pytest

from slinga.onsite.links import (
    Addressee,
    Tracking,
    confirmation,
    follows_person,
    is_web,
    links_for,
    message_links,
)
from slinga.onsite.tokens import Purpose, unseal

KEY = b"k" * 32
BASE = "https://mail.shop.test"
ANNA = Addressee("m1", "ab" * 16, "email", "news", "marketing", "winback/n1")


def made(to=ANNA, targets=("https://shop.test/a", "https://shop.test/b"), mode=Tracking.ALL, consented=None):
    return links_for(to, targets, base=BASE, key=KEY, mode=mode, consented=consented)


def opened(purpose, url):
    return unseal(KEY, purpose, url.removeprefix(f"{BASE}/{purpose.value}/"))


def test_a_tracked_message_has_all_its_links():
    out = made()
    click = opened(Purpose.CLICK, out.clicks["https://shop.test/b"])
    assert (click.target, click.place, click.person, click.message) == (
        "https://shop.test/b",
        2,
        ANNA.person,
        "m1",
    )
    assert opened(Purpose.OPEN, out.pixel).person == ANNA.person
    assert opened(Purpose.CLICK, out.trap).place == 0
    assert opened(Purpose.UNSUBSCRIBE, out.unsubscribe).topic == "news"
    assert opened(Purpose.PREFERENCES, out.preferences).person == ANNA.person
    assert out.headers == {
        "List-Unsubscribe": f"<{out.unsubscribe}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def test_no_target_is_readable_in_a_click_address():
    assert "shop.test/b" not in made().clicks["https://shop.test/b"].removeprefix(BASE)
    assert "?" not in made().clicks["https://shop.test/b"]


@pytest.mark.parametrize(
    ("mode", "consented"),
    [(Tracking.OFF, True), (Tracking.CONSENTED, None), (Tracking.CONSENTED, False), (Tracking.ALL, False)],
)
def test_an_untracked_message_carries_plain_links_and_no_pixel(mode, consented):
    out = made(mode=mode, consented=consented)
    assert out.clicks == {url: url for url in ("https://shop.test/a", "https://shop.test/b")}
    assert out.pixel == out.trap == ""
    assert out.unsubscribe


def test_aggregate_only_names_nobody():
    out = made(mode=Tracking.AGGREGATE_ONLY, consented=True)
    other = made(
        Addressee("m2", "cd" * 16, "email", "news", "marketing", "winback/n1"), mode=Tracking.AGGREGATE_ONLY
    )
    assert (out.pixel, out.clicks) == (other.pixel, other.clicks), "one shared address per campaign"
    assert opened(Purpose.OPEN, out.pixel).person == "" == opened(Purpose.OPEN, out.pixel).message
    assert out.unsubscribe != other.unsubscribe


def test_a_transactional_message_is_not_tracked_nor_unsubscribed_from():
    out = made(Addressee("m1", "ab" * 16, "email", "", "transactional"))
    assert out.pixel == out.unsubscribe == "" and out.headers == {}
    assert out.clicks["https://shop.test/a"] == "https://shop.test/a"


def test_what_is_not_a_web_address_is_left_alone():
    targets = ("mailto:a@b.test", "tel:+46", "javascript:alert(1)", "//evil.test", BASE + "/u/x", "#top")
    assert made(targets=targets).clicks == {target: target for target in targets}


@pytest.mark.parametrize(
    "target",
    ["javascript:alert(1)", "//evil.test", "/\\evil.test", "https:\\\\evil.test", "https://",
     "data:text/html,x", "https://shop.test/\r\nSet-Cookie: a=b", "ftp://x.test/", "", "http://[::1", " https://x.test"],
)  # fmt: skip
def test_a_redirect_goes_only_to_absolute_web_addresses(target):
    assert not is_web(target)


def test_mailto_stands_second():
    out = links_for(ANNA, (), base=BASE, key=KEY, mode=Tracking.OFF, consented=None, mailto="unsub+x@b.test")
    assert out.headers["List-Unsubscribe"] == f"<{out.unsubscribe}>, <mailto:unsub+x@b.test>"


def test_a_confirmation_link_ends():
    token = opened(Purpose.CONFIRM, confirmation(ANNA, base=BASE, key=KEY, expires_at=7))
    assert token.expires_at == 7 and token.topic == "news"


def test_who_is_followed():
    assert [follows_person(Tracking.ALL, said) for said in (True, None, False)] == [True, True, False]
    assert [follows_person(Tracking.CONSENTED, said) for said in (True, None, False)] == [True, False, False]
    assert not any(follows_person(mode, True) for mode in (Tracking.OFF, Tracking.AGGREGATE_ONLY))


def test_rendering_gets_its_links_one_by_one():
    made = message_links(
        ANNA, base=BASE, key=KEY, mode=Tracking.ALL, consented=True, mailto="u@b.test", confirm_until=9
    )
    assert made.click is not None
    click = opened(Purpose.CLICK, made.click(0, "https://shop.test/a"))
    assert (click.target, click.place) == ("https://shop.test/a", 1), "place 0 is the trap's alone"
    assert made.click(3, BASE + "/u/x") == BASE + "/u/x"
    assert made.pixel and made.unsubscribe and made.mailto and made.confirm


@pytest.mark.parametrize("mode", [Tracking.OFF, Tracking.CONSENTED])
def test_rendering_gets_no_tracking_where_there_is_none(mode):
    made = message_links(ANNA, base=BASE, key=KEY, mode=mode, consented=None)
    assert made.click is None and made.pixel == "" and made.confirm == "" and made.unsubscribe
