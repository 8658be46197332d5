"""The stop switch: one press, and a question on letting go."""

import pytest

from slinga.access.jobs import audited


def test_stopping_and_resuming_ask_and_tell(world, switch):
    csrf = world.csrf()
    assert (
        world.web.post("/admin/marketing/stop", data={"csrf": csrf, "reason": "wrong price"}).status_code
        == 303
    )
    assert switch.asked == [("stop", "maria", "wrong price")]
    page = world.get("/admin/marketing")
    assert "wrong price" in page and "winback" in page and page.count('type="radio"') == 3
    assert "All marketing is stopped" in world.get("/admin/lifecycle"), "on every page"
    assert world.web.post("/admin/marketing/resume", data={"csrf": csrf}).status_code == 400
    assert world.web.post("/admin/marketing/resume", data={"csrf": csrf, "late": "burn"}).status_code == 400
    assert switch.hold is not None
    assert world.web.post("/admin/marketing/resume", data={"csrf": csrf, "late": "skip"}).status_code == 303
    assert switch.asked[-1] == ("resume", "maria", "skip")
    told = [(each.action, each.detail) for each in audited(world.db, limit=2)]
    assert told == [("resume_marketing", {"late": "skip"}), ("stop_marketing", {})]


@pytest.mark.parametrize(
    ("data", "headers"),
    [
        ({}, {}),
        ({"csrf": "x"}, {}),
        ({"csrf": "ö"}, {}),
        (None, {"sec-fetch-site": "cross-site"}),
        (None, {"sec-fetch-site": "same-site"}),
    ],
)
def test_a_form_from_elsewhere_stops_nothing(world, switch, data, headers):
    sent = {"csrf": world.csrf()} if data is None else data
    assert world.web.post("/admin/marketing/stop", data=sent, headers=headers).status_code == 403
    assert switch.asked == []


def test_opening_the_page_or_its_action_changes_nothing(world, switch):
    world.get("/admin/marketing")
    for path in ("/admin/marketing/stop", "/admin/marketing/resume"):
        assert world.web.get(path).status_code in (404, 405)
    assert switch.asked == []


def test_a_stranger_stops_nothing(world, switch):
    csrf = world.csrf()
    world.web.cookies.clear()
    world.web.post("/admin/marketing/stop", data={"csrf": csrf})
    assert switch.asked == []
