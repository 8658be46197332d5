"""Whether a journey's messages may go at all, before it is published.

In: its document, the templates it sends, what is in force. Out: what is lacking, with where to mend it; the
people to ask the gate about.
Always true: pure; a message is one of a channel, a class and a topic, and is asked about once.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from slinga.admin.journeys.release.entering import matching
from slinga.admin.shell.words import noted as N_
from slinga.journeys.editing import Document

CONFIRM = "confirm"
"""The topic of messages that ask somebody to confirm."""
LATELY = "90d"
BRAND, CONSENT, IMPORTS = "/admin/brand", "/admin/settings/consent", "/admin/imports"
CONFIRMING = "/admin/journeys/new"
MENDED: dict[str, tuple[str, str]] = {
    "no_consent": (CONSENT, N_("How people permit it")),
    "pending_consent": (CONFIRMING, N_("Start the journey that asks them to confirm")),
    "no_address": (IMPORTS, N_("Import addresses")),
    "suppressed": ("/admin/deliveries", N_("Look at the deliveries")),
}
"""By why somebody may not be written to: where that is mended, and what the link says."""


class Letter(msgspec.Struct, frozen=True):
    """What is sent, as the gate sees it."""

    channel: str
    message_class: str
    topic: str
    template: str


class Lack(msgspec.Struct, frozen=True):
    """Something without which messages do not go, or may not: what, and where it is mended."""

    text: str
    link: str
    mend: str


def letters(document: Document, templates: Mapping[str, Document]) -> list[Letter]:
    """What a journey sends, each kind once."""
    found: dict[tuple[str, str, str], Letter] = {}
    for node in document.get("nodes", {}).values():
        if node.get("type") != "send":
            continue
        key = str(node.get("template") or "")
        template = templates.get(key, {})
        channel = str(template.get("channel") or node.get("channel") or "email")
        kind = str(template.get("class") or document.get("class") or "marketing")
        topic = str(template.get("topic") or document.get("topic") or "")
        found.setdefault((channel, kind, topic), Letter(channel, kind, topic, key))
    return list(found.values())


def lacks(
    sent: Iterable[Letter],
    brand: Document | None,
    topics: Mapping[str, Document],
    journeys: Iterable[Document],
    templates: Mapping[str, Document],
) -> list[Lack]:
    """What the workspace lacks for these messages. `journeys` are those in force with this one."""
    found: list[Lack] = []
    mails = [each for each in sent if each.channel == "email" and each.message_class == "marketing"]
    if mails and not str((brand or {}).get("address") or "").strip():
        text = N_("The brand has no postal address. Marketing mail must show one, by law in most places.")
        found.append(Lack(text, BRAND, N_("Write the address")))
    asks = any(
        letter.topic == CONFIRM and letter.message_class == "transactional"
        for journey in journeys
        for letter in letters(journey, templates)
    )
    if not asks and any(topics.get(each.topic, {}).get("double_opt_in") for each in mails):
        text = N_(
            "The topic asks people to confirm, and no journey in force sends the message they confirm with. "
            "Who signs up now never becomes somebody to write to."
        )
        found.append(Lack(text, CONFIRMING, N_("Start the journey that asks them to confirm")))
    unknown = [each.topic for each in mails if each.topic and each.topic not in topics]
    if unknown:
        text = N_("No rule of consent names the topic of these messages, so nobody can permit it.")
        found.append(Lack(text, CONSENT, N_("Add the topic")))
    return found


def audience(document: Document) -> tuple[dict[str, Any], str]:
    """(a condition for whoever this journey would write to, how these people are called)."""
    here = matching(document)
    if here is not None:
        return here, N_("people who match now")
    trigger = document.get("trigger")
    found = trigger if isinstance(trigger, dict) else {}
    names = [found.get("name"), *(found.get("also") or ())] if found.get("on") == "event" else []
    events = [
        {"op": "event", "name": name, "window": {"last": LATELY}}
        for name in names
        if isinstance(name, str) and name
    ]
    if events:
        return {"op": "any", "of": events}, N_("people who did in the last 90 days what starts it")
    return {"op": "identified"}, N_("people known by name")
