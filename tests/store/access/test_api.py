"""Signing in from outside, and the guards before other stages' handlers."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from litestar import Request, get, post
from litestar.testing import TestClient

from slinga.access import jobs
from slinga.access.api import csrf_of, door_guard, member_of, routes
from slinga.access.session import COOKIE
from slinga.runtime.db import Db, open_pool
from slinga.runtime.http import assemble
from slinga.runtime.secrets import Secrets
from slinga.runtime.settings import Settings


@get("/desk", guards=[door_guard], sync_to_thread=False)
def desk(request: Request[Any, Any, Any]) -> dict[str, str]:
    found = member_of(request)
    return {"member": found.name if found else "", "csrf": csrf_of(request)}


@post("/desk", guards=[door_guard], sync_to_thread=False)
def change() -> str:
    return "changed"


@pytest.fixture
def client(database_url: str) -> Iterator[TestClient[Any]]:
    pool = open_pool(database_url, size=2)
    doors = {("GET", "/desk"): "own", ("POST", "/desk"): "own"}
    state = {"pool": pool, "secrets": Secrets(b"x" * 32), "doors": doors}
    app = assemble([*routes, desk, change], settings=Settings(), state=state)
    with TestClient(app) as client:
        yield client
    pool.close()


@pytest.fixture
def path(db: Db) -> str:
    jobs.add_member(db, "Jana@Shop.example", "jana", "owner")
    return jobs.sign_in_link(db, "", "jana@shop.example")


def test_a_button_signs_in_once(client: TestClient[Any], path: str) -> None:
    assert re.search(r'<form method="post">', client.get(path).text)
    answer = client.post(path, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert client.get("/desk").json()["member"] == "jana"
    client.cookies.clear()
    again = client.post(path, follow_redirects=False)
    assert again.status_code == 403
    assert "slinga sign-in" in again.text
    assert COOKIE not in client.cookies


def test_opening_the_link_changes_nothing(client: TestClient[Any], path: str) -> None:
    for _ in range(3):
        client.get(path)
        client.head(path)
    assert client.post(path, follow_redirects=False).status_code == 303


def test_a_wrong_link_looks_like_a_right_one_until_pressed(client: TestClient[Any], path: str) -> None:
    assert client.get("/sign-in/nothing").text == client.get(path).text
    assert client.post("/sign-in/nothing").status_code == 403


def test_nobody_enters_without_a_session(client: TestClient[Any]) -> None:
    assert client.get("/desk").status_code == 401
    client.cookies.set(COOKIE, "forged.cookie")
    assert client.get("/desk").status_code == 401


def test_a_form_of_another_site_is_refused(client: TestClient[Any], path: str) -> None:
    client.post(path, follow_redirects=False)
    own = {"Origin": "http://testserver.local"}
    assert client.post("/desk", headers={"Origin": "https://evil.example"}).status_code == 403
    assert client.post("/desk", headers={"Sec-Fetch-Site": "cross-site"} | own).status_code == 403
    assert client.post("/desk").status_code == 403
    assert client.post("/desk", headers=own).status_code == 201
    assert client.post("/desk", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 201


def test_signing_out_forgets(client: TestClient[Any], path: str) -> None:
    client.post(path, follow_redirects=False)
    client.post("/sign-out", follow_redirects=False)
    assert client.get("/desk").status_code == 401
