"""A request's rows made straight from its bytes are those that the steps make."""

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.unit.ingest.test_quick import ITEM

from slinga.access.proofs import IdentityKey
from slinga.identity.identifiers import refer
from slinga.ingest.model import CLAIMED, PROVEN, Drop, Source
from slinga.ingest.rows import row
from slinga.ingest.steps import Envelope, enter, stepwise
from slinga.ingest.straight import bundle
from slinga.ingest.worked import Job, Memory, Work, usual
from slinga.kernel.clock import DAY, HOUR, MINUTE, iso

NOW = 1_790_000_000_000_000
AT = st.sampled_from([NOW + n for n in (0, -HOUR, HOUR, DAY, 2 * DAY, 4 * MINUTE, -6 * MINUTE)])
SOURCES = [
    Source("server", PROVEN),
    Source("shop", CLAIMED),
    Source("strict", CLAIMED, proofs=(IdentityKey(1, "strict", "RS256", "pem", True),)),
]
ENVELOPES = [
    Envelope(),
    Envelope("track", NOW, {}, "Mozilla/5.0"),
    Envelope("", NOW - HOUR),
    Envelope("", NOW, {"locale": "cs"}),
    Envelope("page"),
]
USUAL = st.fixed_dictionaries(
    {"type": st.just("track"), "event": st.sampled_from(["Ping", " Pong ", "é"])},
    optional={
        "messageId": st.sampled_from(["m1", "ø", "", "m" * 101]),
        "userId": st.sampled_from(["u1", "u2", "null", "é", "x" * 300]),
        "anonymousId": st.sampled_from(["a1", "a2", None]),
        "properties": st.sampled_from([None, {}, {"a": 1.5, "b": ["x", {"c": None}]}, {"q": 'say "hi"\\\n'}]),
        "context": st.sampled_from(
            [
                None,
                {},
                {"locale": "sv", "page": {"url": "/"}},
                {"userAgent": "curl"},
                {"identityToken": "t"},
                {"externalIds": [{"type": "a", "id": "b"}]},
                {"long": "x" * 3000},
            ]
        ),
        "timestamp": AT.map(iso),
        "originalTimestamp": AT.map(iso),
        "sentAt": AT.map(iso),
        "receivedAt": st.just("2026-01-01T00:00:00Z"),
        "integrations": st.just({"All": True}),
    },
)


def plain(rows):
    """Rows with their documents decoded: the order of members says nothing."""
    return [(*each[:5], msgspec.json.decode(each[5][5:])) for each in rows]


def stepped(raws, envelope, source, received):
    """What the steps make of the same items: rows, and the places of those that are refused."""
    rows, drops, asked = [], [], set()
    for place, raw in enumerate(raws):
        call = stepwise(raw, envelope)
        entry = call if isinstance(call, Drop) else enter(call, source, received, refer)
        if isinstance(entry, Drop):
            drops.append((place, entry))
            continue
        fresh = [new for new in entry.news[1:] if new.dedupe not in asked]
        asked.update(new.dedupe for new in fresh)
        rows += [row(entry.news[0]), *map(row, fresh)]
    return rows, drops


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(USUAL | ITEM, max_size=5), st.sampled_from(ENVELOPES), st.sampled_from(SOURCES), AT)
@example(
    [{"type": "track", "event": "e", "timestamp": iso(NOW), "sentAt": iso(NOW)}],
    ENVELOPES[0],
    SOURCES[0],
    NOW,
)
def test_rows_are_those_of_the_steps(items, envelope, source, received):
    try:
        raws = [msgspec.json.encode(item) for item in items]
    except UnicodeEncodeError:
        return
    body = b'{"batch":[' + b",".join(raws) + b"]}"
    made = bundle(raws, envelope, source, refer)
    if envelope.call and len(raws) != 1:
        return
    job = Job(
        source, [], envelope.call, envelope.sent_at, envelope, raws[0] if envelope.call else body, bundle=made
    )
    assert job.count == len(raws)
    worked = Work(received, Memory(), refer).of(job)
    rows, drops = stepped(raws, envelope, source, received)
    assert plain(worked.rows) == plain(rows)
    assert worked.outcome.drops == drops
    assert len(worked.starts) == len(raws) - len(drops)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"type":"track","event":"e","userId":"u","properties":{"a":1e400}}',
        b'{"type":"track","event":"e","userId":"u","properties":{"a":"\\u0000"}}',
        b'{"type":"track","event":"e","userId":"u","context":{"a":"\\ud800"}}',
        b'{"type":"track","event":"e","userId":"u","context":{"a":"\xff"}}',
        b'{"type":"track","event":"e","userId":"u","context":{"a":9223372036854775808}}',
        b'{"type":"track","event":"e","userId":"u","context":' + b'{"a":' * 30 + b"1" + b"}" * 30 + b"}",
        b'{"type":"track","event":"e","userId":"u"} x',
        b'{"type":"track","userId":"u"}',
        b'{"type":"track","event":"e"}',
        b"[]",
    ],
)
def test_what_is_refused_or_mended_spoils_nothing_beside_it(raw):
    good = b'{"type":"track","event":"e","userId":"u","anonymousId":"a","messageId":"m"}'
    made = bundle([good, raw, good], Envelope(), SOURCES[0], refer)
    assert made.rows[0] is not None and made.rows[0] == made.rows[2]
    assert [place for place, _ in made.merges] == [0, 2]
    job = Job(SOURCES[0], [], bundle=made)
    rows, drops = stepped([good, raw, good], Envelope(), SOURCES[0], NOW)
    worked = Work(NOW, Memory(), refer).of(job)
    assert (plain(worked.rows), worked.outcome.drops) == (plain(rows), drops)
    assert usual(job, NOW) == (1 not in made.odd)


def test_merges_that_are_stored_leave_the_rows_as_they_are():
    good = b'{"type":"track","event":"e","userId":"u","anonymousId":"a","messageId":"m"}'
    made, joined = bundle([good], Envelope(), SOURCES[0], refer), Memory()
    first = Work(NOW, joined, refer).of(Job(SOURCES[0], [], bundle=made))
    assert len(first.rows) == 2 and len(first.merges) == 1
    joined.add(first.merges, NOW)
    assert len(Work(NOW, joined, refer).of(Job(SOURCES[0], [], bundle=made)).rows) == 1


def test_at_a_receipt_for_which_the_rows_do_not_hold_they_are_made_anew():
    raw = msgspec.json.encode({"type": "track", "event": "e", "userId": "u", "timestamp": iso(NOW + 2 * DAY)})
    job = Job(
        SOURCES[0], [], body=b'{"batch":[%b]}' % raw, bundle=bundle([raw], Envelope(), SOURCES[0], refer)
    )
    assert not usual(job, NOW) and usual(job, NOW + DAY)
    (made,) = Work(NOW, Memory(), refer).of(job).rows
    assert msgspec.json.decode(made.body[5:])["times"]["flag"] == "future"
    assert job.count == 1
