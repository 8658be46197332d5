"""The quick way answers as the steps would, or not at all."""

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from slinga.ingest.model import Call
from slinga.ingest.quick import quick
from slinga.ingest.steps import Envelope, stepwise

TEXT = st.text(max_size=12)
LEAF = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | TEXT
VALUE = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=12
)
OBJECT = st.dictionaries(TEXT | st.just("x" * 201), VALUE, max_size=4)
TIME = st.sampled_from(["2026-01-01T00:00:00Z", "2026-01-01T02:00:00.123+02:00", "yesterday", "", 5])
ID = st.sampled_from(["u1", "", "null", 7, None, True, "é\u0000", "\ud800", "x" * 300])
FIELDS = {
    "type": st.sampled_from(["track", "page", "identify", "group", "alias", "screen", "shout", 3]),
    "event": st.sampled_from(["Order Completed", " x ", "", "y" * 201, 4, None]),
    "messageId": st.sampled_from(["m1", "m" * 101, 9, None, 1.5]),
    "properties": OBJECT | LEAF,
    "traits": OBJECT,
    "context": OBJECT | st.just({"page": {"url": "https://a.example/", "title": "A"}}),
    "timestamp": TIME,
    "originalTimestamp": TIME,
    "sentAt": TIME,
    "receivedAt": st.sampled_from(["2026-01-01T00:00:00Z", None]),
    "name": st.sampled_from(["Home", 5]),
    "category": st.just("Shop"),
    **dict.fromkeys(["userId", "anonymousId", "previousId", "groupId", "user_id", "anonymous_id"], ID),
    "message_id": st.sampled_from(["m2", 4]),
}
ITEM = st.fixed_dictionaries({}, optional=FIELDS)
ENVELOPES = [
    Envelope(),
    Envelope("track", 1_767_225_600_000_000, {"locale": "cs"}, "Mozilla/5.0"),
    Envelope("page"),
]


def both(raw: bytes, envelope: Envelope):
    fast = quick(raw, envelope.call, envelope.sent_at, envelope.context, envelope.agent)
    return fast, stepwise(raw, envelope)


@given(ITEM, st.sampled_from(ENVELOPES))
@example(
    {"type": "track", "event": "e", "properties": {"a": {"b": {"c": {"d": {"e": {"f": 1}}}}}}}, ENVELOPES[0]
)
@example({"type": "track", "event": "e", "properties": {str(n): n for n in range(257)}}, ENVELOPES[0])
def test_the_quick_way_agrees_with_the_steps(item, envelope):
    try:
        raw = msgspec.json.encode(item)
    except UnicodeEncodeError:
        return
    fast, slow = both(raw, envelope)
    assert fast is None or fast == slow


@pytest.mark.parametrize("kind", ["track", "page", "screen", "identify"])
def test_what_clients_send_goes_the_quick_way(kind):
    item = {
        "type": kind,
        "event": "Order Completed",
        "messageId": "m1",
        "anonymousId": "a",
        "userId": "u",
        "properties": {"total": 10.5, "products": [{"product_id": "p", "quantity": 1, "tags": ["a"]}]},
        "traits": {"email": "a@example.org", "address": {"city": "Brno"}},
        "context": {"page": {"url": "https://a.example/"}, "campaign": {"source": "news"}},
        "timestamp": "2026-01-01T00:00:00.000Z",
        "integrations": {"All": True},
    }
    fast, slow = both(msgspec.json.encode(item), Envelope())
    assert isinstance(fast, Call) and fast == slow


@pytest.mark.parametrize(
    "raw",
    [
        b'{"type":"track","event":"e","properties":{"a":1e400}}',
        b'{"type":"track","event":"e","properties":{"a":"\\u0000"}}',
        b'{"type":"track","event":"e","properties":{"a":"\\ud800"}}',
        b'{"type":"track","event":"e","properties":{"a":"\xff"}}',
        b'{"type":"track","event":"e","properties":{"a":9223372036854775808}}',
        b'{"type":"track","event":"e"} x',
        b'{"type":"track","event":"e","properties":' + b'{"a":' * 30 + b"1" + b"}" * 30 + b"}",
        b"[]",
    ],
)
def test_what_must_be_refused_is_left_to_the_steps(raw):
    assert quick(raw, "", None, {}, "") is None
