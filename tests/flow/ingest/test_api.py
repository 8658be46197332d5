"""The door as seen from outside: keys, forms of body, answers, and that nothing is lost or crashes."""

import gzip
import json
import uuid

import httpx
import psycopg
import pytest

from slinga.identity.identifiers import key_of, refer
from slinga.ingest import log, store
from slinga.ingest.api import Door
from slinga.ingest.jobs import Committer
from slinga.ingest.model import CLAIMED, PROVEN
from slinga.ingest.pace import Rate
from slinga.kernel.ids import bucket_of


def rows(db, kind="event"):
    return db.execute("SELECT name, trust, body FROM input WHERE kind = %s ORDER BY seq", (kind,)).fetchall()


def track(event="Ping", **more):
    return {"type": "track", "event": event, "userId": "u1", **more}


def test_one_call_is_in_the_log_when_the_answer_comes(post, db):
    answer = post("track", track(properties={"total": 12.5}, messageId="m1"))
    assert answer.status_code == 200
    assert answer.json() == {"success": True, "accepted": 1, "duplicates": 0, "errors": [], "warnings": []}
    (found,) = log.history(db, key_of("user", "u1"))
    assert (found.name, found.body["properties"], found.trust) == ("Ping", {"total": 12.5}, PROVEN)


@pytest.mark.parametrize(
    "headers,body",
    [
        ({"X-Write-Key": "wk_open"}, {}),
        ({"Authorization": "Bearer wk_open"}, {}),
        ({"Authorization": "Basic d2tfb3Blbjo="}, {}),
        ({}, {"writeKey": "wk_open"}),
        ({"Content-Type": "text/plain"}, {"writeKey": "wk_open"}),
    ],
)
def test_the_write_key_comes_in_each_place_that_clients_use(post, db, headers, body):
    answer = post("track", json.dumps(track(**body)).encode(), key="", headers=headers)
    assert answer.json()["accepted"] == 1
    assert [(n, t) for n, t, _ in rows(db)] == [("Ping", CLAIMED)]


def test_wrong_or_missing_keys_are_401_and_store_nothing(post, db):
    for key, body in (
        ("wk_none", track()),
        ("", track()),
        ("", track(writeKey="x" * 1000)),
        ("", track(writeKey=7)),
    ):
        answer = post("track", body, key=key)
        assert (answer.status_code, answer.json()["success"]) == (401, False)
    assert post("batch", {"batch": [track()]}, key="").status_code == 401
    assert post("track", track(), key="", headers={"Authorization": "Basic ???"}).status_code == 401
    assert rows(db) == []


def test_gzip_and_its_abuse(post, db):
    body = json.dumps({"batch": [track(), track()]}).encode()
    assert post("batch", gzip.compress(body), headers={"Content-Encoding": "gzip"}).json()["accepted"] == 2
    assert post("batch", gzip.compress(body)[:-9], headers={"Content-Encoding": "gzip"}).status_code == 400
    assert post("batch", b"no gzip", headers={"Content-Encoding": "gzip"}).status_code == 400
    bomb = gzip.compress(b" " * 50_000_000)
    assert post("batch", bomb, headers={"Content-Encoding": "gzip"}).status_code == 413
    assert len(rows(db)) == 2


def test_bodies_beyond_the_limits_are_413(post, db):
    assert post("batch", b" " * 5_000_000).status_code == 413
    big = [track(properties={"text": "x" * 20_000}) for _ in range(30)]
    assert post("batch", {"batch": big}).status_code == 413
    assert post("track", track(properties={"text": "x" * 40_000})).status_code == 413
    assert rows(db) == []


def test_what_is_no_json_is_400_and_says_where(post):
    for body in (
        b"",
        b"{",
        b'{"batch": [{"a": 1}',
        b"[1]",
        b'"text"',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"batch": 1}',
    ):
        answer = post("batch", body)
        assert answer.status_code == 400, body[:20]
        assert answer.json()["message"]
    assert "byte" in post("batch", b'{"batch": [}').json()["message"]


def test_unknown_paths_are_404_and_preflight_is_answered(post, url):
    assert post("nothing", {}).status_code == 404
    answer = httpx.options(f"{url}/v1/batch", headers={"Origin": "https://shop.example"})
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"
    assert "access-control-allow-credentials" not in answer.headers
    assert "Authorization" in answer.headers["access-control-allow-headers"]


def test_origins_bind_public_keys_and_bar_secret_ones(post, db):
    there = {"Origin": "https://shop.example"}
    elsewhere = {"Origin": "https://evil.example"}
    assert post("t", track(), key="wk_shop", headers=there).status_code == 200
    assert post("t", track(), key="wk_shop", headers=elsewhere).status_code == 403
    assert post("t", track(), key="wk_open", headers=elsewhere).status_code == 200
    assert post("t", track(), key="sk_server", headers=there).status_code == 403
    assert len(rows(db)) == 2


def test_a_beacon_gets_the_browser_s_user_agent(post, db):
    post("p", {"anonymousId": "a", "writeKey": "wk_open"}, key="", headers={"User-Agent": "Mozilla/5.0 Test"})
    ((name, _, body),) = rows(db)
    assert (name, body["context"]["userAgent"]) == ("Page Viewed", "Mozilla/5.0 Test")


def test_seven_malformed_of_a_hundred(post, db):
    good = [track(messageId=str(uuid.uuid4()), properties={"n": n}) for n in range(93)]
    bad = [
        b'{"type":"track","event":"e","userId":"u","properties":{"a":"\\ud800"}}',
        b'{"type":"track","event":"e","userId":"u","properties":{"a":NaN}}',
        b'{"type":"track","event":"e","userId":"u","properties":{"a":1e400}}',
        b'{"type":"track","event":"e","userId":"u","properties":' + b"[" * 1000 + b"]" * 1000 + b"}",
        b'{"type":"track","event":"e","userId":"u","properties":{"a":"' + b"x" * 2_000_000 + b'"}}',
        b'{"type":"track","event":{"a":1},"userId":"u"}',
        b'{"type":"track","event":"e","userId":["u"]}',
    ]
    nul = b'{"type":"track","event":"nul\\u0000l","userId":"u1","properties":{"k\\u0000":"a\\u0000b"}}'
    raw = [json.dumps(g).encode() for g in good[:92]] + [nul]
    for n, item in enumerate(bad):
        raw.insert(n * 13, item)
    answer = post("batch", b'{"batch":[' + b",".join(raw) + b"]}")
    assert answer.status_code == 200
    found = answer.json()
    assert found["accepted"] == 93
    assert [(e["index"], e["reason"]) for e in found["errors"]] == [
        (0, "text"),
        (13, "number"),
        (26, "number"),
        (39, "too_deep"),
        (52, "too_large"),
        (65, "wrong_type"),
        (78, "wrong_type"),
    ]
    assert all(e["message"] for e in found["errors"])
    assert len(rows(db)) == 93
    assert ("null", {"k": "ab"}) in [(n, b["properties"]) for n, _, b in rows(db)]
    kept = store.quarantined(db)
    assert len(kept) == 7
    assert {(k.reason, k.source) for k in kept} >= {("number", "server"), ("too_deep", "server")}
    assert max(k.size for k in kept) > 2_000_000 and max(len(k.payload) for k in kept) <= 65_536


def test_a_refused_single_call_is_400_with_its_field_and_remedy(post, db):
    answer = post("track", {"userId": "u"})
    assert (answer.status_code, answer.json()["errors"]) == (
        400,
        [{"index": 0, "reason": "missing", "field": "event", "message": "a track call names its event"}],
    )
    assert post("track", track(timestamp="yesterday")).json()["code"] == "time"
    assert post("identify", {"traits": {"name": "x"}}).json()["code"] == "nobody"
    assert (
        post("track", track(userId="", anonymousId="")).status_code == 200
    )  # kept, under a key that cannot merge
    assert len(store.quarantined(db)) == 3


def test_identifiers_that_name_nobody_keep_the_event_and_warn(post, db):
    for value in ("null", "undefined", "guest", "x" * 1024, "[object Object]"):
        answer = post("track", track(userId=value, anonymousId="device-1")).json()
        assert answer["accepted"] == 1
        assert answer["warnings"][0]["field"] == "userId"
    assert len(log.history(db, key_of("anonymous", "device-1"))) == 5
    assert rows(db, "merge") == []


def test_identify_appends_under_the_user_and_asks_for_merges_once(post, db):
    both = {"userId": "u1", "anonymousId": "a1"}
    post("page", {"anonymousId": "a1", "messageId": "p1"})
    post("identify", {**both, "traits": {"email": "Jo@Example.com", "name": "Jo"}, "messageId": "i1"})
    for n in range(3):
        post("track", {**both, "event": "Ping", "messageId": f"t{n}"})
    user = key_of("user", "u1")
    assert [i.kind for i in log.history(db, user)] == ["identify", "event", "event", "event"]
    merges = [i for i in log.history(db, key_of("anonymous", "a1")) if i.kind == "merge"]
    assert [(m.body["other"], m.body["why"]) for m in merges] == [(user, "identify"), (user, "seen_together")]
    (merge,) = log.history(db, key_of("email", "jo@example.com"))
    assert (merge.kind, merge.body["other"]) == ("merge", user)
    assert ["email", "jo@example.com"] in merge.body["identifiers"]
    assert bucket_of(user) == int(user[:2], 16)


def test_message_ids_are_stored_once_also_across_requests(post, db):
    batch = [track(messageId=f"m{n % 40}") for n in range(50)]
    first = post("batch", {"batch": batch}).json()
    assert (first["accepted"], first["duplicates"]) == (50, 10)
    assert post("batch", {"batch": batch}).json()["duplicates"] == 50
    assert len(rows(db)) == 40


def test_a_public_key_is_slowed_but_a_server_is_not(committer, serve, keys):
    door = Door(committer, keys.get, per_network=Rate(1, 5))
    with serve(door) as url, httpx.Client(base_url=url) as client:
        codes = [client.post("/v1/track", json=track(), auth=("wk_open", "")).status_code for _ in range(8)]
        assert codes == [200] * 5 + [429] * 3
        slow = client.post("/v1/track", json=track(), auth=("wk_open", ""))
        assert int(slow.headers["retry-after"]) >= 1
        assert client.post("/v1/track", json=track(), auth=("sk_server", "")).status_code == 200


@pytest.mark.parametrize(("proxies", "passed"), [(0, 8), (1, 8), (2, 5)])
def test_who_claims_to_come_from_elsewhere_is_slowed_all_the_same(committer, serve, keys, proxies, passed):
    """As many entries of X-Forwarded-For are believed as there are proxies; the rest is anybody's word."""
    door = Door(committer, keys.get, per_network=Rate(1, 5), proxies=proxies)
    with serve(door) as url, httpx.Client(base_url=url) as client:
        codes = [
            client.post(
                "/v1/track",
                json=track(),
                auth=("wk_open", ""),
                headers={"x-forwarded-for": f"198.51.100.{n}, 203.0.113.9, 192.0.2.{n}"},
            ).status_code
            for n in range(8)
        ]
    assert codes == [200] * passed + [429] * (8 - passed)


def test_a_database_that_is_down_is_503_and_nothing_is_claimed_stored(serve, keys):
    def down(*_):
        raise psycopg.OperationalError("connection refused")

    committer = Committer(down, refer)
    committer.start()
    for lookup in (keys.get, down):
        with serve(Door(committer, lookup)) as url, httpx.Client(base_url=url) as client:
            answer = client.post("/v1/track", json=track(), auth=("sk_server", ""))
            assert (answer.status_code, answer.json()["success"]) == (503, False)
            assert int(answer.headers["retry-after"]) >= 1
    committer.stop()
