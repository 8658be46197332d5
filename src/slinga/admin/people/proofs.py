"""The proof of an act of permission as people read it.

In: a consent's evidence, what the policy says of its topic in the version that was shown. Out: `Proof`.
Always true: pure; nothing of the evidence is left out: what has no name of ours is called as it was sent.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from slinga.admin.shell.words import Words
from slinga.admin.shell.words import noted as N_
from slinga.kernel.clock import iso
from slinga.people import wording

LABELS = {
    "wording_id": N_("Version of the words"),
    "note": N_("How they told us"),
    "stated_source": N_("Where it was given"),
    "form": N_("Form"),
    "form_id": N_("Form"),
    "form_version": N_("Version of the form"),
    "page_url": N_("Page"),
    "locale": N_("Language"),
    "privacy_policy_version": N_("Version of the privacy policy"),
    "checkbox_state": N_("Tick box"),
    "ip_truncated": N_("Network, shortened"),
    "user_agent": N_("Browser"),
    "feedback": N_("Report"),
    "message_id": N_("Message"),
    "asked_at": N_("Asked"),
    "sent_at": N_("Sent"),
    "confirmed_at": N_("Confirmed"),
}
_TIMES = ("asked_at", "sent_at", "confirmed_at")
_SHOWN_APART = (wording.TEXT, wording.HASH)


class Proof(msgspec.Struct, frozen=True):
    """`words` is what they read, "" where nobody kept it; `changed`: it is not what was hashed."""

    words: str
    changed: bool
    rows: tuple[tuple[str, str], ...]
    """(name, value) of everything else, in the order it was kept."""


def proof(evidence: Mapping[str, Any], say: Words, shown: str = "") -> Proof:
    """The proof of one act; `shown` is what the version that it names said."""
    given = dict(evidence)
    text = given.get(wording.TEXT)
    rows = tuple(_rows({k: v for k, v in given.items() if k not in _SHOWN_APART}, say))
    return Proof(text if isinstance(text, str) else shown, not wording.intact(given), rows)


def _rows(given: Mapping[str, Any], say: Words) -> Iterator[tuple[str, str]]:
    for name, value in given.items():
        if isinstance(value, Mapping):
            yield from _rows(value, say)
        elif value not in ("", None):
            when = name in _TIMES and isinstance(value, int) and not isinstance(value, bool)
            yield say(LABELS[name]) if name in LABELS else name, iso(value) if when else str(value)


def policy_of(version: Any) -> tuple[str, int] | None:
    """The key and number of a policy that a version such as policy/shop/3 names."""
    kind, _, rest = version.partition("/") if isinstance(version, str) else ("", "", "")
    key, _, number = rest.rpartition("/")
    return (key, int(number)) if kind == "policy" and key and number.isdigit() and len(number) < 10 else None


def said_of(policy: Mapping[str, Any] | None, topic: str, locale: str = "") -> str:
    """What a policy said of a topic: its name and its description."""
    for one in (policy or {}).get("topics", ()):
        if one.get("key") == topic:
            name = (one.get("names") or {}).get(locale) or one.get("name") or topic
            return ". ".join(part for part in (str(name), str(one.get("description") or "")) if part)
    return ""
