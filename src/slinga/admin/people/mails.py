"""A message as one thing: what became of it, each step once with its first instant.

In: rows of messages, what was decided and heard about them. Out: `Step`s, oldest first.
Always true: pure; a step that came several times is one step with a count.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from slinga.admin.shell.terms import REASONS
from slinga.admin.shell.words import Words
from slinga.admin.shell.words import noted as N_
from slinga.kernel.clock import Instant


class Mail(msgspec.Struct, frozen=True):
    """A row of a message."""

    planned_at: Instant
    id: str
    send_key: str
    channel: str
    journey: str
    template: str
    state: str
    reason: str
    accepted_at: Instant | None
    changed_at: Instant


class Step(msgspec.Struct, frozen=True):
    """Something that became of a message: `mood` is good, bad, warn or plain."""

    at: Instant
    text: str
    mood: str = "plain"
    detail: str = ""
    count: int = 1


CHANNELS = {
    "email": N_("E-mail"),
    "sms": N_("Text message"),
    "push": N_("Notification"),
    "webhook": N_("Webhook"),
}
_HEARD = {
    "Message Delivered": (N_("delivered"), "good"),
    "Message Opened": (N_("opened"), "good"),
    "Message Clicked": (N_("clicked"), "good"),
    "Message Bounced": (N_("bounced"), "bad"),
    "Message Complained": (N_("complained"), "bad"),
}
_OPEN = ("planned", "leased", "dialling", "deferred")


def steps(mail: Mail | None, decided: Iterable[tuple], heard: Iterable[tuple], _: Words) -> tuple[Step, ...]:
    """What became of a message. `decided` are (at, kind of fact, body), `heard` (at, event, properties).

    `mail` None: it never became one.
    """
    found = [_decided(_, *row) for row in decided if row[1] in _DECIDED]
    found += [_heard(_, *row) for row in heard if row[1] in _HEARD]
    if mail is not None:
        found.append(Step(mail.planned_at, _("planned")))
        if mail.accepted_at is not None:
            found.append(Step(mail.accepted_at, _("sent"), "good"))
        elif mail.state not in _OPEN:
            found.append(
                Step(mail.changed_at, _(mail.state.replace("_", " ")), "bad", reason(mail.reason, _))
            )
        elif mail.state == "deferred":
            found.append(Step(mail.changed_at, _("put off"), "warn", reason(mail.reason, _)))
    once: dict[tuple[str, str], Step] = {}
    for step in sorted(found, key=lambda each: each.at):
        same = once.get((step.text, step.detail))
        once[step.text, step.detail] = (
            step if same is None else msgspec.structs.replace(same, count=same.count + 1)
        )
    return tuple(once.values())


_DECIDED = {"send_deferred": (N_("put off"), "warn"), "send_blocked": (N_("not sent"), "bad")}


def _decided(_: Words, at: Instant, kind: str, body: Mapping[str, Any]) -> Step:
    text, mood = _DECIDED[kind]
    return Step(at, _(text), mood, reason(str(body.get("reason") or ""), _))


def _heard(_: Words, at: Instant, name: str, properties: Mapping[str, Any]) -> Step:
    text, mood = _HEARD[name]
    if name == "Message Opened" and properties.get("machine"):
        return Step(at, _("opened by a machine"))
    url = properties.get("url")
    page = url.partition("?")[0] if name == "Message Clicked" and isinstance(url, str) else ""
    return Step(at, _(text), mood, page)


def reason(key: str, _: Words) -> str:
    """Why a message waits or was not sent, as a sentence where the policy has one."""
    return _(REASONS.get(key, key.replace("_", " "))) if key else ""
