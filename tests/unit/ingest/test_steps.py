"""The door's pipeline: what is let in, how it is read, when it happened."""

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slinga.identity.identifiers import key_of, refer
from slinga.ingest.body import cut, inflate, open_batch, open_single
from slinga.ingest.model import CLAIMED, PROVEN, Call, Drop, DropReason, Source
from slinga.ingest.pace import Level, Paces, Rate, take
from slinga.ingest.steps import AHEAD, SKEW, Entry, Envelope, enter, examine, origin_allowed, stamp
from slinga.kernel.clock import DAY, HOUR, MINUTE, instant
from slinga.kernel.errors import Invalid

NOW = instant("2026-06-01T12:00:00Z")
SHOP, SERVER = Source("shop", CLAIMED, ("https://s.example",)), Source("server", PROVEN)


def raw(**fields):
    return json.dumps({"type": "track", "event": "e", "userId": "u", **fields}).encode()


def nested(depth):
    return (
        b'{"type":"track","event":"e","userId":"u","properties":'
        + b'{"a":' * depth
        + b"1"
        + b"}" * depth
        + b"}"
    )


@pytest.mark.parametrize(
    "item,reason,field",
    [
        (b"", "not_json", ""),
        (b"{", "not_json", ""),
        (b"[1]", "wrong_type", ""),
        (b'"text"', "wrong_type", ""),
        (b"\xff", "not_json", ""),
        (b'{"a":"\xff"}', "text", ""),
        (b'{"a":NaN}', "number", ""),
        (b'{"a":-Infinity}', "number", ""),
        (b'{"a":1e400}', "number", ""),
        (b'{"a":"\\ud800"}', "text", ""),
        (b'{"a":"\\udc00"}', "text", ""),
        (b"[" * 1_000 + b"]" * 1_000, "too_deep", ""),
        (b"[" * 16_000 + b"]" * 16_000, "too_deep", ""),
        (nested(20), "too_deep", "properties" + ".a" * 19),
        (raw(properties={str(n): n for n in range(257)}), "too_wide", "properties"),
        (raw(properties={"x" * 201: 1}), "too_large", "properties"),
        (raw(properties={"a": "x" * 33_000}), "too_large", ""),
        (raw(properties={"a": [1, {"b": 2**63}]}), "number", "properties.a[1].b"),
        (raw(event="x" * 201), "too_large", "event"),
        (raw(event=" "), "missing", "event"),
        (raw(event=7), "wrong_type", "event"),
        (raw(userId=1.5), "wrong_type", "userId"),
        (raw(userId=True), "wrong_type", "userId"),
        (raw(anonymousId={}), "wrong_type", "anonymousId"),
        (raw(properties=[]), "wrong_type", "properties"),
        (raw(context="x"), "wrong_type", "context"),
        (raw(messageId=[]), "wrong_type", "messageId"),
        (raw(timestamp="soon"), "time", "timestamp"),
        (raw(timestamp=12), "time", "timestamp"),
        (raw(timestamp="10000-01-01T00:00:00Z"), "time", "timestamp"),
        (raw(sentAt=[1]), "time", "sentAt"),
        (raw(type="delete"), "unknown_call", "type"),
        (raw(type=["track"]), "unknown_call", "type"),
        (raw(type="group"), "missing", "groupId"),
        (raw(type="alias"), "missing", "previousId"),
    ],
)
def test_refused_with_a_reason_a_field_and_a_remedy(item, reason, field):
    found = examine(item, Envelope())
    assert isinstance(found, Drop), found
    assert (found.reason, found.field) == (reason, field)
    assert found.remedy


def test_what_is_let_in():
    assert isinstance(examine(nested(19), Envelope()), Call)
    call = examine(
        raw(userId=42, event=" Łódź \0☕ ", properties={"big": -(2**63), "x\0": "a\0b"}), Envelope()
    )
    assert (call.user_id, call.event, call.properties) == ("42", "Łódź ☕", {"big": -(2**63), "x": "ab"})
    page = examine(
        b'{"name":"Home","category":"Shop","context":{"page":{"url":"u","title":"t"}}}', Envelope("page")
    )
    assert (page.event, page.properties) == (
        "Page Viewed",
        {"url": "u", "title": "t", "name": "Home", "category": "Shop"},
    )
    assert examine(b'{"type":"identify","event":"x"}', Envelope("track")).type == "track"
    batch = Envelope("", instant("2026-01-01T00:00:00Z"), {"ip": "1", "app": 1})
    call = examine(raw(context={"ip": "2"}), batch)
    assert (call.sent_at, call.context) == (instant("2026-01-01T00:00:00Z"), {"ip": "2", "app": 1})


@settings(max_examples=300)
@given(
    st.binary(max_size=200)
    | st.recursive(
        st.none() | st.booleans() | st.floats() | st.text() | st.integers(),
        lambda c: (
            st.lists(c)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "type",
                        "event",
                        "userId",
                        "traits",
                        "email",
                        "timestamp",
                        "context",
                        "page",
                        "externalIds",
                    ]
                )
                | st.text(),
                c,
            )
        ),
    ).map(lambda v: json.dumps(v).encode())
)
def test_no_input_raises_and_all_that_enters_can_be_stored(item):
    found = examine(item, Envelope())
    if isinstance(found, Drop):
        return
    entry = enter(found, SHOP, NOW, refer)
    if isinstance(entry, Drop):
        return
    for new in entry.news:
        text = msgspec.json.encode(new.body)
        assert b"\\u0000" not in text
        text.decode()


@settings(max_examples=200)
@given(
    st.lists(
        st.dictionaries(
            st.text(max_size=5), st.text(max_size=8) | st.integers() | st.lists(st.text(max_size=3))
        )
    ),
    st.integers(0, 10),
)
def test_a_broken_batch_is_cut_where_json_would_cut_it(values, where):
    items = [json.dumps(v, ensure_ascii=False).encode() for v in values]
    assert list(cut(b'{"x":"]","batch": [' + b" , ".join(items) + b'],"y":[{}]}')[0]) == items
    items.insert(min(where, len(items)), b'{"a":NaN}')
    parcel = open_batch(b'{"writeKey":"k","batch":[' + b",".join(items) + b'],"sentAt":"s"}')
    assert (parcel.items, parcel.write_key, parcel.sent_at) == (items, "k", "s")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"batch":1}',
        b'{"batch":[}',
        b'{"batch":[{"a":"x]}',
        b'{"batch":[NaN]',
        b'{"batch":[' + b"[" * 400_000,
    ],
)
def test_what_cannot_be_cut_is_refused_as_a_whole(body):
    with pytest.raises(Invalid) as caught:
        open_batch(body)
    assert caught.value.message


def test_limits_of_a_body():
    with pytest.raises(Invalid, match="5000 items"):
        open_batch(json.dumps({"batch": [{}] * 5_001}).encode())
    big = {"a": "x" * 30_000}
    with pytest.raises(Invalid, match="512000 bytes"):
        open_batch(json.dumps({"batch": [big] * 18}).encode())
    open_batch(json.dumps({"batch": [big] * 16 + [{"a": "x" * 1_000_000}]}).encode())
    assert open_single(b'{"writeKey":"k","a":NaN}').write_key == "k"
    assert open_single(b'{"writeKey":7}').write_key == ""
    with pytest.raises(Invalid):
        inflate(b"\x1f\x8bnonsense")


def at(happened, sent=None, **more):
    return stamp(Call("track", happened_at=happened, sent_at=sent, **more), NOW, trust_relay=True)


def test_time_rules():
    assert at(None) == (None, {})
    assert at(NOW - HOUR) == (NOW - HOUR, {})
    # A clock three hours ahead or two days behind: what counts is how long before sending it happened.
    for skew in (3 * HOUR, -2 * DAY):
        found, told = at(NOW + skew - MINUTE, NOW + skew)
        assert (found, told["flag"]) == (NOW - MINUTE, "skewed")
        assert told["original"] and told["sent"]
    assert at(NOW - MINUTE + SKEW, NOW + SKEW) == (NOW - MINUTE + SKEW, {})
    found, told = at(NOW + SKEW, NOW + SKEW + 1)
    assert (found, told["flag"]) == (NOW - 1, "skewed")
    assert at(NOW + AHEAD) == (NOW + AHEAD, {})
    assert at(NOW + AHEAD + 1)[0] == NOW
    found, told = at(instant("2036-06-01T00:00:00Z"), NOW)
    assert (found, told["flag"]) == (NOW, "future")
    found, told = at(instant("1970-01-01T00:00:10Z"), instant("1970-01-01T00:01:00Z"))
    assert (found, told["flag"]) == (NOW - 50_000_000, "skewed")
    found, told = at(instant("1969-12-31T00:00:00Z"))
    assert (found, told) == (0, {"original": "1969-12-31T00:00:00.000Z", "flag": "before_1970"})
    old = NOW - 30 * DAY
    assert at(old, old, relayed=True) == (old, {})
    assert stamp(Call("track", happened_at=old, sent_at=old, relayed=True), NOW, trust_relay=False)[0] == NOW


def entry(source=SERVER, **fields):
    call = examine(raw(**fields), Envelope())
    assert isinstance(call, Call), call
    return enter(call, source, NOW, refer)


def test_an_item_and_its_merges():
    found = entry(type="identify", anonymousId="a", traits={"email": "X@Example.com"}, messageId="m")
    item, *merges = found.news
    user = key_of("user", "u")
    assert (item.person, item.kind, item.dedupe, item.trust) == (user, "identify", "server:m", PROVEN)
    assert item.body["traits"] == {"email": "X@Example.com"}
    assert item.body["identifiers"] == [["user", "u"], ["email", "x@example.com"], ["anonymous", "a"]]
    assert {m.person for m in merges} == {key_of("email", "x@example.com"), key_of("anonymous", "a")}
    for merge in merges:
        assert (merge.kind, merge.body["other"], merge.body["why"], merge.body["trust"]) == (
            "merge",
            user,
            "identify",
            PROVEN,
        )
        assert merge.dedupe and merge.dedupe != item.dedupe
    again = entry(type="identify", anonymousId="a", traits={"email": "X@Example.com"}, messageId="m2")
    assert [m.dedupe for m in again.news[1:]] == [m.dedupe for m in merges]
    claimed = entry(SHOP, type="identify", anonymousId="a", traits={"email": "X@Example.com"}, messageId="m")
    assert not {m.dedupe for m in claimed.news} & {m.dedupe for m in found.news}
    assert all(n.trust == CLAIMED for n in claimed.news)


def test_who_cannot_be_told_is_dropped_or_kept_apart():
    assert enter(Call("track", event="e"), SERVER, NOW, refer).reason is DropReason.NOBODY
    assert (
        enter(Call("alias", user_id="u", previous_id="null"), SERVER, NOW, refer).reason is DropReason.NOBODY
    )
    found = enter(Call("track", event="e", user_id="null"), SERVER, NOW, refer)
    assert isinstance(found, Entry) and len(found.news) == 1 and found.warnings
    assert found.news[0].body["warnings"]


def test_origins():
    origin_allowed(SHOP, "")
    origin_allowed(SHOP, "https://s.example")
    origin_allowed(SERVER, "")
    for source, where in ((SHOP, "https://evil.example"), (SERVER, "https://s.example"), (SHOP, "null")):
        with pytest.raises(Invalid):
            origin_allowed(source, where)


@given(st.lists(st.tuples(st.floats(0, 10), st.integers(1, 30)), max_size=40))
def test_no_more_than_burst_and_rate_pass(steps):
    rate, level, now, passed = Rate(2, 10), None, 0.0, 0
    for pause, count in steps:
        now += pause
        level, wait = take(level, rate, now, count)
        if not wait:
            passed += count
            # A request above the burst passes only from a full bucket and is paid back afterwards.
            assert level.tokens >= 10 - 30
        assert isinstance(level, Level) and wait >= 0
    assert passed <= 10 + 2 * now + 30


def test_senders_are_kept_apart_and_forgotten():
    paces, rate = Paces(room=2), Rate(1, 2)
    assert [paces.take("a", rate, 0, 1) for _ in range(3)] == [0, 0, 1]
    assert paces.take("b", rate, 0, 2) == 0
    assert paces.take("c", rate, 0, 2) == 0
    assert paces.take("a", rate, 0, 2) == 0
