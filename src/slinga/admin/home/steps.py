"""What the first page tells: the steps of a new workspace, and where each trouble is mended.

In: what is there already; troubles. Out: steps and lines with their addresses.
Always true: pure; a step ticks itself off by what is there, never by a click; every trouble has an address.
"""

from urllib.parse import quote

import msgspec

from slinga.admin.doors import DOORS
from slinga.admin.shell.words import noted as N_
from slinga.admin.shell.words import noted_many as NN_
from slinga.insight.model import Attention

LIVE = (
    ("events", N_("Events")),
    ("visits", N_("Visits")),
    ("orders", N_("Orders")),
    ("accepted", N_("Messages taken")),
    ("entries", N_("Journeys begun")),
    ("goals", N_("Goals reached")),
)
"""The live counters: figures by the hour, since midnight."""


class Step(msgspec.Struct, frozen=True):
    """A step of the checklist."""

    key: str
    name: str
    words: str
    address: str
    done: bool


def _first(*paths: str) -> str:
    """The first address that the desk has."""
    return next((path for path in paths if ("GET", path) in DOORS), "/admin")


def steps(*, events: bool, model: bool, mail: bool, journey: bool, team: bool) -> list[Step]:
    """The checklist of a new workspace, in the order in which it is best done."""
    return [
        Step(
            "events", N_("Send the first event"),
            N_("Put the snippet into your site, or let your shop send a call. People appear by themselves."),
            _first("/admin/sources"), events,
        ),
        Step(
            "model", N_("Publish a lifecycle"),
            N_("Take one that comes with Slinga and give the stages your names."),
            _first("/admin/lifecycle/edit", "/admin/lifecycle"), model,
        ),
        Step(
            "mail", N_("Connect your mail"),
            N_("Until then every message stays in the mailbox of this desk and nobody is written to."),
            _first("/admin/settings/channels", "/dev/mail"), mail,
        ),
        Step(
            "journey", N_("Start a first journey"),
            N_("A welcome is a good one: it comes ready and you change its words."),
            _first("/admin/journeys/new", "/admin/journeys"), journey,
        ),
        Step(
            "team", N_("Invite your team"),
            N_("Somebody else should be able to stop everything, too."),
            _first("/admin/team"), team,
        ),
    ]  # fmt: skip


class Trouble(msgspec.Struct, frozen=True):
    """Something to look at, in words with its values, and the verb of the link that mends it."""

    words: str
    several: str
    """The same for more than one; `words` where it does not count."""
    about: str
    mend: str
    address: str
    given: Attention


WORDS: dict[str, tuple[str | tuple[str, str], str]] = {
    "lane_held": (N_("Sending over %(about)s is held: %(note)s"), N_("Look and let go")),
    "complaints": (
        NN_(
            "%(num)s complaint in 7 days, %(share)s of what was sent. Receivers refuse from 0.1 %% on.",
            "%(num)s complaints in 7 days, %(share)s of what was sent. Receivers refuse from 0.1 %% on.",
        ),
        N_("See what was sent"),
    ),
    "render_failed": (
        NN_(
            "%(num)s message of %(about)s could not be written in 7 days.",
            "%(num)s messages of %(about)s could not be written in 7 days.",
        ),
        N_("Mend the template"),
    ),
    "unknown_messages": (
        NN_(
            "Of %(num)s message nobody knows whether it arrived.",
            "Of %(num)s messages nobody knows whether they arrived.",
        ),
        N_("Look at them"),
    ),
    "journey_quiet": (
        NN_(
            "Nobody came into the journey %(note)s for 7 days; %(num)s person had in the four weeks before.",
            "Nobody came into the journey %(note)s for 7 days; %(num)s people had in the four weeks before.",
        ),
        N_("Look at its trigger"),
    ),
    "journey_failing": (
        NN_(
            "%(num)s step failed in the journey %(note)s in 7 days.",
            "%(num)s steps failed in the journey %(note)s in 7 days.",
        ),
        N_("Look at it"),
    ),
    "quarantine_growing": (
        NN_(
            "%(num)s call waits in quarantine, %(share)s of them since yesterday.",
            "%(num)s calls wait in quarantine, %(share)s of them since yesterday.",
        ),
        N_("See what is wrong with them"),
    ),
    "sums_anew": (
        N_("Figures are being counted again, %(share)s so far; until then those of before are shown."),
        N_("See the reports"),
    ),
    "sums_older": (
        N_("Newer figures count from this day on; the past will be counted again shortly."),
        N_("See the reports"),
    ),
    "sums_behind": (
        N_("Figures are still being counted: %(share)s of what happened is in them so far."),
        N_("See the reports"),
    ),
    "import_stuck": (N_("Import %(about)s has not moved for a quarter of an hour."), N_("Look at it")),
}
"""What is said of each sort, and of its link."""


def troubles(given: tuple[Attention, ...]) -> list[Trouble]:
    """Troubles in words, the urgent ones first."""
    out = []
    for one in sorted(given, key=lambda one: not one.urgent):
        words, mend = WORDS.get(one.sort, (N_("Something needs a look: %(about)s"), N_("Look at it")))
        single, several = words if isinstance(words, tuple) else (words, words)
        out.append(Trouble(single, several, one.note or one.about, mend, _address(one), one))
    return out


def _address(one: Attention) -> str:
    about = quote(one.about, safe="")
    if one.sort.startswith("journey"):
        path = _first("/admin/journeys/{key}", "/admin/journeys/{key:str}", "/admin/journeys")
    elif one.sort == "render_failed":
        path = _first("/admin/templates/{key}", "/admin/templates", "/admin/deliveries")
    elif one.sort == "quarantine_growing":
        path = _first("/admin/sources/quarantine", "/admin/sources")
    elif one.sort.startswith("sums"):
        path = _first("/admin/reports")
    elif one.sort == "import_stuck":
        path = _first("/admin/imports/{number}", "/admin/imports", "/admin/sources")
    else:
        path = _first("/admin/deliveries")
    for name in ("{key}", "{key:str}", "{number}"):
        path = path.replace(name, about)
    return f"{path}?state=unknown" if one.sort == "unknown_messages" else path
