"""Each page of the desk: empty, filled, hostile, and closed to strangers."""

import pytest
from selectolax.lexbor import LexborHTMLParser

from slinga.admin.people import store
from slinga.ingest.model import New
from slinga.insight.jobs import tally
from slinga.people import log
from slinga.people.ledger import Consent

PAGES = [
    "/admin/lifecycle",
    "/admin/people",
    "/admin/journeys",
    "/admin/deliveries",
    "/admin/sources",
    "/admin/marketing",
    "/dev/mail",
]
JOURNEY = {"key": "winback", "name": "Half-year win-back", "trigger": {"on": "segment", "key": "lapsed"}}
CANARY = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{987654*3}}{% raw %}javascript:alert(1)"


def fill(world, text: str = "") -> str:
    """A desk with something on every page; `text` stands wherever the outside can write."""
    anna = world.person(
        "anna@shop.test", stage="loyalty", status="regular", first_name=text or "Anna", city=text
    )
    world.person(stage="invitation")
    world.publish("journey", "winback", JOURNEY | {"name": text or JOURNEY["name"]})
    world.fact(anna, "run_entered", "winback")
    world.fact(anna, "segment_entered", text or "lapsed")
    world.fact(
        anna, "stage_moved", "bow-tie", from_stage="interest", to_stage="loyalty", cause=text or "enter"
    )
    world.fact(anna, "send_blocked", "winback", reason=text or "no_consent", detail=text, channel="email")
    world.fact(anna, "something_new", text or "x", referrer=text)
    world.log(
        New(
            anna, "event", text or "Product Viewed", {"properties": {"url": text, "utm_source": text, "n": 1}}
        ),
        New(anna, "identify", "", {"traits": {"first_name": text or "Anna"}}),
        New(anna, "receipt", text or "rejected", {"reason": text}),
        New(anna, "command", text or "stop", {"by": text}),
    )
    with world.db.transaction():
        entry = Consent(
            anna, "email", text or "news", "granted", source=text or "form", evidence={"page_url": text}
        )
        log.record(world.db, [entry])
    world.message(
        anna, state="rejected", reason=text or "bad_address", template=text or "t", address=text or "a@b.test"
    )
    world.db.execute(
        "INSERT INTO quarantine (received_at, source, trust, call, reason, field, remedy, size, payload)"
        " VALUES (slinga_now(), %s, 0, 'track', %s, %s, %s, 10, %s)",
        (text or "web", text or "too_deep", text, text or "send less", (text or "{}").encode()),
    )
    return anna


@pytest.mark.parametrize("path", PAGES)
def test_an_empty_page_teaches(world, path: str):
    page = world.get(path)
    assert "<h1" in page
    if path != "/admin/marketing":
        assert ("empty-place" in page and "yet" in page) or "Nothing" in page


@pytest.mark.parametrize(
    "path", [*PAGES, "/admin/people/" + "0" * 32, "/dev/mail/1", "/dev/mail/1/html", "/dev/mail/1/raw"]
)
def test_strangers_are_sent_to_sign_in(world, path: str):
    fill(world)
    world.web.cookies.clear()
    answer = world.web.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_strict_and_works_without_script(world, path: str):
    fill(world)
    answer = world.web.get(path)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "script-src 'self'" in policy
    tree = LexborHTMLParser(answer.text)
    assert not tree.css("[style]") and not tree.css("style")
    for script in tree.css("script"):
        assert script.attributes["src"].startswith("/assets/") and not script.text(), script.html
    assert tree.css_first("html").attributes["lang"] == "en" and len(tree.css("h1")) == 1
    for field in tree.css("input:not([type=hidden])"):
        name = field.attributes.get("id")
        assert tree.css(f'label[for="{name}"]') or field.parent.tag == "label", field.html
    assert len(tree.css('[aria-current="page"]')) == 1


@pytest.mark.parametrize("where", [*PAGES, "person", "messages"])
def test_what_comes_from_outside_is_text_everywhere(world, where: str):
    anna = fill(world, CANARY)
    pages = {
        "person": [
            f"/admin/people/{anna}?tab={tab}"
            for tab in ("life", "orders", "segments", "journeys", "consents", "identities", "raw")
        ],
        "messages": [
            "/admin/deliveries?state=rejected",
            "/admin/deliveries?state=kept_back",
            f"/admin/people?q={CANARY}",
        ],
    }
    for path in pages.get(where, [where]):
        page = world.get(path)
        tree = LexborHTMLParser(page)
        assert not tree.css("script:not([src^='/assets/'])") and not tree.css("img") and "2962962" not in page
        for node in tree.css("*"):
            assert not any(name.startswith("on") for name in node.attributes), node.html
            for name in ("href", "src", "action"):
                value = node.attributes.get(name) or ""
                assert value == "" or value[0] in "/?#", value
    assert "&lt;script&gt;" in world.get(f"/admin/people/{anna}")


@pytest.mark.parametrize("asked", ["anna@shop.test", "ANNA@shop.test", "anna@", "Ann", "key"])
def test_people_are_found_by_what_one_has(world, asked: str):
    anna = fill(world)
    world.person("bert@shop.test", first_name="Bert")
    page = world.get("/admin/people?q=" + (anna if asked == "key" else asked))
    assert f"/admin/people/{anna}" in page and "bert@" not in page


@pytest.mark.parametrize(
    "asked", ["%", "_", "\\", "'; DROP TABLE person; --", "%25", "\x00", "x" * 5000, "%00"]
)
def test_a_search_is_a_value_and_never_a_pattern_or_a_statement(world, asked: str):
    fill(world)
    page = world.web.get("/admin/people", params={"q": asked}).text
    assert "anna@shop.test" not in page or asked == "\x00"


def test_whoever_is_not_known_is_told_by_a_part_of_the_key_and_never_by_nothing(world):
    nobody, anna = world.person(), world.person("anna@shop.test", first_name="Anna", last_name="Ek")
    rows = LexborHTMLParser(world.get("/admin/people")).css("main tbody th")
    assert sorted(" ".join(row.text().split()) for row in rows) == [
        "Anna Ek anna@shop.test",
        f"Anonymous visitor {nobody[:8]}",
    ]
    assert anna[:8] not in rows[0].text() + rows[1].text()


def test_the_essential_of_a_life_leaves_out_what_changed_nothing(world):
    anna = world.person("anna@shop.test")
    world.fact(anna, "entry_refused", "winback", reason="condition")
    world.fact(anna, "score_moved", "responsiveness", before=95, after=100)
    world.fact(anna, "segment_entered", "lapsed")

    def titles(asked: str) -> set[str]:
        page = LexborHTMLParser(world.get(f"/admin/people/{anna}?tab=life{asked}"))
        return {node.text() for node in page.css(".life li > p > b")}

    refused, moved = "Was not let into “winback”", "Score responsiveness: 95 → 100"
    assert titles("") == {"Entered the segment “lapsed”"}
    assert titles("&sort=all") == titles("") | {refused, moved}
    assert titles("&sort=journey") == {refused}


def test_the_bare_address_leads_to_the_desk_and_a_wrong_one_to_a_page_with_a_way_on(world):
    front = world.web.get("/", follow_redirects=False)
    assert front.status_code == 303 and front.headers["location"] == "/admin"
    lost = world.web.get("/nowhere", headers={"accept": "text/html"})
    page = LexborHTMLParser(lost.text)
    assert lost.status_code == 404 and "There is nothing at this address" in page.body.text()
    assert page.css_first("main a").attributes["href"] in ("/", "/admin")
    assert world.web.get("/nowhere", headers={"accept": "application/json"}).json()["error"]["status"] == 404


def test_people_of_a_stage(world, bow_tie):
    fill(world)
    world.publish("model", "bow-tie", bow_tie)
    assert "anna@" in world.get("/admin/people?stage=loyalty&status=regular")
    assert "anna@" not in world.get("/admin/people?stage=loyalty&status=cooling")
    assert "anna@" not in world.get("/admin/people?stage=invitation")


def test_a_life_is_told_newest_first(world):
    anna = world.person("anna@shop.test")
    hour = 3_600_000_000
    world.fact(
        anna,
        "stage_moved",
        "bow-tie",
        world.now - hour,
        from_stage="attention",
        to_stage="interest",
        cause="enter",
    )
    world.fact(anna, "run_entered", "winback", world.now - 2 * hour)
    world.log(
        New(
            anna,
            "event",
            "Order Completed",
            {"properties": {"total": "12.50"}},
            occurred_at=world.now - 3 * hour,
        )
    )
    world.message(anna)
    tree = LexborHTMLParser(world.get(f"/admin/people/{anna}"))
    titles = [node.text() for node in tree.css(".life li > p > b")]
    assert titles == [
        "we miss you",
        "bow tie: attention → interest",
        "Entered the journey “winback”",
        "Order Completed",
    ]
    assert "12.50" in tree.body.text() and "Europe" not in titles[0]


def test_a_merged_key_leads_to_the_survivor(world):
    anna = fill(world)
    old = world.person(stage="attention")
    world.db.execute("UPDATE person SET forward = %s WHERE key = %s", (anna, old))
    answer = world.web.get(f"/admin/people/{old}")
    assert answer.headers["location"] == f"/admin/people/{anna}"


@pytest.mark.parametrize("key", ["x", "0" * 32, "..%2f", "z" * 32])
def test_nobody_is_a_404(world, key: str):
    world.get(f"/admin/people/{key}", 404)


def test_a_broken_chain_of_proof_is_said_aloud(world):
    anna = fill(world)
    assert "does not verify" not in world.get(f"/admin/people/{anna}?tab=consents")
    world.db.execute("UPDATE consent SET action = 'confirmed'")
    assert "does not verify" in world.get(f"/admin/people/{anna}?tab=consents")


def test_kept_back_messages_are_listed_with_their_reason(world):
    fill(world)
    tally(world.db)
    page = world.get("/admin/deliveries")
    assert "has not given permission" in page and "bad address" in page and "/messages/" in page
    kept = LexborHTMLParser(world.get("/admin/deliveries?state=kept_back&reason=no_consent"))
    row = kept.css_first("main table tbody tr").text()
    assert "Anna" in row and "Half-year win-back" in row and "has not given permission" in row
    assert "a@b.test" in world.get("/admin/deliveries?state=rejected&reason=bad_address")
    assert "a@b.test" not in world.get("/admin/deliveries?state=accepted")


def test_a_long_life_is_read_in_pages_and_nothing_is_lost_between_them(world, bow_tie, monkeypatch):
    monkeypatch.setattr(store, "LIFE", 5)
    anna = world.person("anna@shop.test")
    hour = 3_600_000_000
    for n in range(9):
        world.fact(anna, "tagged", f"fact {n}", world.now - (3 * n + 1) * hour)
    for n in range(14):
        at = world.now - (2 * n + 1) * hour // 2
        world.log(New(anna, "event", f"Event {n}", {"properties": {}}, occurred_at=at))
    world.message(anna)
    seen, path = [], f"/admin/people/{anna}"
    for _ in range(20):
        tree = LexborHTMLParser(world.get(path))
        seen += [node.text() for node in tree.css(".life > li > p > b")]
        earlier = tree.css_first("a[href*='before=']")
        if earlier is None:
            break
        path = f"/admin/people/{anna}{earlier.attributes['href']}"
    expected = [f"Tagged fact {n}" for n in range(9)] + [f"Event {n}" for n in range(14)] + ["we miss you"]
    assert sorted(seen) == sorted(expected)
