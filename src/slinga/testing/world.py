"""A whole Slinga on a virtual clock, driven and observed from outside, for tests and for plug-in authors.

In: HTTP calls as a shop and its visitors make them, and the passing of time. Out: the mails that a real
SMTP server was given, the messages of other channels, the public pages.
Always true: nothing is mocked: a real PostgreSQL, the web application over ASGI, the real worker, the real
courier with the real SMTP channel. The clock stands still but where the test moves it, and moving it stops
at every instant at which something falls due.
"""

import email
import email.policy
import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from litestar.testing import TestClient

from slinga.access.jobs import add_key
from slinga.app import web
from slinga.broadcasts import jobs as broadcasts
from slinga.channels import mailbox
from slinga.delivery import store as outbox
from slinga.engine import store as engine
from slinga.engine.jobs import Definition, Programs, person_of, publish
from slinga.engine.model import Person, Program
from slinga.ingest import log
from slinga.ingest.model import CLAIMED, PROVEN, New
from slinga.journeys import shipped as journeys
from slinga.kernel.calendar import add, period, zone
from slinga.kernel.clock import Instant, instant, iso
from slinga.kernel.ids import person_key
from slinga.lifecycle import models
from slinga.loops import address, judge, make_courier, make_worker
from slinga.messages import shipped as templates
from slinga.onsite import store as onsite
from slinga.people.log import Consent, record
from slinga.people.model import Fact
from slinga.runtime import clock
from slinga.runtime.db import connect, open_pool
from slinga.runtime.settings import load
from slinga.segments.store import count_matching
from slinga.testing.sink_thread import Sink, SinkThread

HUMAN = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
ZONE = "Europe/Stockholm"


class Mail(msgspec.Struct, frozen=True):
    """A mail that arrived. `at` is the virtual instant of its arrival."""

    at: Instant
    to: str
    subject: str
    journey: str
    template: str
    html: str
    text: str
    headers: dict[str, str]
    raw: bytes

    @property
    def links(self) -> list[str]:
        """Every web address a reader can click, in order."""
        return re.findall(r'<a[^>]+href="(https?://[^"]+)"', self.html)


class World:
    """Drive it with `track`, `page`, `identify`, `forward`; look with `mails`, `stage`, `facts`."""

    def __init__(self, url: str, data: Path, sink: Sink, at: str, extra: dict[str, str]) -> None:
        environment = {
            "SLINGA_DATABASE_URL": url,
            "SLINGA_DATA_DIR": str(data),
            "SLINGA_SMTP_URL": sink.url,
            "SLINGA_MAIL_FROM": "The Shop <hello@shop.example>",
            "SLINGA_ZONE": ZONE,
            **extra,
        }
        self.settings = load(environment)
        self.db = connect(url)
        clock.freeze(self.db, instant(at))
        self.server_key = add_key(self.db, "write", "shop server", trust=PROVEN)
        self.browser_key = add_key(self.db, "write", "shop browser", trust=CLAIMED)
        self.pool = open_pool(url, size=6)
        self.courier = make_courier(self.settings, self.pool)
        self.worker = make_worker(self.db)
        self.client = TestClient(web(self.settings), base_url=self.settings.base_url)
        self.sink = sink
        self._seen = 0
        self._mails: list[Mail] = []
        self._count = 0

    # --- definitions -----------------------------------------------------------------------------

    def publish(self, *definitions: Definition, zone: str = ZONE) -> int:
        """Publish and let everybody adopt it."""
        number = publish(self.db, definitions, zone=zone)
        self.settle()
        return number

    def publish_shipped(
        self, *keys: str, models_: Sequence[str] = ("bow-tie",), policy: dict[str, Any] | None = None
    ) -> int:
        """Publish shipped journeys by key with all templates, segments, scores, and the models named."""
        found = [Definition("template", key, document) for key, document in templates.documents().items()]
        found += [Definition("segment", key, journeys.document(key)) for key in journeys.SEGMENTS]
        found += [Definition("score", key, models.document(key)) for key in models.SCORES]
        found += [Definition("model", key, models.document(key)) for key in models_]
        found += [Definition("journey", key, journeys.document(key)) for key in keys]
        found.append(Definition("brand", "brand", BRAND))
        if policy is not None:
            found.append(Definition("policy", "policy", policy))
        return self.publish(*found)

    # --- what the shop and its visitors do ---------------------------------------------------------

    def call(self, path: str, body: dict[str, Any], *, key: str = "", settle: bool = True) -> dict[str, Any]:
        """POST to /v1 as a client does; asserts that it was accepted."""
        self._count += 1
        body = {"messageId": f"m{self._count}", "timestamp": iso(self.now()), **body}
        basic = b64encode(f"{key or self.server_key}:".encode()).decode()
        answer = self.client.post(f"/v1/{path}", json=body, headers={"Authorization": f"Basic {basic}"})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        assert not found.get("errors"), found
        if settle:
            self.settle()
        return found

    def track(
        self, user: str, event: str, /, *, device: str = "", settle: bool = True, **properties: Any
    ) -> None:
        """The shop's server reports what a known person (or, with `device` alone, a browser) did."""
        body: dict[str, Any] = {"event": event, "properties": properties}
        self._who(body, user, device)
        self.call("track", body, settle=settle)

    def browse(self, device: str, event: str = "", /, *, user: str = "", **properties: Any) -> None:
        """A visitor's browser reports an event, or without one a page view, with the public key."""
        body: dict[str, Any] = {"properties": properties, "context": {"userAgent": HUMAN}}
        self._who(body, user, device)
        if event:
            self.call("track", {**body, "event": event}, key=self.browser_key)
        else:
            self.call("page", body, key=self.browser_key)

    def identify(self, user: str, /, *, device: str = "", browser: bool = False, **traits: Any) -> None:
        """Somebody says who they are: to the shop's server, or in a form of the site."""
        body: dict[str, Any] = {"traits": traits}
        self._who(body, user, device)
        self.call("identify", body, key=self.browser_key if browser else "")

    def _who(self, body: dict[str, Any], user: str, device: str) -> None:
        if user:
            body["userId"] = user
        if device:
            body["anonymousId"] = device

    def consent(
        self, user: str, channel: str = "email", topic: str = "", action: str = "granted", **more: Any
    ) -> None:
        """The person allows or forbids a channel, as a form of the shop records it."""
        entry = Consent(
            person_key("user", user), channel, topic, action, source=more.pop("source", "form"), **more
        )
        with self.db.transaction():
            record(self.db, [entry])
        self.settle()

    def known(self, user: str, *, tracking: bool = True, **traits: Any) -> None:
        """A person the shop knows, reachable by e-mail with their permission."""
        self.identify(user, **{"email": f"{user}@example.org", "firstName": user.title(), **traits})
        self.consent(user)
        if tracking:
            self.consent(user, "tracking")

    def allow_push(self, user: str) -> None:
        """The person's browser lets the shop send push messages."""
        address = f"https://push.example/{user}"
        self.track(user, "Thing Updated", type="push_subscription", id=address)
        self.consent(user, "push")

    def order(self, user: str, order: str, total: float = 100.0, **properties: Any) -> None:
        """A completed order."""
        self.track(user, "Order Completed", order_id=order, total=total, currency="SEK", **properties)

    def command(self, user: str, verb: str, **body: Any) -> None:
        """A member of the team asks."""
        with self.db.transaction():
            log.append(self.db, [New(person_key("user", user), "command", verb, body)])
        self.settle()

    # --- time --------------------------------------------------------------------------------------

    def now(self) -> Instant:
        """The virtual present."""
        return clock.now(self.db)

    def settle(self) -> None:
        """Everything that is due now, until nothing is."""
        while True:
            self.worker.drain()
            if address(self.db):
                continue
            judged = judge(self.db)
            waiting = outbox.waiting(self.db)
            if waiting[1] is not None and waiting[1] <= self.now():
                self.courier.run_until_idle()
                self._collect()
                if outbox.waiting(self.db) != waiting:
                    continue
            if not judged and self.worker.tick().idle and not broadcasts.finish(self.db):
                return

    def until(self, at: Instant | str) -> None:
        """Let time pass up to an instant, stopping wherever something falls due."""
        target = instant(at) if isinstance(at, str) else at
        while True:
            now = self.now()
            ahead = (
                engine.next_due(self.db),
                outbox.waiting(self.db)[1],
                onsite.next_due(self.db),
                broadcasts.next_due(self.db),
            )
            coming = min((each for each in ahead if each is not None and each > now), default=target)
            clock.move_to(self.db, min(coming, target))
            self.settle()
            if coming >= target:
                return

    def forward(self, length: str) -> None:
        """Let a length of time pass, such as 2h, 3d or 6mo."""
        self.until(add(self.now(), period(length), zone(ZONE)))

    # --- what came of it -----------------------------------------------------------------------------

    def _collect(self) -> None:
        for taken in self.sink.mails[self._seen :]:
            parsed = email.message_from_bytes(taken.data, policy=email.policy.default)
            assert isinstance(parsed, EmailMessage)
            html, text = parsed.get_body(("html",)), parsed.get_body(("plain",))
            journey, template, *_ = [*str(parsed.get("Feedback-ID", "")).split(":"), "", ""]
            self._mails.append(
                Mail(
                    at=self.now(),
                    to=taken.recipient,
                    subject=str(parsed["subject"]),
                    journey=journey,
                    template=template,
                    html=html.get_content() if html else "",
                    text=text.get_content() if text else "",
                    headers={name: str(value) for name, value in parsed.items()},
                    raw=taken.data,
                )
            )
        self._seen = len(self.sink.mails)

    def mails(self, user: str = "", *, template: str = "") -> list[Mail]:
        """Mails that arrived, oldest first."""
        to = f"{user}@example.org" if user and "@" not in user else user
        return [m for m in self._mails if (not to or m.to == to) and (not template or m.template == template)]

    def templates(self, user: str = "") -> list[str]:
        """The templates of the mails that arrived, oldest first."""
        return [mail.template for mail in self.mails(user)]

    def pushes(self) -> list[mailbox.Kept]:
        """Web pushes handed to the push channel, oldest first."""
        return [kept for kept in reversed(mailbox.latest(self.db, limit=500)) if kept.channel == "push"]

    def program(self) -> Program:
        """The definitions in force."""
        return Programs().current(self.db)

    def person(self, user: str, kind: str = "user") -> Person:
        """The state of a person, through merges."""
        found = person_of(self.db, person_key(kind, user))
        assert found is not None, f"nobody is known as {kind} {user}"
        return found

    def stage(self, user: str, model: str = "bow-tie") -> tuple[str, str | None]:
        """(stage, status) of a person."""
        position = self.person(user).positions[model]
        return position.stage, position.status

    def facts(self, user: str, kind: str = "", name: str = "") -> list[Fact]:
        """What was recorded of a person, oldest first."""
        facts = self.facts_about(self.person(user).key)
        return [f for f in facts if (not kind or f.kind == kind) and (not name or f.name == name)]

    def facts_about(self, key: str) -> list[Fact]:
        """What was recorded under one key, oldest first."""
        return engine.facts_of(self.db, key)

    def counted(self, segment: str) -> int:
        """How many people the set query finds for a published segment now."""
        program = self.program()
        return count_matching(self.db, program.segments[segment].condition, program.zone)

    def moves(self, user: str, model: str = "bow-tie") -> list[tuple[str | None, str]]:
        """Stage moves as (from, to), oldest first."""
        return [
            (f.body.get("from_stage"), f.body["to_stage"]) for f in self.facts(user, "stage_moved", model)
        ]

    # --- what a reader does with a mail ------------------------------------------------------------------

    def get(
        self, url: str, *, agent: str = HUMAN, method: str = "GET", data: dict[str, str] | None = None
    ) -> Any:
        """Fetch an address of this Slinga; redirects are not followed."""
        parts = urlsplit(url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        return self.client.request(
            method, path, headers={"User-Agent": agent}, data=data, follow_redirects=False
        )

    def click(self, mail: Mail, number: int = 0, *, agent: str = HUMAN) -> str:
        """Follow a tracked link; where it leads. The click counts after the settle delay."""
        tracked = [link for link in mail.links if urlsplit(link).path.startswith("/c/")]
        assert tracked, f"no tracked link in {mail.template}"
        answer = self.get(tracked[number], agent=agent)
        assert answer.status_code == 302, answer.text
        return str(answer.headers["location"])

    def click_push(self, kept: mailbox.Kept, *, agent: str = HUMAN) -> str:
        """Tap a push message; where it leads. Like any click it counts after the settle delay."""
        found = mailbox.one(self.db, kept.id)
        assert found is not None
        answer = self.get(msgspec.json.decode(found.raw)["url"], agent=agent)
        assert answer.status_code == 302, answer.text
        return str(answer.headers["location"])

    def open(self, mail: Mail, *, agent: str = HUMAN) -> None:
        """Load a mail's pictures."""
        found = re.search(r'<img[^>]+src="(https?://[^"]+/o/[^"]+)"', mail.html)
        assert found, f"no pixel in {mail.template}"
        assert self.get(found[1], agent=agent).status_code == 200

    def unsubscribe(self, mail: Mail) -> int:
        """One click in the mail program, RFC 8058; the status."""
        found = re.search(r"<(https?://[^>]+)>", mail.headers["List-Unsubscribe"])
        assert found
        answer = self.get(found[1], method="POST", data={"List-Unsubscribe": "One-Click"})
        return int(answer.status_code)

    def close(self) -> None:
        """Let go of connections."""
        self.pool.close()
        self.db.close()


BRAND = {
    "name": "The Shop",
    "address": "Storgatan 1, 222 22 Lund, Sweden",
    "url": "https://shop.example",
    "sender": "The Shop <hello@shop.example>",
}


@contextmanager
def open_world(
    url: str, data: Path, *, at: str = "2026-03-02T09:00:00Z", extra: dict[str, str] | None = None
) -> Iterator[World]:
    """A world over an empty migrated database; its clock stands at `at`; `extra` are more settings."""
    with SinkThread() as sink:
        world = World(url, data, sink, at, extra or {})
        try:
            with world.client:
                yield world
        finally:
            world.close()
