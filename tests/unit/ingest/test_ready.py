"""Rows made before the receipt are those that are made after it."""

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slinga.access.proofs import IdentityKey
from slinga.identity.identifiers import refer
from slinga.ingest.model import CLAIMED, PROVEN, Call, Drop, Source
from slinga.ingest.ready import ready
from slinga.ingest.rows import KNOWN_FOR, SPAN, row, spell
from slinga.ingest.steps import enter
from slinga.kernel.clock import DAY, HOUR, MINUTE

NOW = 1_790_000_000_000_000
TIME = st.none() | st.sampled_from([NOW + n for n in (0, -HOUR, HOUR, DAY, 2 * DAY, 4 * MINUTE, -6 * MINUTE)])
ID = st.sampled_from([None, "u1", "null", "", "é", "x" * 300])
BODY = st.dictionaries(st.sampled_from(["email", "a", "phone"]), st.sampled_from(["a@example.org", "x", 1]))
CONTEXT = st.dictionaries(
    st.sampled_from(["locale", "identityToken", "externalIds"]),
    st.sampled_from(["t", [{"type": "a", "id": "b"}]]),
)
CALL = st.builds(
    Call,
    type=st.sampled_from(["track", "identify", "group", "page", "alias"]),
    message_id=st.sampled_from(["", "m1", "ø"]),
    user_id=ID,
    anonymous_id=ID,
    previous_id=ID,
    group_id=st.just("g"),
    event=st.sampled_from(["Ping", ""]),
    properties=BODY,
    traits=BODY,
    context=CONTEXT,
    happened_at=TIME | st.just(-5),
    sent_at=TIME,
    relayed=st.booleans(),
)
SOURCES = [
    Source("server", PROVEN),
    Source("shop", CLAIMED),
    Source("strict", CLAIMED, proofs=(IdentityKey(1, "strict", "RS256", "pem", True),)),
]


def plain(rows):
    """Rows with their documents decoded: the order of members says nothing."""
    return [(*each[:5], msgspec.json.decode(each[5][5:])) for each in rows]


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(CALL, st.sampled_from(SOURCES), TIME.filter(bool))
def test_rows_made_at_once_are_those_made_after_the_receipt(call, source, received):
    made = ready(call, source, refer)
    if made is None or not made.low <= received < made.high:
        return
    entry = enter(call, source, received, refer)
    assert not isinstance(entry, Drop) and entry.warnings == ()
    assert plain([made.row, *(merge for _, merge in made.merges)]) == plain([row(new) for new in entry.news])
    assert [dedupe for dedupe, _ in made.merges] == [new.dedupe for new in entry.news[1:]]


@pytest.mark.parametrize("kind", ["track", "page", "identify", "group"])
def test_what_servers_send_needs_not_wait_for_its_receipt(kind):
    call = Call(kind, "m", "u", "a", None, "g", "e", {"a": 1}, {"b": 2}, {"locale": "cs"}, NOW, NOW + HOUR)
    made = ready(call, SOURCES[0], refer)
    assert made is not None and made.low <= NOW + HOUR < made.high and len(made.merges) == 1


@given(st.integers(0, 2**53))
def test_a_key_is_looked_for_wherever_it_may_stand(now):
    when = spell(now)
    assert when.low <= now < when.high and when.span == now // SPAN
    assert when.twice == ((now - KNOWN_FOR) // SPAN < when.span and now % SPAN < KNOWN_FOR)
