"""What a sender's domain must publish, and what to make of what it has published.

In: the sender's domain, a DKIM key, what DNS answered. Out: records to copy, findings with remedies.
Always true: pure. Sources: RFC 7208 (SPF), RFC 6376 (DKIM), RFC 7489 (DMARC).
"""

from collections.abc import Sequence

import msgspec

from slinga.admin.shell.words import noted as N_


class Record(msgspec.Struct, frozen=True):
    """A record to publish. `value` "" where only somebody else knows it, which `words` then says."""

    key: str
    kind: str
    name: str
    value: str
    words: str


class Verdict(msgspec.Struct, frozen=True):
    """What was found of a record: state good, warn or bad, and the remedy."""

    key: str
    state: str
    found: str
    remedy: str


def wanted(domain: str, bounce: str, selector: str, dkim: str, relay: str) -> list[Record]:
    """The records of a domain. `dkim` is the text of the public key, "" where the relay signs."""
    through = f"a:{relay} " if relay else "mx "
    out = [
        Record(
            "spf",
            "TXT",
            domain,
            f"v=spf1 {through}~all",
            N_(
                "Says which servers may send for you. If the provider of your mail server names another "
                "text, take that one; there may be only one."
            ),
        ),
        Record(
            "dmarc",
            "TXT",
            f"_dmarc.{domain}",
            f"v=DMARC1; p=none; rua=mailto:postmaster@{domain}",
            N_(
                "Says what receivers do with mail that is not yours. Begin with none, and go on to "
                "quarantine when the reports are clean."
            ),
        ),
    ]
    if selector and dkim:
        out.insert(
            1,
            Record(
                "dkim",
                "TXT",
                f"{selector}._domainkey.{domain}",
                dkim,
                N_("The public half of the key that signs each mail."),
            ),
        )
    if bounce != domain:
        out.append(
            Record(
                "return",
                "TXT",
                bounce,
                f"v=spf1 {through}~all",
                N_("The same for the domain to which mail comes back."),
            )
        )
    out.append(
        Record(
            "mx",
            "MX",
            bounce,
            "",
            N_(
                "Where mail that comes back is taken: the server of your bounce mailbox, or this machine if"
                " Slinga listens itself."
            ),
        )
    )
    return out


def judge(record: Record, answers: Sequence[str] | None) -> Verdict:
    """What DNS's answers mean; None: it did not answer."""
    if answers is None:
        return Verdict(record.key, "warn", "", N_("DNS did not answer in time. Try again later."))
    if record.key == "mx":
        if answers:
            return Verdict("mx", "good", answers[0], "")
        return Verdict(
            "mx",
            "bad",
            "",
            N_(
                "Nobody takes mail there, so bounces are lost and dead addresses stay unknown. Publish an "
                "MX record."
            ),
        )
    mark = {"spf": "v=spf1", "return": "v=spf1", "dmarc": "v=dmarc1"}.get(record.key, "")
    found = (
        [text for text in answers if text.lower().replace(" ", "").startswith(mark)]
        if mark
        else list(answers)
    )
    if not found:
        return Verdict(
            record.key,
            "bad",
            "",
            N_(
                "It is not published yet. Copy it to where your domain is managed; it may take an hour to "
                "be seen."
            ),
        )
    if mark and len(found) > 1:
        return Verdict(
            record.key, "bad", found[0], N_("There are several. Receivers then use none of them: leave one.")
        )
    if record.key == "dkim" and _plain(record.value) not in {_plain(text) for text in found}:
        return Verdict(
            "dkim",
            "bad",
            found[0][:80],
            N_("Another key is published. Replace it by this one, or signatures fail."),
        )
    if record.key in ("spf", "return") and found[0].rstrip().endswith("+all"):
        return Verdict(record.key, "bad", found[0], N_("It lets everybody send for you. End it with ~all."))
    return Verdict(record.key, "good", found[0][:200], "")


def _plain(text: str) -> str:
    """The key alone: spaces and optional tags differ between providers."""
    return next(
        (part.strip()[2:].replace(" ", "") for part in text.split(";") if part.strip().startswith("p=")), ""
    )
