"""Bounces that are no delivery reports: what mail systems write for people.

In: the header and the texts of a mail. Out: whether a mail system wrote it, and what it says of which
address. Always true: the copy of the original below is not read as part of the message; a text that names
no address is one failure of an unknown one.
"""

import re
from collections.abc import Sequence

from slinga.channels.email.bounces.mail import Fields, fields
from slinga.channels.email.bounces.reports import Said, code_of, status_of

_FROM = re.compile(
    r"mailer-?daemon|post.?master|mail ?delivery|mail (delivery )?(sub)?system|mail (server|administrator)|"
    r"mdaemon|\bmrmdaemon|^daemon@|delivery (service|failure)|bounce",
    re.I,
)
_SUBJECT = re.compile(
    r"fail(ed|ure)|undeliver|non.?deliver|delivery (status|problem|report|has)|"
    r"return(ed|ing) (mail|message|to)|"
    r"returned to sender|could ?n.t (be )?(send|deliver)|not (be )?delivered|(mail|message) (error|rejected)|"
    r"(mail|message) (delivery )?(warning|delayed)|delayed|user unknown|unzustellbar|bounce|"
    r"problems? (sending)|"
    r"error sending|mail system error|warning: could not send",
    re.I,
)
_TEXT = re.compile(
    r"(could not|cannot|can't|unable to|wasn't able to|was not|were not|failed to|not) be? ?"
    r"(deliver|delivered|sent|send)|"
    r"permanent(ly)? (fatal )?(error|fail)|undeliverable|delivery .{0,40}fail|"
    r"following address(es)? .{0,10}fail|"
    r"returned to sender|unable to deliver|transcript of session|said:\s*[45]\d\d|I'm afraid I wasn't able|"
    r"did not reach the following|invalid user address|requested action not taken|"
    r"(received|<<<|>>>) .{0,4}5\d\d ",
    re.I,
)
_CUT = re.compile(
    r"^[ \t>]*(?:-{2,}.{0,30}(?:original|copy|unsent|returned|undelivered|header).{0,80}"
    r"|-{3,} ?(?:This is a copy|Below this line|Returned message|Undelivered).{0,80}"
    r"|(?:The )?(?:original|returned) (?:message|mail|text).{0,20}(?:follows|headers?|below|:).{0,20}"
    r"|.{0,30}copy of (?:your|the) message.{0,60}|Below is a copy.{0,60}"
    r"|(?:Message|Received) headers? follow.{0,20}"
    r"|={3,}.{0,20}original.{0,40}|Return-Path: .*|Received: (?:from|by|\(qmail) .*)$",
    re.I | re.M,
)
_LINE = re.compile(
    r"^(?P<code>[45]\d\d (?:[45]\.\d+\.\d+ )?)?(?:Sent <<< )?[ \t>*\-|]*"
    r"(?:Recipient|Recipient address|Mailbox|RCPT TO|For|Address|E-?mail address)?[ \t]*:?[ \t]*"
    r"[<\[\"'(]*(?P<address>[^\s<>()\[\]\",;:|/=]{1,64}@[A-Za-z0-9_.-]+\.[A-Za-z0-9-]+)[>\])\"'.]*"
    r"(?P<rest>.*)$",
    re.I,
)
_NEXT = re.compile(r"^(While talking to|\.\.\. while talking to|\d{3} \S+ \(\w+\)\.\.\.)", re.I)
"""Where the transcript of a dialogue turns to another host."""
_DELAYED = re.compile(
    r"will (continue|keep|be) (to )?(try|re-?tr|attempt)|still (being )?(try|retr|attempt)|"
    r"warning message only|"
    r"do not need to resend|no action is required|has not (yet )?been delivered|delivery .{0,20}delayed",
    re.I,
)


def is_bounce(head: Fields, texts: Sequence[str]) -> bool:
    """Whether a mail system tells of a delivery. Two of: its sender, its subject, its words."""
    sender = head.get("from", "") + " " + head.get("sender", "") + " " + head.get("return-path", "")
    signs = (
        _FROM.search(sender) or head.get("return-path", "").strip() == "<>",
        _SUBJECT.search(head.get("subject", "")),
        _TEXT.search(" ".join("\n".join(texts)[:20_000].split())),
    )
    return sum(map(bool, signs)) >= 2 or "x-failed-recipients" in head


def split(text: str) -> tuple[str, Fields]:
    """What the mail system wrote, and the header of the original it quotes."""
    for match in _CUT.finditer(text):
        if match.start() < 40:
            continue
        rest = text[match.start() :]
        return text[: match.start()], fields(rest[:20_000])
    return text, {}


def is_delay(head: Fields, text: str) -> bool:
    """Whether it is only a warning that the message is still being tried."""
    return bool(_DELAYED.search(" ".join(text.split()))) and not re.search(
        r"permanent|giving up|given up|gave up|fatal", text, re.I
    )


def about(head: Fields, text: str, ours: str) -> list[Said]:
    """What the text says of each address in it. `ours`: the address it was sent to, which is none of them."""
    found: dict[str, list[str]] = {}
    intro: list[str] = []
    present = ""
    for line in text.splitlines():
        match = _LINE.match(line[:1000])
        address = match["address"].strip("'\"").lower() if match else ""
        if match and address != ours.lower() and not re.match(r"(mailer-?daemon|postmaster)@", address, re.I):
            present = address
            found.setdefault(present, []).append((match["code"] or "") + match["rest"])
        elif _NEXT.match(line):
            present = ""
        elif present:
            found[present].append(line)
        else:
            intro.append(line)
    named = re.findall(r"[^\s<>,;]+@[^\s<>,;]+", head.get("x-failed-recipients", ""))
    if named:
        found = {each.lower(): found.get(each.lower(), []) for each in named}
    if not found:
        found = {"": []}
    whole = " ".join(text.split())
    out = []
    for address, lines in found.items():
        own = " ".join(" ".join(lines).split())
        said = own if code_of(own) or status_of(own) or (len(found) > 1 and len(own) > 8) else whole
        out.append(Said(address, "failed", status_of(said), code_of(said), said[:2000]))
    return out
