"""From a locked door to the desk: the first owner, a password, an invitation, one's own page, the team."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from litestar.testing import TestClient

from slinga.access import hashing, jobs
from slinga.access.api import routes as access_routes
from slinga.access.members import jobs as team
from slinga.admin.api import routes
from slinga.admin.doors import DOORS
from slinga.admin.shell import Desk
from slinga.runtime.db import Db, open_pool
from slinga.runtime.http import assemble
from slinga.runtime.secrets import Secrets
from slinga.runtime.settings import Settings

GOOD = "moonlight over the harbour"
OTHER = "seven wooden umbrellas"
OWN = {"Origin": "http://testserver.local", "Accept": "text/html"}


@pytest.fixture
def web(database_url: str) -> Iterator[TestClient[Any]]:
    pool = open_pool(database_url, size=3)
    state = {"pool": pool, "secrets": Secrets(b"s" * 40), "desk": Desk(), "doors": DOORS}
    app = assemble([*access_routes, *routes], settings=Settings(), state=state)
    with TestClient(app, base_url="http://testserver.local") as client:
        client.follow_redirects = False
        client.headers.update(OWN)
        yield client
    pool.close()


@pytest.fixture(scope="module")
def good() -> str:
    return hashing.hashed(GOOD)


def owner(db: Db, good: str) -> Any:
    return jobs.add_member(db, "olga@shop.test", "Olga", "owner", hashed=good)


def sign_in(web: TestClient[Any], password: str = GOOD, email: str = "olga@shop.test") -> Any:
    return web.post("/sign-in", data={"email": email, "password": password})


def press(web: TestClient[Any], page: str, action: str, **given: str) -> Any:
    token = re.search(r'name="csrf" value="([^"]+)"', web.get(page).text)
    assert token, page
    return web.post(action, data={"csrf": unescape(token[1]), **given})


def inside(web: TestClient[Any], cookie: str = "") -> bool:
    """Whether the desk opens, with this cookie or the browser's own."""
    if cookie:
        web.cookies.clear()
        web.cookies.set("slinga_session", cookie)
    return bool(web.get("/admin/me").status_code == 200)


def test_the_first_owner_is_made_once(web: TestClient[Any], db: Db) -> None:
    assert "slinga sign-in" in web.get("/sign-in").text
    path = jobs.setup_link(db, "")
    form = {"name": "Olga", "email": "Olga@Shop.test", "password": "short", "locale": "sv"}
    short = web.post(path, data=form)
    assert short.status_code == 400 and "at least 12" in short.text and 'value="Olga@Shop.test"' in short.text
    assert "tried first" in web.post(path, data=form | {"password": "password1234"}).text
    assert web.post(path, data=form | {"password": GOOD}).status_code == 303
    assert inside(web) and "Olga" in web.get("/admin/me").text
    assert web.post(path, data=form | {"password": GOOD, "email": "eve@shop.test"}).status_code == 403
    assert web.get(path).status_code == 403
    assert [(each.email, each.role, each.locale) for each in team.members(db)] == [
        ("olga@shop.test", "owner", "sv")
    ]


def test_a_newer_setup_address_ends_the_older(web: TestClient[Any], db: Db) -> None:
    old, new = jobs.setup_link(db, ""), jobs.setup_link(db, "")
    assert (web.get(old).status_code, web.get(new).status_code) == (403, 200)


def test_a_password_signs_in_and_nothing_else_does(web: TestClient[Any], db: Db, good: str) -> None:
    owner(db, good)
    assert sign_in(web, email=" OLGA@shop.test ").headers["location"] == "/admin"
    assert inside(web)
    web.post("/sign-out")
    assert not inside(web)
    jobs.add_member(db, "nopass@shop.test", "N", "viewer")
    gone = jobs.add_member(db, "gone@shop.test", "G", "viewer", hashed=good)
    team.disable(db, jobs.member(db, 1), gone.id)
    answers = {
        re.sub(r'value="[^"]*"', "", sign_in(web, password, email).text)
        for password, email in (
            (GOOD + "x", "olga@shop.test"),
            (GOOD, "nobody@shop.test"),
            (GOOD, "nopass@shop.test"),
            (GOOD, "gone@shop.test"),
            ("", "olga@shop.test"),
            (GOOD, "not an address"),
        )
    }
    assert len(answers) == 1 and "do not belong together" in answers.pop()
    assert not inside(web)


def test_an_unknown_account_is_checked_like_a_known_one(
    web: TestClient[Any], db: Db, good: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner(db, good)
    checked: list[bool] = []
    true = hashing.belongs
    monkeypatch.setattr(
        hashing, "belongs", lambda stored, text: (checked.append(stored is not None), true(stored, text))[1]
    )
    sign_in(web, "wrong", "olga@shop.test")
    sign_in(web, "wrong", "nobody@shop.test")
    assert checked == [True, False]


def test_too_many_tries_are_told_to_wait_whether_the_account_is_there_or_not(
    web: TestClient[Any], db: Db, good: str
) -> None:
    owner(db, good)
    said = []
    for email in ("olga@shop.test", "nobody@shop.test"):
        for _ in range(jobs.ACCOUNT_TRIES):
            assert sign_in(web, "wrong", email).status_code == 403
        held = sign_in(web, GOOD, email)
        assert held.status_code == 429 and 0 < int(held.headers["retry-after"]) <= jobs.WINDOW_S
        said.append(re.sub(r'value="[^"]*"', "", held.text))
    assert said[0] == said[1] and "Try again in 15 minutes" in said[0]
    db.execute("UPDATE sign_in_try SET until = clock_timestamp()")
    assert sign_in(web).status_code == 303


@pytest.mark.parametrize("path", ["/sign-in", "/sign-in/x", "/setup/x", "/invitations/x", "/sign-out"])
def test_a_form_of_another_site_is_refused(web: TestClient[Any], db: Db, good: str, path: str) -> None:
    owner(db, good)
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = web.post(path, data={"email": "olga@shop.test", "password": GOOD}, headers=headers)
        assert (
            answer.status_code == 403 and "another site" in answer.text and "set-cookie" not in answer.headers
        )


def test_the_form_suits_password_managers_and_keyboards(web: TestClient[Any], db: Db, good: str) -> None:
    owner(db, good)
    page = web.get("/sign-in")
    for part in ('autocomplete="username"', 'autocomplete="current-password"', 'for="email"', 'lang="en"'):
        assert part in page.text
    assert page.headers["cache-control"] == "no-store" and "script" not in page.text


def test_under_https_the_cookie_is_bound_to_the_host(database_url: str, db: Db, good: str) -> None:
    owner(db, good)
    pool = open_pool(database_url, size=2)
    state = {"pool": pool, "secrets": Secrets(b"s" * 40), "desk": Desk(), "doors": DOORS}
    settings = Settings(public_url="https://mail.shop.test")
    with TestClient(assemble([*access_routes, *routes], settings=settings, state=state)) as client:
        answer = client.post(
            "/sign-in", data={"email": "olga@shop.test", "password": GOOD}, follow_redirects=False
        )
        cookie = answer.headers["set-cookie"]
    pool.close()
    assert cookie.startswith("__Host-slinga_session=") and "Domain" not in cookie
    assert all(part in cookie for part in ("Secure", "HttpOnly", "Path=/", "SameSite=lax"))


def test_an_invitation_makes_a_member_once(web: TestClient[Any], db: Db, good: str) -> None:
    owner(db, good)
    sign_in(web)
    page = press(web, "/admin/team", "/admin/team/invitations", email="Anna@shop.test", role="analyst").text
    path = re.search(r'value="http://[^/]+(/invitations/[^"]+)"', page)
    assert path and path[1] not in web.get("/admin/team").text, "shown once"
    web.cookies.clear()
    assert "Analyst" in web.get(path[1]).text and "anna@shop.test" in web.get(path[1]).text
    assert web.post(path[1], data={"name": "Anna", "password": "anna@shop.test"}).status_code == 400
    form = {"name": "Anna", "password": OTHER, "locale": "pl", "role": "owner", "email": "x@shop.test"}
    assert web.post(path[1], data=form).status_code == 303
    assert inside(web) and web.get("/admin/team").status_code == 403
    assert web.post(path[1], data=form).status_code == 403
    assert [(m.email, m.role) for m in team.members(db)][1:] == [("anna@shop.test", "analyst")]


def test_the_team_page_changes_roles_and_keeps_the_last_owner(
    web: TestClient[Any], db: Db, good: str
) -> None:
    olga = owner(db, good)
    anna = jobs.add_member(db, "anna@shop.test", "Anna <b>", "viewer", hashed=good)
    sign_in(web)
    assert "Anna &lt;b&gt;" in web.get("/admin/team").text
    for action in (f"{olga.id}/role", f"{olga.id}/disable"):
        told = press(web, "/admin/team", f"/admin/team/members/{action}", role="viewer")
        assert told.status_code == 400 and "last owner" in told.text
    assert press(web, "/admin/team", f"/admin/team/members/{anna.id}/role", role="king").status_code == 400
    assert (
        press(web, "/admin/team", f"/admin/team/members/{anna.id}/role", role="marketer").status_code == 303
    )
    page = press(web, "/admin/team", f"/admin/team/members/{anna.id}/address").text
    link = re.search(r'value="http://[^/]+(/sign-in/[^"]+)"', page)
    assert link
    assert press(web, "/admin/team", f"/admin/team/members/{anna.id}/disable").status_code == 303
    assert web.post(link[1]).status_code == 403, "a disabled member's address opens nothing"
    assert press(web, "/admin/team", f"/admin/team/members/{anna.id}/enable").status_code == 303
    assert jobs.member(db, anna.id).role == "marketer"
    log = web.get("/admin/team/audit?check=1").text
    assert "change role" in log and f"member:{olga.id}" in log and "whole chain verifies" in log
    assert "anna@" not in log
    assert "disable member" not in web.get("/admin/team/audit?action=invite").text


def test_ones_own_password_asks_for_the_old_and_ends_other_sessions(
    web: TestClient[Any], db: Db, good: str
) -> None:
    owner(db, good)
    sign_in(web)
    other = web.cookies["slinga_session"]
    sign_in(web)
    change = {"page": "/admin/me", "action": "/admin/me/password"}
    assert "not your present" in press(web, **change, old="wrong", password=OTHER).text
    assert press(web, **change, old=GOOD, password="olgaolgaolga").status_code == 400
    assert press(web, **change, old=GOOD, password=OTHER).status_code == 303
    assert inside(web)
    assert sign_in(web, GOOD).status_code == 403 and sign_in(web, OTHER).status_code == 303
    assert not inside(web, other)


def test_a_one_time_address_replaces_a_forgotten_password(web: TestClient[Any], db: Db, good: str) -> None:
    owner(db, good)
    assert web.post(jobs.sign_in_link(db, "", "olga@shop.test")).status_code == 303
    assert 'name="old"' not in web.get("/admin/me").text
    assert press(web, "/admin/me", "/admin/me/password", password=OTHER).status_code == 303
    assert 'name="old"' in web.get("/admin/me").text
    assert sign_in(web, OTHER).status_code == 303


def test_signing_out_everywhere_ends_this_session_too(web: TestClient[Any], db: Db, good: str) -> None:
    owner(db, good)
    sign_in(web)
    kept = web.cookies["slinga_session"]
    assert press(web, "/admin/me", "/admin/me/sign-out-everywhere").headers["location"] == "/sign-in"
    assert not inside(web, kept)


def test_keys_are_made_shown_once_and_withdrawn(web: TestClient[Any], db: Db, good: str) -> None:
    owner(db, good)
    sign_in(web)
    make = {"page": "/admin/team/keys", "action": "/admin/team/keys"}
    assert press(web, **make, source="backend").status_code == 400, "a scope is needed"
    page = press(web, **make, source="backend", scope="people:read").text
    text = re.search(r'value="(sk_[^"]+)"', page)
    assert text and text[1] not in web.get("/admin/team/keys").text
    found = jobs.find_key(db, text[1], "secret")
    assert found is not None and found.scopes == ["people:read"]
    assert press(web, make["page"], f"/admin/team/keys/{found.id}/withdraw").status_code == 303
    assert jobs.find_key(db, text[1], "secret") is None
