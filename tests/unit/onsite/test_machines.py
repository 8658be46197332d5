import pytest

from slinga.kernel.clock import HOUR, SECOND
from slinga.onsite.machines import CLICK, OPEN, Hit, classify

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
T = 1_000 * HOUR


def click(at=T, place=1, agent=FIREFOX, method="GET", ip="192.0.2.0"):
    return Hit(CLICK, at, place, method, agent, ip)


@pytest.mark.parametrize(
    ("agent", "accepted", "by", "sort"),
    [
        (FIREFOX, T - HOUR, "human", ""),
        ("Mozilla/5.0", T - HOUR, "machine", "mpp"),
        ("Mozilla/5.0 (Windows NT 5.1; rv:11.0) Firefox/11.0 (via ggpht.com GoogleImageProxy)", T - HOUR,
         "human", "proxy"),
        ("Mozilla/5.0 (via ggpht.com GoogleImageProxy)", T - SECOND, "machine", "proxy"),
        ("YahooMailProxy; https://help.yahoo.com", T - HOUR, "human", "proxy"),
        ("Barracuda Sentinel (EE)", T - HOUR, "machine", "scanner"),
        ("curl/8.1", T - HOUR, "machine", "robot"),
        ("", T - HOUR, "unknown", ""),
        ("", T - SECOND, "machine", ""),
        (FIREFOX, T - SECOND, "unknown", ""),
        (FIREFOX, None, "human", ""),
    ],
)  # fmt: skip
def test_opens(agent, accepted, by, sort):
    verdict = classify(Hit(OPEN, T, agent=agent), (), accepted)
    assert (verdict.by, verdict.sort) == (by, sort)


def test_one_click_by_a_browser_is_a_person():
    assert classify(click(), (), T - HOUR).by == "human"


def test_a_head_request_and_the_trap_are_machines():
    assert classify(click(method="HEAD")).machine
    assert classify(click(place=0)).machine


def test_three_links_within_three_seconds_are_a_machine_for_each_of_them():
    hits = [click(T + n * SECOND, place=n + 1) for n in range(3)]
    assert all(classify(hit, hits, T - HOUR).machine for hit in hits)


def test_two_links_in_three_seconds_may_be_a_person_and_three_in_a_minute_are():
    assert classify(click(), [click(T + SECOND, place=2)], T - HOUR).by == "human"
    slow = [click(T + n * 20 * SECOND, place=n + 1) for n in range(3)]
    assert all(classify(hit, slow, T - HOUR).by == "human" for hit in slow)


def test_a_click_right_after_acceptance_is_doubtful_and_with_a_second_link_a_machine():
    assert classify(click(), (), T - 5 * SECOND).by == "unknown"
    assert classify(click(), [click(T + SECOND, place=2)], T - 5 * SECOND).machine


def test_the_trap_unmasks_the_same_visitor_only():
    trap = click(T + 30 * SECOND, place=0)
    assert classify(click(), [trap], T - HOUR).machine
    assert classify(click(ip="198.51.100.0"), [trap], T - HOUR).by == "human"


def test_head_before_get_by_the_same_visitor_is_doubtful():
    assert classify(click(), [click(T - SECOND, method="HEAD")], T - HOUR).by == "unknown"


@pytest.mark.parametrize(
    "agent", ["Mimecast-URL-Protect", "Proofpoint", "python-requests/2.1", "SafeLinks scan"]
)
def test_known_followers_of_links_are_machines(agent):
    assert classify(click(agent=agent), (), T - HOUR).machine


def test_a_verdict_names_its_reasons():
    assert classify(click(agent="", at=T), (), T - SECOND).reasons == ("no agent", "at once")
