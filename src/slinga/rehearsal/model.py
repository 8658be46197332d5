"""What may be asked of a rehearsal.

In: a document from the command line or the API. Out: `Request`, checked; a `Script` ready to be played.
Always true: the same request over the same log gives the same report, in however many processes it runs.
"""

from datetime import date, time
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from slinga.engine.program import Part
from slinga.kernel.calendar import resolve
from slinga.kernel.clock import Instant, instant
from slinga.kernel.errors import Invalid
from slinga.kernel.ids import BUCKETS
from slinga.rehearsal.reactions import Reactions

KINDS = ("segment", "model", "score", "journey", "template", "policy", "brand")
UTC = ZoneInfo("UTC")
MOST_EXAMPLES = 5
"""People named per journey and per reason, so that somebody can look at them."""


class Draft(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One definition to rehearse in place of what is in force; `document` None rehearses taking it away."""

    kind: str
    key: str
    document: dict[str, Any] | None
    enter_existing: bool = False
    """Journeys only: people who match at the start of the rehearsal come in then."""


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What to rehearse. Without drafts the definitions in force are rehearsed by themselves."""

    drafts: tuple[Draft, ...] = ()
    since: str = msgspec.field(default="", name="from")
    """RFC 3339 instant or date from which journeys run; "" is the beginning of what was recorded."""
    until: str = ""
    """RFC 3339 instant up to which time is played; "" is the last thing recorded."""
    journeys: tuple[str, ...] = ()
    """The journeys to tell about; empty means those of the drafts, or all where no journey is drafted."""
    seed: int = 1
    reactions: str | dict[str, Any] = "none"
    """none, typical, learned, or a reaction model as a document."""
    sample: str = "1/1"
    """A part of the people, as whole buckets: 1/8 is 32 of the 256."""
    entries: bool = False
    """Tell each entry with its person and instant."""


class Span(msgspec.Struct, frozen=True):
    """What is played: journeys run after `since` (None: from each person's first input on) up to `until`."""

    since: Instant | None
    until: Instant
    begin: Instant = 0
    """The instant of people of whom nothing is known but imported facts without a date."""


class Script(msgspec.Struct, frozen=True):
    """A rehearsal ready to be played by any process: plain data, nothing compiled, nothing of the database.

    `base` are the definitions in force, `drafted` the same with the drafts; equal where there are no drafts.
    """

    zone: str
    base: tuple[tuple[Part, dict[str, Any]], ...]
    drafted: tuple[tuple[Part, dict[str, Any]], ...]
    changes: tuple["Change", ...]
    told: frozenset[str]
    """Keys of the journeys to tell about in full."""
    span: Span
    last: int
    """Where the log ends."""
    reactions: Reactions
    seed: int
    entries: bool = False


class Change(msgspec.Struct, frozen=True):
    """What a draft does to the definitions in force: new, changed or retired."""

    kind: str
    key: str
    change: str


def parse(document: Any) -> Request:
    """Check the document of a request. Raises Invalid with the path of the field that is wrong."""
    try:
        request = msgspec.convert(document, Request)
    except msgspec.ValidationError as fault:
        message, _, path = str(fault).partition(" - at `$")
        raise Invalid(message, field=path.rstrip("`").lstrip(".")) from fault
    check(request)
    return request


def check(request: Request) -> None:
    """Raise Invalid where a request cannot be meant."""
    for place, draft in enumerate(request.drafts):
        if draft.kind not in KINDS:
            raise Invalid(
                "'%(value)s' is not one of %(known)s",
                field=f"drafts.{place}.kind",
                value=draft.kind,
                known=", ".join(KINDS),
            )
        if draft.enter_existing and draft.kind != "journey":
            raise Invalid("only people enter, and only journeys", field=f"drafts.{place}.enter_existing")
    buckets(request.sample)
    since, until = moment(request.since, "from"), moment(request.until, "until")
    if since is not None and until is not None and since >= until:
        raise Invalid("the rehearsal ends before it begins", field="until")


def moment(text: str, field: str, zone: ZoneInfo = UTC) -> Instant | None:
    """The instant of a text, a date being its first moment in `zone`; None for no text. Raises Invalid."""
    if not text:
        return None
    try:
        if len(text) == len("2026-03-01"):
            return resolve(date.fromisoformat(text), time(0), zone)
        return instant(text)
    except ValueError as fault:
        raise Invalid(
            "'%(text)s' is neither a date such as 2026-03-01 nor an instant such as 2026-03-01T09:00:00Z",
            field=field,
            text=text,
        ) from fault


def buckets(sample: str) -> list[int]:
    """The buckets of a sample such as 1/8. Raises Invalid."""
    part, _, whole = sample.partition("/")
    if not (part.isdigit() and whole.isdigit() and 1 <= int(part) <= int(whole) <= BUCKETS):
        raise Invalid(
            "'%(sample)s' is not a part such as 1/8, of at most %(buckets)s parts",
            field="sample",
            sample=sample,
            buckets=BUCKETS,
        )
    return [bucket for bucket in range(BUCKETS) if bucket % int(whole) < int(part)]
