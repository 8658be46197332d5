"""Merge requests in any order end with one person and no circle."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from slinga.identity.merge import Verdict, decide, direct
from slinga.ingest.model import CLAIMED, PROVEN
from slinga.kernel.ids import person_key


def settle(requests: list[tuple[str, str]], order: random.Random, keys: list[str]) -> dict[str, str]:
    """Deliver all requests in a random order, as many workers would; the survivor of each key."""
    forward: dict[str, str] = {}
    queue = [direct(a, b) for a, b in requests]
    while queue:
        to, other = queue.pop(order.randrange(len(queue)))
        verdict = decide(to, forward.get(to), other, PROVEN, "identify", proven=False)
        if verdict.verdict is Verdict.PASS_ON:
            queue.append((verdict.to, verdict.other))
        elif verdict.verdict is Verdict.HAND_OVER:
            assert to not in forward
            forward[to] = verdict.other

    def root(key: str) -> str:
        for _ in range(len(keys) + 1):
            if key not in forward:
                return key
            key = forward[key]
        raise AssertionError("a circle")

    return {key: root(key) for key in keys}


@settings(max_examples=200)
@given(st.integers(1, 50), st.integers(0, 2**32), st.data())
def test_fifty_devices_in_random_order_are_one_person(devices: int, seed: int, data: st.DataObject) -> None:
    order = random.Random(seed)
    user = person_key("user", "u1")
    keys = [person_key("anonymous", str(n)) for n in range(devices)] + [
        person_key("email", "a@example.org"),
        user,
    ]
    requests = [(key, user) for key in keys[:-1]]
    requests += [(order.choice(keys), order.choice(keys)) for _ in range(data.draw(st.integers(0, 30)))]
    requests = [(a, b) for a, b in requests if a != b]
    assert set(settle(requests, order, keys).values()) == {user}


def test_two_user_ids_merge_only_by_a_servers_alias() -> None:
    one, two = direct(person_key("user", "a"), person_key("user", "b"))
    assert decide(one, None, two, PROVEN, "identify", proven=True).verdict is Verdict.TWO_KNOWN_PEOPLE
    assert decide(one, None, two, CLAIMED, "alias", proven=True).verdict is Verdict.TWO_KNOWN_PEOPLE
    assert decide(one, None, two, PROVEN, "alias", proven=True).verdict is Verdict.HAND_OVER


def test_a_browser_cannot_take_over_a_proven_address() -> None:
    address, user = person_key("email", "a@example.org"), person_key("user", "mallory")
    assert decide(address, None, user, CLAIMED, "identify", proven=True).verdict is Verdict.UNPROVEN_ADDRESS
    assert decide(address, None, user, PROVEN, "identify", proven=True).verdict is Verdict.HAND_OVER


def test_a_forwarded_request_of_the_same_person_is_done() -> None:
    address, user = person_key("email", "a@example.org"), person_key("user", "u")
    assert decide(address, user, user, PROVEN, "identify", proven=False).verdict is Verdict.SAME
