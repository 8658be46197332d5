"""Roles, passwords and networks: the pure parts of who comes in."""

import asyncio
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slinga.access import hashing
from slinga.access.passwords import refusal
from slinga.access.roles import PERMISSIONS, ROLES, may, role_of, who_may
from slinga.access.session import LASTS_S, Session, cookie_name
from slinga.kernel.errors import Invalid, Unavailable


def test_an_owner_may_all_and_a_viewer_nothing_of_people() -> None:
    assert ROLES["owner"].may == set(PERMISSIONS)
    assert ROLES["viewer"].may == {"own", "figures"}
    assert not any(may("analyst", change) for change in ("change", "write", "publish", "send", "import"))
    assert who_may("team") == ("owner",) and all(may(role, "own") for role in ROLES)


def test_a_role_is_one_of_four() -> None:
    assert role_of("analyst") == "analyst"
    with pytest.raises(Invalid):
        role_of("king")


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "x" * 257,
        "password1234",
        "123456789012",
        "qwertyuiop123",
        "aaaaaaaaaaaaaaa",
        "jana@shop.example",
        "JANA@SHOP.EXAMPLE",
        "jananovotna1",
        "slinga12345678",
    ],
)
def test_a_password_that_is_tried_first_is_refused(password: str) -> None:
    assert refusal(password, "jana@shop.example", "jananovotna")


@pytest.mark.parametrize(
    "password", ["moonlight over the harbour", "žluťoučký kůň úpěl", "kettle-9-rainbow-fox"]
)
def test_length_is_enough_whatever_the_characters(password: str) -> None:
    assert refusal(password, "jana@shop.example", "Jana") == ""


@given(st.text(max_size=300), st.text(max_size=40))
def test_any_text_is_judged_without_a_fault(password: str, name: str) -> None:
    assert isinstance(refusal(password, "jana@shop.example", name), str)


def test_a_password_belongs_to_its_hash_however_it_is_composed() -> None:
    stored = hashing.hashed("caf\u00e9 au lait sucr\u00e9")
    assert stored.startswith("$argon2id$") and not hashing.outdated(stored)
    assert hashing.belongs(stored, "cafe\u0301 au lait sucre\u0301")
    assert not hashing.belongs(stored, "cafe au lait sucre")
    assert not hashing.belongs(None, "nobody's") and not hashing.belongs("no hash", "x")


def test_older_parameters_are_outdated() -> None:
    old = hashing.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("x")
    assert hashing.belongs(old, "x") and hashing.outdated(old)


async def test_work_on_passwords_is_bounded_and_beside_the_loop() -> None:
    gate, running, most = threading.Event(), [0], [0]
    lock = threading.Lock()

    def work() -> None:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        gate.wait(30)
        with lock:
            running[0] -= 1

    tasks = [asyncio.create_task(hashing.beside(work)) for _ in range(hashing.MOST_WAITING)]
    await asyncio.sleep(0)  # let each of them take its place
    with pytest.raises(Unavailable):
        await hashing.beside(work)
    gate.set()
    await asyncio.gather(*tasks)
    assert most[0] <= hashing.AT_ONCE


def test_a_session_by_a_one_time_address_may_replace_a_password_for_an_hour() -> None:
    session = Session(1, 0, 1_000_000 + LASTS_S, "x", by_link=True)
    assert session.may_replace_password(1_003_599) and not session.may_replace_password(1_003_600)
    assert not Session(1, 0, 1_000_000 + LASTS_S, "x").may_replace_password(1_000_000)
    assert cookie_name(True).startswith("__Host-")
