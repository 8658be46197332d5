"""A blast: 50,000 personalised mails of 20 kB, from intents to durable outcomes, DKIM off and then on.

In: a scale. Out: mails per second beside raw pipelined sending of constant bytes of the same size to the same
kind of sink in the same run. Always true: the couriers are the shipped `slinga delivery` with its gate and
its renderer; the clock runs from the release of the blast to the last committed outcome; the sink's tally
proves that every mail arrived exactly once. People and planned messages are copies of one that the engine
itself decided on, put into their tables by COPY.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bench.model import Figure, compared
from bench.scratch import database, directory, say
from bench.smtp_ends import raw, sink
from slinga.delivery.addresses import lane
from slinga.delivery.holds import store as holds
from slinga.delivery.store import message_name
from slinga.engine.jobs import Definition, publish
from slinga.engine.model import Person, decode, encode
from slinga.ingest import log
from slinga.ingest.model import PROVEN, New
from slinga.kernel.ids import bucket_of, digest, person_key
from slinga.kernel.yaml import load as read
from slinga.loops import make_worker
from slinga.people.log import Consent, record
from slinga.runtime.db import At, Db, Json, Key, connect

PEOPLE = 50_000
RECEIVERS = (
    "gmail.com", "gmail.com", "outlook.com", "yahoo.com", "icloud.com", "example.org", "example.net",
)  # fmt: skip
COURIERS = int(os.environ.get("SLINGA_BENCH_COURIERS", "2"))
DRAFT = Path(__file__).with_name("newsletter.yaml")
JOURNEY = {
    "key": "blast",
    "name": "Blast",
    "class": "marketing",
    "topic": "news",
    "trigger": {"on": "manual"},
    "quiet_hours": "none",
    "start": "send",
    "nodes": {"send": {"type": "send", "channel": "email", "template": "newsletter", "expires": "72h"}},
}
BRAND = {
    "name": "The Shop",
    "address": "Storgatan 1, 222 22 Lund, Sweden",
    "url": "https://shop.example",
    "sender": "The Shop <hello@shop.example>",
}


def run(scale: float = 1.0) -> list[Figure]:
    """The blast without DKIM and with it, each beside raw sending."""
    people = max(50, int(PEOPLE * scale))
    return [_one(people, signed=signed) for signed in (False, True)]


def _one(people: int, *, signed: bool) -> Figure:
    with directory() as folder, database() as url, connect(url) as db:
        say(f"seeding {people:,} people and their messages")
        seed(db, people)
        say(f"sending, DKIM {'on' if signed else 'off'}")
        rate, size = blast(url, db, folder, people, dkim=f"s1:{_key(folder)}" if signed else "")
        with sink(folder) as end:
            reference = raw(end.port, people, _constant(size))
    return compared(
        f"blast of {people:,} mails of {size / 1000:.1f} kB, DKIM {'on' if signed else 'off'}",
        rate,
        "mails/s",
        reference="raw pipelined sending of constant bytes of that size",
        reference_value=reference,
        ratio_at_least=0.25,
        at_least=None if signed else 2000,
        note=f"{COURIERS} courier processes; by the sink's tally every mail arrived once",
    )


def seed(db: Db, people: int) -> None:
    """Let the engine decide for one person, then copy that person and the message."""
    # A database that was handed in serves both blasts.
    db.execute("TRUNCATE person, message, attempt, input, fact, consent, address_use, delivery_hold")
    publish(
        db,
        [
            Definition("template", "newsletter", read(DRAFT.read_text("utf-8"))),
            Definition("journey", "blast", JOURNEY),
            Definition("brand", "brand", BRAND),
        ],
        zone="Europe/Stockholm",
    )
    first = person_key("user", "0")
    goods = [
        {
            "name": f"Number {n}, 250 g & a tin",
            "url": f"https://shop.example/goods/number-{n}",
            "image_url": f"https://shop.example/pictures/{n}.jpg",
            "price": 89 + n,
            "currency": "SEK",
        }
        for n in range(2)
    ]
    traits = {"email": "p0@gmail.com", "first_name": "Żaneta 0", "city": "Malmö", "points": 120}
    with db.transaction():
        record(db, [Consent(first, channel, "", "granted") for channel in ("email", "tracking")])
    with db.transaction():
        log.append(
            db,
            [
                New(first, "identify", "", {"traits": traits}, PROVEN, "bench"),
                New(first, "command", "add_to_journey", {"journey": "blast", "properties": {"goods": goods}}),
            ],
        )
    make_worker(db).drain()
    _copy(db, people)


def _copy(db: Db, people: int) -> None:
    """Everybody else: the same state and the same message under names of their own."""
    (state, program) = db.execute("SELECT state, program FROM person").fetchone() or (b"", 0)
    found = db.execute("SELECT * FROM message")
    columns = [column.name for column in found.description or ()]
    message = dict(zip(columns, found.fetchone() or (), strict=True))
    made = [_person(decode(bytes(state)), message, number) for number in range(1, people)]
    with db.transaction(), db.cursor() as cursor:
        with cursor.copy(
            "COPY person (bucket, key, state, format, program, seq, created_at) FROM STDIN (FORMAT binary)"
        ) as copy:
            copy.set_types(["int2", "uuid", "bytea", "int2", "int4", "int8", "timestamptz"])
            for person, _ in made:
                copy.write_row(
                    (
                        bucket_of(person.key),
                        Key(person.key),
                        encode(person),
                        1,
                        program,
                        person.seq,
                        At(person.at),
                    )
                )
        types = [
            row[0]
            for row in db.execute(
                "SELECT udt_name FROM information_schema.columns WHERE table_name = 'message' "
                "ORDER BY ordinal_position"
            ).fetchall()
        ]
        with cursor.copy(f"COPY message ({', '.join(columns)}) FROM STDIN (FORMAT binary)") as copy:
            copy.set_types(types)
            for _, row in made:
                copy.write_row([_bound(kind, row[name]) for name, kind in zip(columns, types, strict=True)])
    db.execute("VACUUM (ANALYZE) person, message")
    db.execute("CHECKPOINT")


def _bound(kind: str, value: object) -> object:
    if value is None:
        return None
    kinds: dict[str, Callable[[Any], object]] = {"timestamptz": At, "uuid": Key, "jsonb": Json}
    bound = kinds.get(kind)
    return value if bound is None else bound(value)


def _person(person: Person, message: dict, number: int) -> tuple[Person, dict]:
    key = person_key("user", str(number))
    run_id, send_key = digest("run", key), digest("send", key)
    old_key, old_run = message["send_key"], message["run"]
    address = f"p{number}@{RECEIVERS[number % len(RECEIVERS)]}"
    own = {"email": address, "first_name": f"Żaneta {number}", "city": "Malmö", "points": number % 300}
    said = person.profile.traits
    person.key = key
    for name, value in own.items():
        said[name] = msgspec.structs.replace(said[name], value=value)
    person.sends = msgspec.structs.replace(person.sends, recent={send_key: person.sends.recent[old_key]})
    for runs in (person.runs, person.closing):
        runs[:] = [
            msgspec.structs.replace(each, id=run_id, sends=(send_key,) if each.sends else ())
            for each in runs
            if each.id == old_run
        ]
    variables = message["variables"]
    return person, {
        **message,
        "bucket": bucket_of(key),
        "id": message_name(send_key),
        "send_key": send_key,
        "person": key,
        "run": run_id,
        "address": address,
        "lane": lane("marketing", "email", address),
        "variables": {**variables, "address": address, "person": {**variables["person"], **own}},
    }


def blast(url: str, db: Db, folder: Path, people: int, *, dkim: str = "") -> tuple[float, int]:
    """Mails per second from the release of the blast to the last outcome, and the mean size on the wire."""
    holds.hold(db, holds.MARKETING, "the bench is not ready")
    with sink(folder) as end, _couriers(url, folder, end.port, dkim):
        _wait(
            db, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'slinga delivery'", COURIERS
        )
        time.sleep(1)
        began = time.perf_counter()
        holds.release(db, holds.MARKETING)
        _drained(db)
        took = time.perf_counter() - began
        size = end.size()
        tally = end.tally()
    states: dict[str, int] = dict(db.execute("SELECT state, count(*) FROM message GROUP BY 1").fetchall())
    assert states == {"accepted": people}, f"not every mail was accepted: {states}"
    assert len(tally) == people and set(tally.values()) == {1}, "lost or sent twice, says the sink"
    return people / took, size


@contextmanager
def _couriers(url: str, folder: Path, port: int, dkim: str) -> Iterator[None]:
    environment = {
        **os.environ,
        "SLINGA_DATABASE_URL": url,
        "SLINGA_DATA_DIR": str(folder / "data"),
        "SLINGA_SMTP_URL": f"smtp://127.0.0.1:{port}?starttls=never&bounce=bounce.shop.example",
        "SLINGA_MAIL_FROM": "The Shop <hello@shop.example>",
        "SLINGA_PUBLIC_URL": "https://mail.shop.example",
        "SLINGA_INSTANCE": "bench",
        "SLINGA_DKIM": dkim,
        "SLINGA_LOG_LEVEL": "warning",
    }
    command = [sys.executable, "-m", "slinga.cli", "delivery"]
    processes = [subprocess.Popen(command, env=environment) for _ in range(COURIERS)]
    try:
        yield
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(30)


def _wait(db: Db, question: str, wanted: int, within_s: float = 60) -> None:
    end = time.monotonic() + within_s
    while (found := (db.execute(question).fetchone() or (0,))[0]) < wanted:
        assert time.monotonic() < end, f"waited in vain: {question} is {found}"
        time.sleep(0.05)


def _drained(db: Db) -> None:
    """Until no message is on its way; both questions are answered from small partial indexes."""
    while True:
        row = db.execute(
            "SELECT EXISTS (SELECT FROM message WHERE state IN ('planned', 'deferred')) OR EXISTS "
            "(SELECT FROM message WHERE state IN ('leased', 'dialling'))"
        ).fetchone()
        if row is not None and not row[0]:
            return
        time.sleep(0.05)


def _key(folder: Path) -> Path:
    path = folder / "dkim.pem"
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


def _constant(size: int) -> bytes:
    head = b"From: a@bench.test\r\nMessage-ID: <constant@bench.test>\r\n\r\n"
    return head + (b"x" * 74 + b"\r\n") * ((size - len(head)) // 76)
