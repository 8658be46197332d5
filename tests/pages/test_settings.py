"""The settings: rules and topics published by forms, the domain's records, what the environment says."""

from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from slinga.access.jobs import audited
from slinga.admin.settings import jobs, records, rules
from slinga.engine.jobs import in_force
from slinga.insight.jobs import attributed_days
from slinga.runtime.settings import Settings

PAGES = [
    "/admin/settings",
    *(f"/admin/settings/{name}" for name in ("channels", "rules", "consent", "data", "about")),
]
CANARY = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{987654*3}}"


@pytest.fixture
def desk(world, tmp_path: Path):
    world.app.state.settings = Settings(
        data_dir=str(tmp_path),
        mail_from="The Shop <hello@shop.example>",
        smtp_url="smtp://u:hidden@relay.example:587",
    )
    return world


def policy(desk) -> dict:
    return next(d for (kind, _), d in in_force(desk.db).documents.items() if kind == "policy")


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_strict(desk, path: str):
    text = desk.get(path)
    tree = LexborHTMLParser(text)
    assert (
        len(tree.css("h1")) == 1
        and not tree.css("[style]")
        and "hidden"
        not in text.replace('type="hidden"', "").replace("visually-hidden", "").replace("aria-hidden", "")
    )
    assert len(tree.css('[aria-current="page"]')) == 1
    for field in tree.css("input:not([type=hidden])"):
        name = field.attributes.get("id")
        assert tree.css(f'label[for="{name}"]') or field.parent.tag == "label", field.html


def test_rules_are_published_by_a_form(desk):
    sent = {"csrf": desk.csrf(), "quiet_from": "22:00", "quiet_to": "08:00", "tracking": "off"}
    sent |= {"count_email": "2", "hours_email": "24", "count_week": "5"}
    answer = desk.web.post("/admin/settings/rules", data=sent)
    assert answer.status_code == 303, answer.text[-3000:]
    found = policy(desk)
    assert found["quiet_hours"] == "22:00-08:00" and found["tracking"] == "off"
    assert {"count": 5, "within_h": 168} in found["caps"] and len(found["caps"]) == 2
    page = LexborHTMLParser(desk.get("/admin/settings/rules"))
    shown = {
        name: page.css_first(f"#f-{name}").attributes.get("value")
        for name in ("count_week", "hours_email", "quiet_to")
    }
    assert shown == {"count_week": "5", "hours_email": "24", "quiet_to": "08:00"}
    assert audited(desk.db)[0].action == "publish"


def test_the_time_zone_and_the_days_of_attribution_are_published_by_the_same_form(desk):
    sent = {"csrf": desk.csrf(), "tracking": "all", "zone": "America/New_York", "attributed_days": "14"}
    assert desk.web.post("/admin/settings/rules", data=sent).status_code == 303
    assert (in_force(desk.db).zone, policy(desk)["attributed_days"]) == ("America/New_York", 14)
    assert attributed_days(desk.db) == 14
    page = LexborHTMLParser(desk.get("/admin/settings/rules"))
    assert page.css_first("#f-zone").attributes["value"] == "America/New_York"
    for wrong in ({"zone": "Europe/Nowhere"}, {"attributed_days": "0"}, {"attributed_days": "x"}):
        assert desk.web.post("/admin/settings/rules", data=sent | wrong).status_code == 400
    assert (in_force(desk.db).zone, attributed_days(desk.db)) == ("America/New_York", 14)


@pytest.mark.parametrize(
    "given", [{"quiet_from": "22:00"}, {"count_email": "x"}, {"count_email": "0", "hours_email": "1"}]
)
def test_wrong_rules_are_refused_and_kept_in_the_form(desk, given):
    answer = desk.web.post(
        "/admin/settings/rules",
        data={"csrf": desk.csrf(), "tracking": "off"} | dict.fromkeys(("count_push",), "") | given,
    )
    assert answer.status_code == 400 and 'role="alert"' in answer.text
    assert not in_force(desk.db).documents


def test_topics_keep_the_rules_and_their_versions(desk):
    desk.web.post("/admin/settings/rules", data={"csrf": desk.csrf(), "tracking": "all"})
    sent = {
        "csrf": desk.csrf(),
        "do": "save",
        "key": "news",
        "name": "Letters",
        "description": "Twice a month",
        "channel": "email",
        "public": "yes",
    }
    assert desk.web.post("/admin/settings/consent", data=sent).status_code == 303
    desk.web.post("/admin/settings/consent", data=sent | {"description": "Once a month"})
    found = policy(desk)
    assert found["tracking"] == "all" and [topic["description"] for topic in found["topics"]] == [
        "Once a month"
    ]
    text = desk.get("/admin/settings/consent")
    assert "Twice a month" in text and "Once a month" in text
    desk.web.post("/admin/settings/consent", data={"csrf": desk.csrf(), "do": "remove", "key": "news"})
    assert policy(desk)["topics"] == []
    assert desk.web.post("/admin/settings/consent", data=sent | {"key": "No!"}).status_code == 400


def test_what_comes_from_outside_is_text(desk):
    sent = {
        "csrf": desk.csrf(),
        "do": "save",
        "key": "news",
        "name": CANARY,
        "description": CANARY,
        "channel": "email",
    }
    desk.web.post("/admin/settings/consent", data=sent)
    tree = LexborHTMLParser(desk.get("/admin/settings/consent"))
    assert not tree.css("img") and not tree.css("script:not([src^='/assets/'])")


def test_a_key_is_made_once_and_only_its_public_half_is_shown(desk):
    assert desk.web.post("/admin/settings/key", data={"csrf": desk.csrf()}).status_code == 303
    text = desk.get("/admin/settings")
    assert "v=DKIM1; k=rsa; p=" in text and "PRIVATE" not in text
    (before,) = desk.db.execute("SELECT key FROM dkim_key WHERE domain = 'shop.example'").fetchone()
    assert b"PRIVATE" not in before
    assert desk.web.post("/admin/settings/key", data={"csrf": desk.csrf()}).status_code == 400
    assert desk.db.execute("SELECT key FROM dkim_key").fetchall() == [(before,)]


def record(key: str, value: str = "") -> records.Record:
    return records.Record(key, "TXT", "x", value, "")


@pytest.mark.parametrize(
    ("one", "answers", "state"),
    [
        (record("spf"), ["v=spf1 mx ~all"], "good"),
        (record("spf"), [], "bad"),
        (record("spf"), ["other"], "bad"),
        (record("spf"), ["v=spf1 a", "v=spf1 b"], "bad"),
        (record("spf"), ["v=spf1 +all"], "bad"),
        (record("dmarc"), ["v=DMARC1; p=none"], "good"),
        (record("dkim", "v=DKIM1; k=rsa; p=AB"), ["k=rsa; p=A B"], "good"),
        (record("dkim", "v=DKIM1; k=rsa; p=AB"), ["p=XX"], "bad"),
        (record("mx"), ["mx.shop.example"], "good"),
        (record("mx"), [], "bad"),
        (record("spf"), None, "warn"),
    ],
)
def test_every_answer_of_dns_has_a_verdict(one, answers, state):
    found = records.judge(one, answers)
    assert found.state == state and bool(found.remedy) == (state != "good")


def test_dns_that_does_not_answer_is_not_a_fault_of_the_page(desk, monkeypatch):
    monkeypatch.setattr(jobs, "_ask", lambda name, kind: None)
    answer = desk.web.post("/admin/settings/check", data={"csrf": desk.csrf()})
    assert answer.status_code == 200 and "DNS did not answer" in answer.text


def test_a_form_and_its_document_say_the_same():
    document = {
        "quiet_hours": "21:00-09:00",
        "caps": [{"count": 3, "within_h": 24}, {"count": 1, "within_h": 2, "channels": ["sms", "push"]}],
    }
    again = rules.with_rules(document, rules.fields_of(document, [], ""), [])
    assert {**document, "tracking": "consented", "attributed_days": 5} == again


def test_who_may_only_look_cannot_publish(desk):
    token = desk.csrf()
    desk.db.execute("UPDATE member SET role = 'viewer'")
    assert "Owners and marketers publish them" in desk.get("/admin/settings/rules")
    assert desk.web.post("/admin/settings/rules", data={"csrf": token}).status_code == 403
    assert desk.web.get("/admin/settings").status_code == 403
