"""The frame around every route: faults, headers, limits, health."""

from collections.abc import Iterator
from typing import Any

import pytest
from litestar import Request, get, post
from litestar.params import FromPath, FromQuery
from litestar.testing import TestClient

from slinga.kernel.errors import Conflict, Forbidden, Invalid, Missing, Unavailable
from slinga.runtime.db import open_pool
from slinga.runtime.http import CSP, assemble
from slinga.runtime.settings import Settings

FAULTS = {
    "invalid": Invalid("That is no date; write 2026-01-31.", field="birth_date"),
    "missing": Missing("There is no such journey."),
    "conflict": Conflict("It is published."),
    "forbidden": Forbidden("Not yours."),
    "unavailable": Unavailable("Later."),
    "bug": RuntimeError("person jana@example.org broke it"),
}


@get("/fault/{name:str}", sync_to_thread=False)
def fault(name: FromPath[str]) -> None:
    raise FAULTS[name]


@get("/page", sync_to_thread=False)
def page() -> str:
    return "here"


@post("/echo")
async def echo(request: Request[Any, Any, Any]) -> dict[str, int]:
    return {"length": len(await request.body())}


@get("/number/{value:int}", sync_to_thread=False)
def number(value: FromPath[int], least: FromQuery[int]) -> int:
    return value + least


@pytest.fixture
def client(database_url: str) -> Iterator[TestClient[Any]]:
    pool = open_pool(database_url, size=2)
    settings = Settings(max_body_bytes=1000)
    app = assemble([fault, page, echo, number], settings=settings, state={"pool": pool})
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client
    pool.close()


@pytest.mark.parametrize(
    ("name", "status"),
    [("invalid", 400), ("missing", 404), ("conflict", 409), ("forbidden", 403), ("unavailable", 503)],
)
def test_expected_faults_have_their_status_and_remedy(
    client: TestClient[Any], name: str, status: int
) -> None:
    answer = client.get(f"/fault/{name}")
    assert answer.status_code == status
    assert answer.json()["error"]["message"] == FAULTS[name].args[0]


def test_a_wrong_field_is_named(client: TestClient[Any]) -> None:
    assert client.get("/fault/invalid").json()["error"]["field"] == "birth_date"


def test_an_outage_says_when_to_come_back(client: TestClient[Any]) -> None:
    assert client.get("/fault/unavailable").headers["retry-after"] == "5"


def test_a_bug_tells_nothing_but_a_reference(client: TestClient[Any]) -> None:
    answer = client.get("/fault/bug")
    assert answer.status_code == 500
    assert "jana" not in answer.text
    assert "Traceback" not in answer.text


def test_a_browser_gets_a_page(client: TestClient[Any]) -> None:
    answer = client.get("/fault/missing", headers={"Accept": "text/html"})
    assert answer.headers["content-type"].startswith("text/html")
    assert "There is no such journey." in answer.text


@pytest.mark.parametrize("path", ["/page", "/healthz", "/fault/missing", "/fault/bug", "/no/such/path"])
def test_every_answer_is_armoured(client: TestClient[Any], path: str) -> None:
    headers = client.get(path).headers
    assert headers["content-security-policy"] == CSP
    assert headers["x-content-type-options"] == "nosniff"
    assert "script-src" not in CSP
    assert "unsafe" not in CSP


def test_a_large_body_is_refused(client: TestClient[Any]) -> None:
    assert client.post("/echo", content=b"x" * 1000).json() == {"length": 1000}
    assert client.post("/echo", content=b"x" * 1001).status_code == 413


def test_a_wrong_parameter_is_named(client: TestClient[Any]) -> None:
    answer = client.get("/number/3?least=many")
    assert answer.status_code == 400
    assert "least" in answer.json()["error"]["message"]


def test_health_is_that_of_the_database(client: TestClient[Any]) -> None:
    assert client.get("/healthz/ready").json() == {"status": "ok"}
    client.app.state.pool.close()
    assert client.get("/healthz").status_code == 503
