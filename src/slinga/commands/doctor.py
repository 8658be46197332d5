"""`slinga doctor`: is this installation fit to work, and what to do where it is not.

In: settings. Out: findings, one a line, with the remedy below; exit code 1 when something must be done.
Always true: the mail server is asked over the very connection that sends, and no message is sent.
"""

import os
import socket
import sys

import click

from slinga.channels.email import mailbox, receiver
from slinga.channels.email.asking import relay
from slinga.commands import invariants
from slinga.commands.opened import say
from slinga.delivery.doubt import store as doubt
from slinga.delivery.holds import store as holds
from slinga.delivery.relay import jobs as relays
from slinga.delivery.returns.store import COMPLAINTS
from slinga.engine import store as engine
from slinga.engine.jobs import in_force
from slinga.kernel.errors import Invalid, SlingaError
from slinga.outgoing import bounce_box, outgoing
from slinga.privacy import examining as journal
from slinga.runtime import secrets
from slinga.runtime.db import Db
from slinga.runtime.doctor import BAD, GOOD, MARKS, WARN, Check, examine
from slinga.runtime.settings import Settings, load

_PATIENCE_S = 8.0
_MANY = 10_000


@click.command()
@click.option("--invariants", "ask_invariants", is_flag=True, help="Look whether what must always hold does.")
@click.option(
    "--all", "everybody", is_flag=True, help="With --invariants: ask of everybody, not of a sample."
)
def doctor(*, ask_invariants: bool, everybody: bool) -> None:
    """Check database, clocks, disk and mail, and say what to do. Exit code 1 when something must be done."""
    if ask_invariants:
        sys.exit(0 if invariants.tell(everybody=everybody) else 1)
    settings = load(os.environ)

    def ask_tables(db: Db) -> list[Check]:
        mail = [*_mail_of_the_desk(db, settings), *returns(settings, db)]
        return [*_tables(db), *journal.examine(db, settings), *mail]

    found = examine(settings, say, ask_tables=ask_tables, ask_relay=relay)
    for check in found:
        click.echo(f"{MARKS[check.state]} {check.name}: {check.finding}")
        if check.remedy:
            click.echo(f"     {check.remedy}")
    if any(check.state == BAD for check in found):
        sys.exit(1)


def _tables(db: Db) -> list[Check]:
    """What is in force, what waits, what is held."""
    present = in_force(db)
    if present.number:
        text = f"program {present.number} with {len(present.documents)} definitions, zone {present.zone}"
        found = [Check("definitions", GOOD, text)]
    else:
        found = [Check("definitions", WARN, "none is in force", "Publish some: slinga push DIR")]
    behind = engine.behind(db, _MANY)
    if behind >= _MANY:
        text = f"{_MANY} inputs or more wait to be applied"
        found.append(Check("engine", WARN, text, "Is `slinga serve` or `slinga worker` running?"))
    for key, _, reason, detail in holds.listed(db):
        remedy = "It is tried again later."
        if key == holds.MARKETING:
            remedy = "slinga marketing resume --late ..."
        elif reason == COMPLAINTS:
            remedy = f"Find out why, then: slinga marketing let-go {key}"
        found.append(Check("held", WARN, f"{key}: {reason} {detail}".strip(), remedy))
    if doubtful := len(doubt.uncertain(db, _MANY)):
        text = f"{doubtful} messages may have arrived or not"
        found.append(Check("messages", WARN, text, "slinga messages unknown"))
    return found


def _mail_of_the_desk(db: Db, settings: Settings) -> list[Check]:
    """The mail server that is set at the desk, tried; nothing where the environment names one."""
    if settings.smtp_url:
        return []
    try:
        out = outgoing(db, settings, secrets.load(settings.data, settings.secret))
    except SlingaError as fault:
        return [Check("mail", BAD, fault.message)]
    if not out.url:
        remedy = "Set a mail server at the desk, under Settings and Channels, or as SLINGA_SMTP_URL."
        return [Check("mail", WARN, "goes to the development mailbox; nothing is sent", remedy)]
    return relay(out.url, private=settings.smtp_private)


def returns(settings: Settings, db: Db | None = None) -> list[Check]:
    """Whether bounces and complaints can come back; the mailbox is opened and nothing in it is changed.

    Without a connection only what the environment says is looked at.
    """
    if not settings.smtp_url and (db is None or not relays.chosen(db)):
        return []  # nothing leaves, so nothing comes back
    found: list[Check] = []
    remedy = "Correct SLINGA_BOUNCE_URL." if settings.bounce_url else "Correct it at the desk."
    try:
        box = mailbox.parse(settings.bounce_url) if settings.bounce_url else _box_of_the_desk(settings, db)
        if box is not None:
            mailbox.looked(box)
            found.append(Check("bounces", GOOD, f"the mailbox at {box.host}:{box.port} can be read"))
    except SlingaError as fault:
        found.append(Check("bounces", BAD, fault.message, remedy))
    if settings.bounce_listen:
        found.append(_listening(settings.bounce_listen))
    return found or [
        Check(
            "bounces",
            WARN,
            "nothing that comes back is read, so dead addresses and complaints stay unknown",
            "Set a bounce mailbox at the desk, under Settings and Channels, or SLINGA_BOUNCE_URL (a mailbox) "
            "or SLINGA_BOUNCE_LISTEN (a server of our own).",
        )
    ]


def _box_of_the_desk(settings: Settings, db: Db | None) -> mailbox.Mailbox | None:
    return bounce_box(db, settings, secrets.load(settings.data, settings.secret)) if db is not None else None


def _listening(listen: str) -> Check:
    """Somebody must answer there while `slinga serve` or `slinga delivery` runs."""
    try:
        host, port = receiver.place(listen)
    except Invalid as fault:
        return Check("bounces", BAD, fault.message, "Correct SLINGA_BOUNCE_LISTEN.")
    near = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)
    try:
        with socket.create_connection((near, port), timeout=_PATIENCE_S) as line:
            greeting = line.recv(200).decode("ascii", "replace").strip()
    except OSError as fault:
        text = f"nobody answers at {listen} ({fault.strerror or fault})"
        return Check(
            "bounces", WARN, text, "`slinga serve` or `slinga delivery` listens there while it runs."
        )
    if not greeting.startswith("220"):
        return Check(
            "bounces", BAD, f"at {listen} something else answers: {greeting}", "Choose another port."
        )
    return Check("bounces", GOOD, f"returned mail is taken at {listen}")
