"""Machines that answer for people (RFC 3834): vacation notes and other automatic replies.

In: the header and the text of a mail. Out: whether it is one. Always true: a mail of a mail system about a
delivery is none, whatever its header says.
"""

import re

from slinga.channels.email.bounces.mail import Fields

_SUBJECT = re.compile(
    r"^(auto([- ]?(re(ply|sponse|spond(er)?))?)?\s*:|automat(ic|ed) (reply|response)|auto[- ]?reply|autosvar|"
    r"out of (the )?office|away from (the )?(office|my mail)|(on )?(vacation|holiday|leave)\b|ooo\b|"
    r"abwesenheit|automatische antwort|r[ée]ponse automatique|absence|respuesta autom|frånvaro|"
    r"automatisch antwoord|odpowied[źz] automatyczna|risposta automatica|resposta autom)",
    re.I,
)
_HEADERS = ("x-autoreply", "x-autorespond", "x-autoreply-from", "x-auto-reply", "x-mail-autoreply")


def is_reply(head: Fields) -> bool:
    """Whether the header is that of an automatic reply."""
    submitted = head.get("auto-submitted", "").split(";")[0].strip().lower()
    if submitted.startswith(("auto-replied", "auto-notified", "vacation")):
        return True
    if any(name in head for name in _HEADERS) or head.get("x-auto-response-suppress", "").lower() == "all":
        return True
    if head.get("precedence", "").strip().lower() in ("auto_reply", "auto-reply"):
        return True
    return bool(_SUBJECT.match(head.get("subject", "").strip()))
