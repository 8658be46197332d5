"""`slinga doctor`: is this installation fit to work, and what to do where it is not.

In: settings. Out: a list of `Check`, each with a finding and, unless all is well, a remedy.
Always true: looking changes nothing; one broken part never hides the others; no password is printed.
"""

import shutil
import time
from collections.abc import Callable
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlsplit

import dns.exception
import dns.resolver
import msgspec

from slinga.kernel.errors import SlingaError
from slinga.runtime import clock, instance
from slinga.runtime.database import open_database, reach
from slinga.runtime.db import Db
from slinga.runtime.migrations import pending
from slinga.runtime.place import made_before
from slinga.runtime.settings import Settings

GOOD, WARN, BAD = "good", "warn", "bad"
MARKS = {GOOD: "ok  ", WARN: "note", BAD: "BAD "}
SKEW_MS = 2_000
LITTLE_DISK = 2_000_000_000
NO_DISK = 200_000_000
_PATIENCE_S = 8.0

Say = Callable[[str], None]


class Check(msgspec.Struct, frozen=True):
    """One thing looked at."""

    name: str
    state: str
    finding: str
    remedy: str = ""


def examine(
    settings: Settings,
    say: Say = lambda _: None,
    *,
    ask_tables: Callable[[Db], list[Check]] = lambda _: [],
    ask_relay: Callable[[str], list[Check]] = lambda _: [],
) -> list[Check]:
    """All checks, in the order in which to mend them.

    `ask_tables` looks into tables that are up to date, `ask_relay` at the server of SLINGA_SMTP_URL.
    """
    return [
        *_database(settings, say, ask_tables),
        _disk(settings.data),
        _address(settings),
        *_mail(settings, ask_relay),
    ]


def _database(settings: Settings, say: Say, ask_tables: Callable[[Db], list[Check]]) -> list[Check]:
    if not settings.database_url and not made_before(settings.data):
        return [Check("database", WARN, f"there is none in {settings.data} yet", "`slinga serve` makes it.")]
    try:
        with open_database(settings, say) as database, reach(database.url) as db:
            kind = "embedded" if database.server else "SLINGA_DATABASE_URL"
            version = db.info.parameter_status("server_version") or "?"
            found = [Check("database", GOOD, f"PostgreSQL {version.split()[0]} ({kind}) answers")]
            tables = _tables(db)
            found += [tables, _skew(db)]
            if tables.state == GOOD:
                found += [_virtual(db), _sending(db, settings), *ask_tables(db)]
            return found
    except SlingaError as fault:
        first, _, rest = fault.message.partition("\n")
        return [Check("database", BAD, first, rest or "The other checks of the database were left out.")]


def _tables(db: Db) -> Check:
    try:
        waiting = pending(db)
    except SlingaError as fault:
        return Check("tables", BAD, fault.message)
    if waiting:
        return Check("tables", BAD, f"{len(waiting)} migrations are pending", "Run: slinga migrate")
    return Check("tables", GOOD, "are those of this release")


def _skew(db: Db) -> Check:
    """The two clocks, half the way there and back taken off."""
    began = time.time()
    there = clock.real_skew_ms(db, int(began * 1_000_000))
    travel = (time.time() - began) * 1000 / 2
    skew = there - travel
    if abs(skew) > SKEW_MS:
        return Check(
            "clocks",
            BAD,
            f"the database's clock is {skew / 1000:+.1f} s off this machine's",
            "Keep both on network time: timedatectl set-ntp true",
        )
    return Check("clocks", GOOD, f"agree within {max(1, round(abs(skew)))} ms")


def _virtual(db: Db) -> Check:
    if clock.frozen(db):
        return Check(
            "virtual time", WARN, "stands still, so nothing falls due", "It is meant for demos and tests."
        )
    ahead = clock.shift(db) / 86_400_000_000
    if abs(ahead) > 0.001:
        return Check("virtual time", WARN, f"is {ahead:.1f} days ahead", "It is meant for demos and tests.")
    return Check("virtual time", GOOD, "is real time")


def _sending(db: Db, settings: Settings) -> Check:
    """Whether this is the installation that sends, or a copy of it."""
    if why := instance.holds(db):
        return Check("sending", BAD, f"held: {why[0]}", "If this is the installation to send: slinga confirm")
    known, name = instance.confirmed(db), instance.name_of(db, settings)
    if not known or name in known:
        return Check("sending", GOOD, "this installation may send")
    finding = f"held: this database was begun as {known[0]}, this is {name}"
    return Check("sending", BAD, finding, "On a copy leave it so; if this is the real one: slinga confirm")


def _disk(data: Path) -> Check:
    place = data
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    finding = f"{free / 1e9:.1f} GB free for {data}"
    if free < NO_DISK:
        return Check(
            "disk", BAD, finding, "The database will stop soon. Free some space or move SLINGA_DATA_DIR."
        )
    if free < LITTLE_DISK:
        return Check("disk", WARN, finding, "Events and the database's log need room; plan for 2 GB or more.")
    return Check("disk", GOOD, finding)


def _address(settings: Settings) -> Check:
    url = urlsplit(settings.base_url)
    if settings.smtp_url and (url.hostname in ("127.0.0.1", "localhost") or url.scheme != "https"):
        return Check(
            "public address",
            BAD,
            f"{settings.base_url} cannot be opened from a mailbox",
            "Links to unsubscribe need it: set SLINGA_PUBLIC_URL to the https address of this Slinga.",
        )
    return Check("public address", GOOD, settings.base_url)


def _mail(settings: Settings, ask_relay: Callable[[str], list[Check]]) -> list[Check]:
    if not settings.smtp_url:
        return []  # the desk may have set a server, which `ask_tables` knows
    found = ask_relay(settings.smtp_url)
    domain = parseaddr(settings.mail_from)[1].rpartition("@")[2]
    if "." not in domain:
        finding = f"{settings.mail_from!r} is no address that a mailbox accepts"
        return [*found, Check("sender", BAD, finding, "Set SLINGA_MAIL_FROM.")]
    return [*found, *_sender(domain, settings)]


def _sender(domain: str, settings: Settings) -> list[Check]:
    """What receivers ask DNS about the sender's domain (RFC 7208, RFC 7489, RFC 6376)."""
    try:
        spf = [text for text in _texts(domain) if text.lower().startswith("v=spf1")]
        dmarc = [text for text in _texts(f"_dmarc.{domain}") if text.lower().startswith("v=dmarc1")]
        selector = settings.dkim.partition(":")[0]
        key = _texts(f"{selector}._domainkey.{domain}") if selector else ["unknown"]
    except dns.exception.DNSException as fault:
        return [
            Check(
                "sender",
                WARN,
                f"DNS of {domain} does not answer ({type(fault).__name__})",
                "Try again later.",
            )
        ]
    found = []
    if len(spf) != 1:
        found.append(
            Check(
                "SPF", WARN, f"{domain} has {len(spf)} SPF records", "Publish one TXT record: v=spf1 ... ~all"
            )
        )
    if not dmarc:
        remedy = f'Publish TXT at _dmarc.{domain}: "v=DMARC1; p=none"; large receivers ask for it.'
        found.append(Check("DMARC", WARN, f"{domain} has no DMARC record", remedy))
    if not key:
        remedy = f"Publish the public key as TXT at {selector}._domainkey.{domain}."
        found.append(Check("DKIM", BAD, f"there is no key for selector {selector}", remedy))
    return found or [
        Check("sender", GOOD, f"{domain} has SPF and DMARC" + (" and a DKIM key" if selector else ""))
    ]


def _texts(name: str) -> list[str]:
    try:
        answer = dns.resolver.resolve(name, "TXT", lifetime=_PATIENCE_S)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]
