"""The desk as it is served to a signed-in member, over a real database."""

import time
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from litestar.testing import TestClient

from slinga.access.jobs import add_member
from slinga.access.session import COOKIE, Session, cookie_value
from slinga.admin import Desk, Hold, Late
from slinga.admin.api import routes
from slinga.admin.doors import DOORS
from slinga.admin.refusals.api import EDGE
from slinga.api.suppression import Book
from slinga.delivery.book import store as book
from slinga.engine.jobs import Programs
from slinga.engine.model import Person, encode
from slinga.ingest.log import append
from slinga.ingest.model import New
from slinga.kernel.clock import instant
from slinga.kernel.ids import bucket_of, digest, person_key
from slinga.onsite import Site
from slinga.onsite.api import routes as public_routes
from slinga.runtime.db import At, Db, Json, Key, open_pool
from slinga.runtime.http import assemble
from slinga.runtime.secrets import Secrets
from slinga.runtime.settings import Settings

NOW = instant("2026-03-01T10:00:00Z")
MODEL = {
    "key": "bow-tie",
    "name": "Seven-stage bow-tie",
    "stages": [
        {"key": "invitation", "name": "Invitation", "side": "left"},
        {"key": "attention", "name": "Attention", "side": "left"},
        {"key": "interest", "name": "Interest", "side": "left", "statuses": [
            {"key": "browsing", "name": "Browsing"}, {"key": "lead", "name": "Known, has not bought"}]},
        {"key": "conversion", "name": "Conversion", "side": "knot"},
        {"key": "reassurance", "name": "Reassurance", "side": "right"},
        {"key": "loyalty", "name": "Loyalty", "side": "right", "statuses": [
            {"key": "regular", "name": "Regular"}, {"key": "cooling", "name": "Cooling down"}]},
        {"key": "ambassador", "name": "Ambassador", "side": "right"},
    ],
}  # fmt: skip


class World(msgspec.Struct):
    """A member's browser, the database behind it, and ways to fill it."""

    web: TestClient
    db: Db
    app: Any
    now: int = NOW

    def publish(self, kind: str, key: str, document: dict[str, Any]) -> None:
        self.db.execute(
            "INSERT INTO definition VALUES (%s, %s, 1, %s, slinga_now(), '')", (kind, key, Json(document))
        )
        row = self.db.execute("SELECT number, parts FROM program ORDER BY number DESC LIMIT 1").fetchone()
        number, parts = row or (0, [])
        parts = [*parts, {"kind": kind, "key": key, "version": 1, "live": True}]
        self.db.execute(
            "INSERT INTO program VALUES (%s, slinga_now(), 'Europe/Prague', %s)", (number + 1, Json(parts))
        )

    def person(
        self, email: str = "", *, stage: str = "interest", status: str | None = None, **traits: Any
    ) -> str:
        key = (
            person_key("email", email)
            if email
            else person_key("anonymous", digest(stage, status, *traits.items()))
        )
        known = traits | ({"email": email} if email else {})
        self.db.execute(
            "INSERT INTO person VALUES (%s, %s, %s, 1, 1, 0, NULL, NULL, slinga_now())",
            (bucket_of(key), Key(key), encode(Person(key))),
        )
        self.db.execute(
            "INSERT INTO profile (bucket, person, traits, identified, tags, reachable)"
            " VALUES (%s, %s, %s, %s, %s, %s)",
            (
                bucket_of(key),
                Key(key),
                Json(known),
                bool(email),
                ["vip"] if email else [],
                ["email"] if email else [],
            ),
        )
        self.db.execute(
            "INSERT INTO position VALUES (%s, %s, 'bow-tie', %s, %s, slinga_now())",
            (bucket_of(key), Key(key), stage, status),
        )
        return key

    def fact(self, key: str, kind: str, name: str, at: int = NOW, **body: Any) -> None:
        self.db.execute(
            "INSERT INTO fact (bucket, person, seq, kind, name, at, body) VALUES (%s, %s, 0, %s, %s, %s, %s)",
            (bucket_of(key), Key(key), kind, name, At(at), Json(body)),
        )

    def log(self, *inputs: New) -> None:
        with self.db.transaction():
            append(self.db, inputs)

    def message(
        self, key: str, *, state: str = "accepted", reason: str = "", n: int = 0, **other: str
    ) -> None:
        shown = {"journey": "winback", "template": "we-miss-you", "address": "anna@shop.test"} | other
        self.fact(key, "send_planned", shown["journey"], template=shown["template"], channel="email")
        name, at = digest(key, n, state, reason), At(self.now)
        columns = {
            "bucket": bucket_of(key),
            "id": Key(name),
            "send_key": name,
            "person": Key(key),
            "version": 1,
        }
        columns |= {
            "class": "marketing",
            "channel": "email",
            "topic": "news",
            "run": "",
            "node": "",
            "lane": "",
        }
        columns |= {
            "priority": 0,
            "variables": Json({}),
            "witness": Json({}),
            "state": state,
            "reason": reason,
        }
        columns |= (
            dict.fromkeys(("planned_at", "not_before", "expires_at", "due_at", "changed_at"), at) | shown
        )
        places = ", ".join(["%s"] * len(columns))
        self.db.execute(
            f"INSERT INTO message ({', '.join(columns)}) VALUES ({places})", tuple(columns.values())
        )

    def mail(self, raw: bytes, *, subject: str = "Hello", recipient: str = "anna@shop.test") -> int:
        row = self.db.execute(
            "INSERT INTO dev_mail"
            " (channel, message, message_id, sender, recipient, subject, raw, received_at)"
            " VALUES ('email', %s, '<1@x>', 'shop@shop.test', %s, %s, %s, slinga_now()) RETURNING id",
            (Key("0" * 32), recipient, subject, raw),
        ).fetchone()
        return int(row[0]) if row else 0

    def get(self, path: str, status: int = 200) -> str:
        answer = self.web.get(path)
        assert answer.status_code == status, answer.text[:500]
        return answer.text

    def csrf(self, path: str = "/admin/marketing") -> str:
        return self.get(path).split('name="csrf" value="')[1].split('"')[0]


class Switch:
    """A stop switch that remembers what was asked of it."""

    def __init__(self) -> None:
        self.hold: Hold | None = None
        self.asked: list[tuple[str, ...]] = []

    def desk(self) -> Desk:
        return Desk(
            hold=lambda db: self.hold, stop=self.stop, resume=self.resume, late=lambda db: self.late()
        )

    def late(self) -> list[Late]:
        return [Late("winback", 12, NOW, 3)] if self.hold else []

    def stop(self, db: Db, member: str, reason: str) -> None:
        self.hold = Hold(NOW, member, reason)
        self.asked.append(("stop", member, reason))

    def resume(self, db: Db, member: str, answer: str) -> None:
        self.hold = None
        self.asked.append(("resume", member, answer))


@pytest.fixture
def switch() -> Switch:
    return Switch()


@pytest.fixture
def world(database_url: str, db: Db, switch: Switch) -> Iterator[World]:
    db.execute("UPDATE clock SET frozen_at = %s", (At(NOW),))
    pool = open_pool(database_url, size=3)
    keys = Secrets(b"s" * 40)
    state = {"pool": pool, "secrets": keys, "desk": switch.desk(), "site": Site(key=keys.key("links"))}
    state |= {"doors": DOORS, "program": Programs().current, "address_key": str.encode}
    state["book"] = Book(book.suppress, book.unsuppress, book.suppressions)
    app = assemble([*routes, *public_routes], settings=Settings(), state=state, edge=EDGE)
    with TestClient(app, base_url="http://testserver.local") as web:
        web.follow_redirects = False
        maria = add_member(db, "maria@shop.test", "maria", "owner")
        session = Session(maria.id, maria.epoch, int(time.time()) + 3600, "id")
        web.cookies.set(COOKIE, cookie_value(keys.key("session"), session))
        web.headers.update({"sec-fetch-site": "same-origin", "accept": "text/html"})
        yield World(web, db, app)
    pool.close()


@pytest.fixture
def bow_tie() -> dict[str, Any]:
    return MODEL
