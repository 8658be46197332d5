"""What the builder's fields offer, in the words of a sentence.

In: nothing. Out: lists of (value, words).
Always true: pure; every value is one that the grammar of conditions knows.
"""

from collections.abc import Sequence

from slinga.admin.shell.words import noted as N_

Options = Sequence[tuple[str, str]]

KINDS: Options = (
    ("event", N_("what they did, or did not do")),
    ("sequence", N_("did one thing after another")),
    ("reaction", N_("how they took our messages")),
    ("thing", N_("what they own: orders, carts, subscriptions")),
    ("trait", N_("what we know of them")),
    ("date", N_("a date of theirs: birthday, renewal")),
    ("stage", N_("stage in the lifecycle")),
    ("status", N_("status within a stage")),
    ("in_stage_for", N_("how long in the stage")),
    ("moved", N_("how they moved between stages")),
    ("score", N_("score")),
    ("segment", N_("segment")),
    ("tag", N_("tag")),
    ("consent", N_("consent")),
    ("reachable", N_("can be reached")),
    ("identified", N_("known by name")),
    ("everyone", N_("everyone")),
)
IN_A_RUN: Options = (("trigger", N_("the event that started the journey")),)
MODES: Options = (
    ("all", N_("all of these")),
    ("any", N_("at least one of these")),
    ("none", N_("none of these")),
    ("notall", N_("not all of these")),
)
UNITS: Options = (
    ("m", N_("minutes")),
    ("h", N_("hours")),
    ("d", N_("days")),
    ("w", N_("weeks")),
    ("mo", N_("months")),
    ("y", N_("years")),
)
DIRECTIONS: Options = (
    ("", N_("in whichever direction")),
    ("forward", N_("forwards")),
    ("back", N_("backwards")),
)
NUMBERS: Options = (
    ("ge", N_("at least")),
    ("gt", N_("more than")),
    ("eq", N_("exactly")),
    ("le", N_("at most")),
    ("lt", N_("less than")),
    ("ne", N_("not exactly")),
)
AGES: Options = (
    ("ge", N_("at least this long ago")),
    ("gt", N_("longer ago than")),
    ("le", N_("at most this long ago")),
    ("lt", N_("less long ago than")),
)
COMPARED: Options = (
    ("eq", N_("is")),
    ("ne", N_("is not")),
    ("in", N_("is one of")),
    ("not_in", N_("is none of")),
    ("contains", N_("contains")),
    ("starts_with", N_("begins with")),
    ("ends_with", N_("ends with")),
    ("ge", N_("is at least")),
    ("gt", N_("is more than")),
    ("le", N_("is at most")),
    ("lt", N_("is less than")),
    ("exists", N_("is known")),
    ("missing", N_("is not known")),
)
DATED: Options = (
    ("within_last", N_("was within the last")),
    ("within_next", N_("is within the next")),
    ("before", N_("is before")),
    ("after", N_("is after")),
    ("anniversary_today", N_("has its anniversary today")),
    ("anniversary_within", N_("has its anniversary within")),
)
AGGREGATES: Options = (
    ("count", N_("number of times")),
    ("sum", N_("sum of")),
    ("avg", N_("average of")),
    ("min", N_("smallest")),
    ("max", N_("greatest")),
    ("distinct", N_("number of different")),
    ("first", N_("first time")),
    ("last", N_("last time")),
)
WINDOWS: Options = (("", N_("ever")), ("last", N_("in the last")), ("since", N_("since")))
REACTIONS: Options = (
    ("sent", N_("were sent")),
    ("delivered", N_("got")),
    ("opened", N_("opened")),
    ("clicked", N_("clicked")),
    ("ignored", N_("ignored")),
    ("bounced", N_("did not get (bounced)")),
    ("complained", N_("complained about")),
)
STATES: Options = (
    ("granted", N_("is given")),
    ("withdrawn", N_("was withdrawn")),
    ("denied", N_("was refused")),
    ("unknown", N_("was never asked")),
)
QUANTIFIERS: Options = (
    ("any", N_("have one")),
    ("none", N_("have none")),
    ("all", N_("all of theirs")),
    ("latest", N_("their latest")),
    ("count", N_("have this many")),
)
