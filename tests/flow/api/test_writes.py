"""A write happens once, stands in the audit log, and says what it did."""

import threading
from typing import Any

import pytest

from slinga.access import jobs as access
from slinga.api import rehearsals
from slinga.api.frame import Limit
from slinga.engine.jobs import Definition
from slinga.kernel.ids import person_key
from slinga.testing.world import World

RECEIPT: dict[str, Any] = {
    "key": "receipt",
    "name": "Receipt",
    "class": "transactional",
    "subject": "Order {{ order.id }}",
    "body": {"html": "<p>Thank you for {{ order.id }}, {{ person.firstName | default: 'you' }}.</p>"},
}
NEWS: dict[str, Any] = {
    "key": "news",
    "name": "News",
    "class": "marketing",
    "topic": "news",
    "subject": "News",
    "body": {"html": "<p>News</p>"},
}
VIP: dict[str, Any] = {"key": "vip", "name": "VIP", "condition": {"op": "tag", "name": "vip"}}
SPRING: dict[str, Any] = {
    "key": "spring",
    "name": "Spring",
    "template": "news",
    "audience": {"op": "everyone"},
}


WHO = {"userId": "a"}


def segment(client: Any, once: str, name: str = "VIP") -> Any:
    body = {"definitions": [{"kind": "segment", "key": "vip", "document": {**VIP, "name": name}}]}
    return client.raw("POST", "/definitions/publish", body, once=once)


def test_twenty_parallel_retries_are_one_effect(client: Any, world: World) -> None:
    answers: list[Any] = []

    def work() -> None:
        for _ in range(50):
            answer = segment(client, "once-1")
            if answer.status_code != 409:
                answers.append(answer)
                return

    threads = [threading.Thread(target=work) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [200] * 20
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotent-Replayed" not in answer.headers for answer in answers) == 1
    assert world.db.execute("SELECT count(*) FROM definition").fetchone() == (1,)
    assert world.db.execute("SELECT count(*) FROM audit").fetchone() == (1,)


def test_twenty_starts_of_one_broadcast_are_one_campaign(client: Any, world: World) -> None:
    world.publish(Definition("template", "news", NEWS))
    made = [client.raw("POST", "/broadcasts", {"document": SPRING}, once="b1") for _ in range(3)]
    assert [answer.status_code for answer in made] == [201] * 3
    threads = [
        threading.Thread(target=lambda: client.raw("POST", "/broadcasts/spring/start", {}, once="s1"))
        for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert client("GET", "/broadcasts/spring")["state"] in ("running", "addressed", "done")
    (count,) = world.db.execute("SELECT count(*) FROM definition WHERE kind = 'broadcast'").fetchone() or (0,)
    assert count == 1


def test_the_same_key_for_another_body_is_refused(client: Any) -> None:
    assert segment(client, "k").status_code == 200
    other = segment(client, "k", name="Other")
    assert other.status_code == 422
    assert other.json()["error"] == "used_key"


def test_another_caller_may_use_the_same_key(client: Any, client_with: Any) -> None:
    assert segment(client, "k").status_code == 200
    assert segment(client_with("everything"), "k", name="Other").status_code == 200


def test_a_refused_write_leaves_nothing_and_may_be_mended(client: Any, world: World) -> None:
    bad = {"definitions": [{"kind": "segment", "key": "vip", "document": {"key": "vip"}}]}
    assert client.raw("POST", "/definitions/publish", bad, once="k").status_code == 400
    assert world.db.execute("SELECT count(*) FROM audit").fetchone() == (0,)
    assert segment(client, "k").status_code == 200


def test_the_audit_chain_verifies_and_shows_a_change(client: Any, world: World) -> None:
    world.identify("anna")
    for n in range(3):
        client("PUT", f"/people/user:anna/tags/t{n}")
    client("GET", "/people/user:anna/export")
    entries = client("GET", "/audit")["audit"]
    assert [each["action"] for each in entries] == ["export_person", *["add_tag"] * 3]
    assert {each["object"] for each in entries} == {person_key("user", "anna")}
    assert access.audit_broken(world.db) == 0
    world.db.execute("UPDATE audit SET actor = 'nobody' WHERE n = 2")
    assert access.audit_broken(world.db) == 2


def test_a_transactional_message_goes_once_whatever_marketing_says(client: Any, world: World) -> None:
    world.publish(Definition("template", "receipt", RECEIPT), Definition("template", "news", NEWS))
    world.known("anna")
    world.consent("anna", action="withdrawn", source="one_click")
    client("POST", "/marketing/stop", {"reason": "test"})
    body = {"template": "receipt", "to": {"userId": "anna"}, "variables": {"order": {"id": "A-17"}}}
    first = client.write("POST", "/messages", body, once="m1")
    again = client.write("POST", "/messages", body, once="m1")
    assert first == again
    (mail,) = world.mails("anna")
    assert mail.subject == "Order A-17"
    found = client("GET", first["status"].removeprefix("/api/v1").partition("?")[0])
    assert (found["state"], found["template"], len(found["tries"])) == ("accepted", "receipt", 1)
    assert found["tries"][0]["code"] == 250
    listed = client("GET", "/people/user:anna/messages")["messages"]
    assert [each["message"] for each in listed] == [first["message"]]


def test_a_message_may_go_to_somebody_new_and_says_why_when_it_does_not(client: Any, world: World) -> None:
    world.publish(Definition("template", "receipt", RECEIPT))
    body = {"template": "receipt", "to": {"email": "New@example.org"}, "variables": {"order": {"id": "1"}}}
    client.write("POST", "/messages", body)
    assert [mail.subject for mail in world.mails("new@example.org")] == ["Order 1"]
    world.identify("bo")
    asked = client.write("POST", "/messages", {**body, "to": {"userId": "bo"}})
    path, _, query = asked["status"].removeprefix("/api/v1").partition("?")
    told = client("GET", path, **dict(part.split("=") for part in query.split("&")))
    assert (told["state"], told["reason"]) == ("blocked", "no_address")


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"template": "none", "to": {"userId": "a"}}, 404, "template"),
        ({"template": "news", "to": {"userId": "a"}}, 409, "template"),
        ({"template": "receipt", "to": {}}, 400, "to"),
        ({"template": "receipt", "to": {"email": "x"}}, 400, "to.email"),
        ({"template": "receipt", "to": WHO, "variables": {"person": {}}}, 400, "variables.person"),
        ({"template": "receipt"}, 400, "to"),
    ],
)  # fmt: skip
def test_a_message_that_cannot_go_is_refused(
    client: Any, world: World, body: Any, status: int, field: str
) -> None:
    world.publish(Definition("template", "receipt", RECEIPT), Definition("template", "news", NEWS))
    assert client("POST", "/messages", body, status=status)["field"] == field


def test_definitions_are_checked_compared_published_and_retired(client: Any, world: World) -> None:
    given = {"definitions": [{"kind": "segment", "key": "vip", "document": VIP}]}
    assert client("POST", "/definitions/validate", given) == {"valid": True, "problems": []}
    dry = client("POST", "/definitions/publish", {**given, "dryRun": True})
    assert (dry["program"], dry["dryRun"], dry["changed"][0]["version"]) == (1, True, 0)
    assert client("GET", "/definitions")["definitions"] == []
    assert client("POST", "/definitions/publish", {**given, "zone": "Europe/Prague"})["program"] == 1
    changed = {"definitions": [{"kind": "segment", "key": "vip", "document": {**VIP, "name": "V"}}]}
    (only,) = client("POST", "/definitions/diff", changed)["changed"]
    assert only["differences"] == [{"path": "name", "before": "VIP", "after": "V"}]
    assert client("POST", "/definitions/publish", changed)["program"] == 2
    assert client("GET", "/definitions/segment/vip")["document"]["name"] == "V"
    assert client("GET", "/definitions/segment/vip", version=1)["document"]["name"] == "VIP"
    assert [v["version"] for v in client("GET", "/definitions/segment/vip/versions")["versions"]] == [2, 1]
    client("DELETE", "/definitions/segment/vip")
    assert client("GET", "/definitions", kind="segment")["definitions"] == []
    wrong = {"key": "x", "name": "X", "condition": {"op": "segment", "key": "none", "is": True}}
    bad = {"definitions": [{"kind": "segment", "key": "x", "document": wrong}]}
    found = client("POST", "/definitions/validate", bad)
    assert found["valid"] is False and "none" in found["problems"][0]["message"]


def test_counts_and_previews(client: Any, world: World) -> None:
    world.publish(Definition("segment", "vip", VIP))
    for user in ("a", "b", "c"):
        world.identify(user, plan="gold")
    client.write("PUT", "/people/user:a/tags/vip")
    assert client("GET", "/counts/segments") == {"segments": {"vip": 1}}
    assert client("GET", "/counts/stages")["people"] == 3
    gold = {"condition": {"op": "trait", "name": "plan", "cmp": "eq", "value": "gold"}}
    about = client("POST", "/counts/preview", gold)
    assert about["low"] <= 3 <= about["high"]
    exact = client("POST", "/counts/preview", {**gold, "exact": True})
    assert exact == {"people": 3, "low": 3, "high": 3, "exact": True}
    assert client("POST", "/counts/preview", {"condition": {"op": "x"}}, status=400)["field"]


def test_things_are_put_listed_and_removed(client: Any, world: World) -> None:
    world.identify("anna")
    for plate in ("ABC123", "DEF456", "GHI789"):
        client.write("PUT", f"/people/user:anna/things/vehicle/{plate}", {"attributes": {"tyres": "summer"}})
    assert len(client("GET", "/people/user:anna/things", type="vehicle")["things"]) == 3
    page = client("GET", "/things", type="vehicle", limit=2)
    rest = client("GET", "/things", type="vehicle", limit=2, cursor=page["next"])
    assert [each["id"] for each in (*page["things"], *rest["things"])] == ["ABC123", "DEF456", "GHI789"]
    client.write("DELETE", "/people/user:anna/things/vehicle/ABC123")
    assert len(client("GET", "/people/user:anna/things")["things"]) == 2


def test_keys_are_made_once_shown_and_never_stronger_than_their_maker(client: Any, client_with: Any) -> None:
    made = client("POST", "/keys", {"kind": "secret", "source": "crm", "scopes": ["people:read"]}, status=201)
    assert made["text"].startswith("sk_")
    listed = client("GET", "/keys")["keys"][-1]
    assert listed["scopes"] == ["people:read"] and made["text"] not in str(listed)
    weak = client_with("keys:manage")
    refused = weak("POST", "/keys", {"kind": "secret", "source": "x", "scopes": ["everything"]}, status=403)
    assert refused["field"] == "scopes"
    refused = weak("POST", "/keys", {"kind": "write", "source": "x", "trust": 2}, status=403)
    assert refused["field"] == "trust" and weak("POST", "/keys", {"kind": "write", "source": "x"}, status=201)
    client("DELETE", f"/keys/{made['number']}")
    assert [k["works"] for k in client("GET", "/keys")["keys"] if k["number"] == made["number"]] == [False]
    assert client("DELETE", "/keys/9999", status=404)["error"] == "missing"


def test_a_key_that_may_not_write_about_people_sends_no_events_either(client_with: Any, world: World) -> None:
    for scope, status in (("people:read", 401), ("people:write", 200)):
        given = {"X-Write-Key": client_with(scope).secret}
        answer = world.client.post("/v1/identify", json={"userId": "anna", "traits": {"a": 1}}, headers=given)
        assert answer.status_code == status


def test_one_rehearsal_is_played_at_a_time(client: Any) -> None:
    with rehearsals._playing:
        assert client("POST", "/rehearsals", {}, status=503)["error"] == "unavailable"


def test_an_address_is_suppressed_and_let_go(client: Any, world: World) -> None:
    world.known("anna")
    put = client("PUT", "/people/user:anna/suppression", {"scope": "topic", "topic": "news"})
    assert put["scopes"] == {"topic:news": "member"}
    gone = client("DELETE", "/people/user:anna/suppression", scope="topic", topic="news")
    assert gone["scopes"] == {}
    assert client("PUT", "/people/user:anna/suppression", {"topic": "x"}, status=400)["field"] == "topic"
    world.identify("bo")
    assert client("PUT", "/people/user:bo/suppression", {}, status=409)["field"] == "channel"


def test_erase_over_http_and_readmit(client: Any, world: World) -> None:
    world.known("anna")
    zipped = client("GET", "/people/user:anna/export")
    assert zipped[:2] == b"PK"
    done = client("POST", "/people/user:anna/erase", {"reason": "request"}, once="e1")
    assert client("POST", "/people/user:anna/erase", {"reason": "request"}, once="e1") == done
    assert client("GET", "/people/user:anna", status=404)
    assert client("GET", "/erasures")["erasures"][0]["number"] == done["number"]
    late = client("POST", "/people/user:anna/events", {"name": "Late"}, status=409)
    assert "erased" in late["remedy"]
    client("POST", "/people/user:anna/readmit")
    client.write("POST", "/people/user:anna/events", {"name": "Back"})
    assert client("GET", "/people", userId="anna")["people"]


def test_reading_too_often_is_refused_with_when_to_come_back(client: Any, world: World) -> None:
    world.client.app.state.api_limit = Limit(3, 60.0)
    answers = [client.raw("GET", "/people", userId="x") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert answers[-1].json()["error"] == "too_many"
    assert int(answers[-1].headers["Retry-After"]) >= 1


def test_why_and_rehearsals_answer(client: Any, world: World) -> None:
    world.publish(Definition("segment", "vip", VIP))
    world.known("anna")
    assert client("GET", "/people/user:anna/why")["asked"] == "person"
    assert "journeys" in client("POST", "/rehearsals", {})
