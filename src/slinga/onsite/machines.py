"""Who made a hit: a person, or a machine that opens mail and follows links for its own reasons.

In: one hit, the other hits on the same message, when the receiver accepted it. Out: a `Verdict` with its
reasons.
Always true: pure; a hit is judged by a score over several signs, because each sign alone is wrong too often,
except signs that no person can give (a HEAD request, the trap link).

Sources: Apple Mail Privacy Protection fetches with the exact user agent `Mozilla/5.0`; Gmail's and Yahoo's
image proxies fetch when the person opens the first time; security gateways follow several links at once,
within seconds of acceptance.
"""

from collections.abc import Iterable, Sequence

import msgspec

from slinga.kernel.clock import SECOND, Instant

OPEN, CLICK = "open", "click"
HUMAN, MACHINE, UNKNOWN = "human", "machine", "unknown"

BURST_FOR = 3 * SECOND
BURST_LINKS = 3
AT_ONCE_FOR = 10 * SECOND

_PREFETCH = "mozilla/5.0"
_PROXIES = ("googleimageproxy", "ggpht.com", "yahoomailproxy", "yahoocachesystem")
_SCANNERS = (
    "barracuda", "proofpoint", "mimecast", "safelinks", "fireeye", "messagelabs", "symantec", "trendmicro",
    "forcepoint", "cloudmark", "sophos", "ironport", "checkpoint", "zscaler", "microsoft office protocol",
)  # fmt: skip
_ROBOTS = (
    "bot", "crawler", "spider", "curl/", "wget/", "python-requests", "python-urllib", "python-httpx",
    "aiohttp", "go-http-client", "java/", "okhttp", "libwww", "headlesschrome", "phantomjs",
    "facebookexternalhit", "slackbot", "whatsapp", "scanner", "preview",
)  # fmt: skip


class Hit(msgspec.Struct, frozen=True):
    """One request for a pixel or a link."""

    kind: str
    at: Instant
    place: int = 0
    method: str = "GET"
    agent: str = ""
    ip: str = ""
    """Truncated network, used only to tell two visitors of one message apart."""


class Verdict(msgspec.Struct, frozen=True):
    """`by` is human, machine or unknown; `sort` names the machine: mpp, proxy, scanner, robot or ''."""

    by: str
    sort: str = ""
    reasons: tuple[str, ...] = ()

    @property
    def machine(self) -> bool:
        return self.by == MACHINE


def classify(hit: Hit, others: Iterable[Hit] = (), accepted_at: Instant | None = None) -> Verdict:
    """The verdict on one hit.

    `others` are the other hits on the same message (the hit itself may be among them); `accepted_at` is when
    the receiving server took the message, None if not known.
    """
    agent = hit.agent.strip().lower()
    around = [other for other in others if other != hit]
    if hit.kind == OPEN:
        return _open(hit, agent, accepted_at)
    return _click(hit, agent, around, accepted_at)


def _open(hit: Hit, agent: str, accepted_at: Instant | None) -> Verdict:
    if hit.method == "HEAD":
        return Verdict(MACHINE, "scanner", ("head",))
    if agent == _PREFETCH:
        return Verdict(MACHINE, "mpp", ("prefetch agent",))
    if _has(agent, _SCANNERS):
        return Verdict(MACHINE, "scanner", ("scanner agent",))
    if _has(agent, _PROXIES):
        # These proxies fetch when the person opens, except when a filter asks for the picture first.
        if _at_once(hit, accepted_at):
            return Verdict(MACHINE, "proxy", ("image proxy", "at once"))
        return Verdict(HUMAN, "proxy", ("image proxy",))
    if _has(agent, _ROBOTS):
        return Verdict(MACHINE, "robot", ("robot agent",))
    if not agent:
        return Verdict(MACHINE if _at_once(hit, accepted_at) else UNKNOWN, "", ("no agent",))
    if _at_once(hit, accepted_at):
        return Verdict(UNKNOWN, "", ("at once",))
    return Verdict(HUMAN)


def _click(hit: Hit, agent: str, around: Sequence[Hit], accepted_at: Instant | None) -> Verdict:
    if hit.method == "HEAD":
        return Verdict(MACHINE, "scanner", ("head",))
    if hit.place == 0:
        return Verdict(MACHINE, "scanner", ("trap link",))
    score, reasons = 0, []

    def sign(weight: int, reason: str, seen: bool) -> None:
        nonlocal score
        if seen:
            score += weight
            reasons.append(reason)

    near = [other for other in around if abs(other.at - hit.at) <= BURST_FOR and other.kind == CLICK]
    alike = [other for other in around if (other.agent, other.ip) == (hit.agent, hit.ip)]
    sign(3, "scanner agent", _has(agent, _SCANNERS))
    sign(3, "robot agent", _has(agent, _ROBOTS))
    sign(2, "no agent", not agent or agent == _PREFETCH)
    sign(3, "many links at once", len({hit.place} | {other.place for other in near}) >= BURST_LINKS)
    sign(3, "same visitor took the trap", any(o.kind == CLICK and o.place == 0 for o in alike))
    sign(2, "same visitor asked with HEAD", any(o.method == "HEAD" for o in alike))
    sign(2, "at once", _at_once(hit, accepted_at))
    sign(1, "two links at once", len({hit.place} | {other.place for other in near}) == BURST_LINKS - 1)
    if score >= 3:
        return Verdict(MACHINE, "scanner", tuple(reasons))
    return Verdict(UNKNOWN if score == 2 else HUMAN, "", tuple(reasons))


def _at_once(hit: Hit, accepted_at: Instant | None) -> bool:
    return accepted_at is not None and hit.at - accepted_at < AT_ONCE_FOR


def _has(agent: str, names: Iterable[str]) -> bool:
    return any(name in agent for name in names)
