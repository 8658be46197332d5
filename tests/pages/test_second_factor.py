"""A second factor is set up, asked for, used up, required and taken away; sessions are listed and ended."""

import re
import time
from html import unescape
from typing import Any

import pyotp
import pytest
from litestar.testing import TestClient
from tests.pages.test_sign_in import GOOD, good, inside, owner, press, sign_in, web

from slinga.access import jobs
from slinga.access.factor import jobs as factor
from slinga.runtime.db import Db

__all__ = ["good", "web"]
PAGE, ACTION = "/admin/me", "/admin/me/second-factor"


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock of codes stands still, so that the next code is one this file makes."""
    now = time.time()
    monkeypatch.setattr(factor.time, "time", lambda: now)


def code(secret: str, steps: int = 0) -> str:
    return str(pyotp.TOTP(secret).at(int(factor.time.time()), counter_offset=steps))


def set_up(web: TestClient[Any]) -> tuple[str, list[str]]:
    """Set a second factor up by the pages: its secret and the recovery codes."""
    page = press(web, PAGE, ACTION, do="begin", old=GOOD)
    assert page.status_code == 200, page.text[:500]
    secret = re.search(r'<code class="clip">(\w+)</code>', page.text)
    sealed = re.search(r'name="sealed" value="(\w+)"', page.text)
    codes = re.findall(r"<li><code>([a-z0-9-]{11})</code>", page.text)
    assert secret and sealed and len(codes) == 10 and "<svg" in page.text and "style=" not in page.text
    sent = {"do": "confirm", "sealed": sealed[1]}
    wrong = press(web, PAGE, ACTION, code="000000", **sent)
    assert wrong.status_code == 400 and secret[1] in wrong.text, "the same picture once more"
    assert press(web, PAGE, ACTION, code=code(secret[1], -1), **sent).status_code == 303
    assert inside(web)
    return secret[1], codes


def test_it_is_set_up_and_asked_for_and_each_code_works_once(web: TestClient[Any], db: Db, good: str) -> None:
    owner(db, good)
    sign_in(web)
    other = web.cookies["slinga_session"]
    secret, codes = set_up(web)
    assert "10 recovery codes are left" in web.get(PAGE).text
    present = web.cookies["slinga_session"]
    assert not inside(web, other) and inside(web, present), "sessions from before have ended"

    web.cookies.clear()
    assert web.get("/second-factor").headers["location"] == "/sign-in", "nobody is asked before the password"
    answer = sign_in(web)
    assert answer.headers["location"] == "/second-factor" and "slinga_session" not in web.cookies
    assert not inside(web)
    for wrong in ("", "123", "000000", code(secret, -1), "abcde-fghjk"):
        assert web.post("/second-factor", data={"code": wrong}).status_code == 403, wrong
    half = web.cookies["slinga_half"]
    assert (
        web.post("/second-factor", data={"code": f" {code(secret)[:3]} {code(secret)[3:]} "}).status_code
        == 303
    )
    assert inside(web)
    web.cookies.clear()
    web.cookies.set("slinga_half", half)
    assert web.post("/second-factor", data={"code": code(secret)}).status_code == 403, "a code works once"
    assert web.post("/second-factor", data={"code": codes[3].upper()}).status_code == 303
    assert inside(web) and "9 recovery codes are left" in web.get(PAGE).text
    actions = [entry.action for entry in jobs.audited(db)]
    assert actions.count("use_recovery_code") == 1 and "set_second_factor" in actions
    stored = str(
        db.execute("SELECT second_factor, array(SELECT hash FROM recovery_code) FROM member").fetchall()
    )
    assert secret not in stored and codes[0] not in stored


def test_codes_are_counted_like_passwords(web: TestClient[Any], db: Db, good: str) -> None:
    owner(db, good)
    sign_in(web)
    secret, _ = set_up(web)
    web.cookies.clear()
    sign_in(web)
    for _ in range(jobs.ACCOUNT_TRIES):
        assert web.post("/second-factor", data={"code": "000000"}).status_code == 403
    told = web.post("/second-factor", data={"code": code(secret)})
    assert told.status_code == 429 and told.headers["retry-after"]


def test_a_one_time_address_does_not_go_round_it(web: TestClient[Any], db: Db, good: str) -> None:
    olga = owner(db, good)
    sign_in(web)
    secret, _ = set_up(web)
    web.cookies.clear()
    answer = web.post(jobs.sign_in_link(db, "", olga.email))
    assert answer.headers["location"] == "/second-factor"
    assert web.post("/second-factor", data={"code": code(secret)}).status_code == 303
    assert "Present password" not in unescape(web.get(PAGE).text), "a forgotten password may be replaced"


def test_it_asks_for_the_password_and_a_form_of_somebody_else_is_refused(
    web: TestClient[Any], db: Db, good: str
) -> None:
    owner(db, good)
    jobs.add_member(db, "bo@shop.test", "Bo", "viewer", hashed=good)
    sign_in(web)
    assert press(web, PAGE, ACTION, do="begin", old="wrong").status_code == 400
    page = press(web, PAGE, ACTION, do="begin", old=GOOD).text
    sealed = re.search(r'name="sealed" value="(\w+)"', page)
    secret = re.search(r'<code class="clip">(\w+)</code>', page)
    web.cookies.clear()
    sign_in(web, email="bo@shop.test")
    assert sealed and secret
    answer = press(web, PAGE, ACTION, do="confirm", sealed=sealed[1], code=code(secret[1]))
    assert answer.status_code == 400 and "Begin again" in answer.text


def test_an_owner_requires_it_of_everybody_and_takes_one_away(
    web: TestClient[Any], db: Db, good: str
) -> None:
    owner(db, good)
    bo = jobs.add_member(db, "bo@shop.test", "Bo", "marketer", hashed=good)
    sign_in(web)
    team = {"page": "/admin/team", "action": "/admin/team/second-factor"}
    assert press(web, **team, required="yes").status_code == 400, "first one's own"
    set_up(web)
    assert press(web, **team, required="yes").status_code == 303
    assert press(web, PAGE, ACTION, do="remove", old=GOOD).status_code == 409
    ours = web.cookies["slinga_session"]

    web.cookies.clear()
    sign_in(web, email="bo@shop.test")
    for path in ("/admin", "/admin/people", "/admin/journeys/new"):
        assert web.get(path).headers["location"] == "/admin/me?needed"
    assert "wants a second factor" in web.get("/admin/me?needed").text
    set_up(web)
    assert web.get("/admin/journeys").status_code == 200

    web.cookies.clear()
    web.cookies.set("slinga_session", ours)
    assert press(web, "/admin/team", f"/admin/team/members/{bo.id}/second-factor").status_code == 303
    assert not jobs.member(db, bo.id).second_factor
    assert db.execute("SELECT count(*) FROM recovery_code WHERE member = %s", (bo.id,)).fetchone() == (0,)


def test_sessions_are_listed_and_ended_one_by_one(web: TestClient[Any], db: Db, good: str) -> None:
    owner(db, good)
    firefox = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
    sign_in(web)
    first = web.cookies["slinga_session"]
    web.cookies.clear()
    web.post("/sign-in", data={"email": "olga@shop.test", "password": GOOD}, headers=firefox)
    second = web.cookies["slinga_session"]
    page = web.get(PAGE).text
    assert "Firefox, Linux" in page and page.count("this one") == 1
    (other,) = re.findall(r"/admin/me/sessions/(\d+)/end", page)
    assert press(web, PAGE, f"/admin/me/sessions/{other}/end").status_code == 303
    assert press(web, PAGE, f"/admin/me/sessions/{other}/end").status_code == 400, "it has ended"
    assert not inside(web, first) and inside(web, second)
    answer = press(web, PAGE, "/admin/me/sign-out-others")
    third = answer.cookies["slinga_session"]
    assert third != second and not inside(web, second) and inside(web, third)
    web.post("/sign-out")
    assert not inside(web, third), "a cookie that was kept opens nothing after signing out"


def test_a_session_of_somebody_else_is_not_ended(web: TestClient[Any], db: Db, good: str) -> None:
    owner(db, good)
    jobs.add_member(db, "bo@shop.test", "Bo", "viewer", hashed=good)
    sign_in(web)
    ours = web.cookies["slinga_session"]
    (number,) = db.execute("SELECT max(id) FROM member_session").fetchone() or (0,)
    web.cookies.clear()
    sign_in(web, email="bo@shop.test")
    assert press(web, PAGE, f"/admin/me/sessions/{number}/end").status_code == 400
    assert inside(web, ours)


def test_what_can_be_accepted_no_more_is_forgotten_after_a_month(db: Db, good: str) -> None:
    from slinga.access.members import jobs as team

    olga = owner(db, good)
    for n in range(4):
        team.invite(db, olga, f"p{n}@shop.test", "viewer", "")
    db.execute("UPDATE invitation SET used_at = now() - interval '31 days' WHERE email = 'p0@shop.test'")
    db.execute("UPDATE invitation SET expires_at = now() - interval '31 days' WHERE email = 'p1@shop.test'")
    db.execute("UPDATE invitation SET withdrawn_at = now() WHERE email = 'p2@shop.test'")
    team.invite(db, olga, "p9@shop.test", "viewer", "")
    left = db.execute("SELECT email FROM invitation ORDER BY id").fetchall()
    assert [one.partition("@")[0] for (one,) in left] == ["p2", "p3", "p9"]
