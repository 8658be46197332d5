"""The development mailbox over HTTP.

In: an address, a number. Out: mails as they would have gone over the wire.
Always true: the HTML of a message is shown apart, in a sandbox.
"""

from litestar import Response, get
from litestar.enums import MediaType
from litestar.params import FromPath

from slinga.admin.mailbox import mail
from slinga.admin.shell import pages
from slinga.admin.shell.api import Web, desk_of, number, pool, shown
from slinga.channels import mailbox
from slinga.kernel.errors import Missing
from slinga.runtime.db import Db

ROWS = 100


@get("/dev/mail", sync_to_thread=True)
def mail_list(request: Web) -> Response[str]:
    """What would have been sent, newest first."""
    recipient = request.query_params.get("to", "").strip()[:320].replace("\0", "") or None
    before = number(request.query_params.get("before", ""))
    with pool(request) as db:
        rows = mailbox.latest(db, limit=ROWS, before=before, recipient=recipient)
        on = desk_of(request).mailbox(db)
        return shown(
            request,
            db,
            "mailbox/mail_list",
            part="/dev/mail",
            rows=rows,
            to=recipient or "",
            on=on,
            most=ROWS,
        )


@get("/dev/mail/{number:int}", sync_to_thread=True)
def mail_page(request: Web, number: FromPath[int]) -> Response[str]:
    """One message: its HTML in a sandbox, text, links, headers and source."""
    with pool(request) as db:
        kept = _kept(db, number)
        return shown(
            request, db, "mailbox/mail", part="/dev/mail", kept=kept, mail=mail.opened(kept.raw, kept.channel)
        )


@get("/dev/mail/{number:int}/html", sync_to_thread=True)
def mail_html(request: Web, number: FromPath[int]) -> Response[str]:
    """The HTML part by itself, for the sandboxed frame."""
    with pool(request) as db:
        kept = _kept(db, number)
    headers = {**pages.HEADERS, "Content-Security-Policy": mail.HTML_CSP, "Referrer-Policy": "no-referrer"}
    del headers["X-Frame-Options"]
    return Response(mail.opened(kept.raw, kept.channel).html, media_type=MediaType.HTML, headers=headers)


@get("/dev/mail/{number:int}/raw", sync_to_thread=True)
def mail_raw(request: Web, number: FromPath[int]) -> Response[bytes]:
    """The message as it would have gone over the wire, to be saved."""
    with pool(request) as db:
        kept = _kept(db, number)
    headers = {**pages.HEADERS, "Content-Disposition": f'attachment; filename="message-{number}.eml"'}
    return Response(kept.raw, media_type="application/octet-stream", headers=headers)


def _kept(db: Db, number: int) -> mailbox.Kept:
    kept = mailbox.one(db, number) if number < 2**63 else None
    if kept is None:
        raise Missing("There is no such message in the mailbox.")
    return kept


routes = [mail_list, mail_page, mail_html, mail_raw]
