"""A proof as lines to read.

In: a `Proof`. Out: text. Always true: instants are told in the workspace's zone; yes, no and mere statements
are told apart without colour.
"""

import re
from typing import Any

import msgspec

from slinga.explain.model import Change, Check, Proof
from slinga.kernel.calendar import local, zone
from slinga.kernel.clock import Instant, instant

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
_SHORT = 160


def lines(proof: Proof) -> list[str]:
    """The proof, line by line."""
    teller = _Teller(proof.zone)
    out = [teller.text(proof.verdict)]
    if proof.at is not None and proof.asked != "person":
        out.append(f"Decided {teller.at(proof.at)} ({proof.zone}).")
    for section in proof.sections:
        when = f"  [{teller.at(section.at)}]" if section.at is not None else ""
        out += ["", f"{teller.text(section.title)}{when}"]
        for check in section.checks:
            out += teller.check(check, 1)
    if proof.change is not None:
        out += ["", f"Smallest change that turns it: {teller.change(proof.change)}"]
        out += [f"  or: {teller.change(each)}" for each in proof.also]
    elif proof.unturned:
        out += ["", f"Smallest change that turns it: none proposed; {proof.unturned}."]
    if proof.differences:
        out += ["", "The replay differs from the record:"]
        out += [f"  {teller.text(each)}" for each in proof.differences]
    return out


class _Teller:
    """Tells instants in one zone."""

    def __init__(self, name: str) -> None:
        self._zone = zone(name)

    def at(self, at: Instant) -> str:
        there = local(at, self._zone)
        return f"{there:%Y-%m-%d %H:%M:%S}" + (f".{there.microsecond:06d}" if there.microsecond else "")

    def text(self, text: str) -> str:
        """Text with its instants in the zone."""
        return _INSTANT.sub(lambda found: self.at(instant(found[0])), text)

    def check(self, check: Check, depth: int) -> list[str]:
        sign = {True: "yes", False: "NO ", None: "   "}[check.holds]
        parts = [f"{'  ' * depth}{sign} {self.text(check.text)}"]
        if check.found is not None and check.found != {}:
            parts.append(f": {self.text(self.value(check.found))}")
        if check.until is not None:
            parts.append(f"  (until {self.at(check.until)})")
        if check.at is not None:
            parts.append(f"  [{self.at(check.at)}]")
        if check.note:
            parts.append(f"  ({self.text(check.note)})")
        found = ["".join(parts)]
        for child in check.of:
            found += self.check(child, depth + 1)
        return found

    def value(self, found: Any) -> str:
        if isinstance(found, bool):
            return "yes" if found else "no"
        if isinstance(found, dict) and set(found) == {"at"} and isinstance(found["at"], int):
            return self.at(found["at"])
        if isinstance(found, dict):
            return ", ".join(
                f"{name} {self.at(each) if name == 'until' and isinstance(each, int) else self.value(each)}"
                for name, each in found.items()
                if each is not None
            )
        if isinstance(found, list):
            return msgspec.json.encode(found).decode()[:_SHORT]
        text = f"{found:g}" if isinstance(found, float) else str(found)
        return text if len(text) <= _SHORT else text[: _SHORT - 1] + "…"

    def change(self, change: Change) -> str:
        return self.text(change.text)
