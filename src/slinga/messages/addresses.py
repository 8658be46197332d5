"""One rule for mail addresses: what a form, the API, an import and the wire accept.

In: text. Out: `Address`, or a reason. No look-up is made.
Always true: the domain is an A-label in lower case (RFC 5890); the local part keeps its case and its dots
and tags; what is accepted can stand in a header and in an SMTP command without quoting or escaping; a
local part beyond ASCII is a valid address that needs SMTPUTF8 (RFC 6531) of the server.
"""

import re
import unicodedata
from functools import lru_cache

import msgspec
from email_validator import EmailNotValidError, validate_email

MOST_LOCAL = 64
"""Octets of a local part (RFC 5321 section 4.5.3.1.1)."""
MOST = 254
"""Octets of an address (RFC 5321 section 4.5.3.1.3, less the angle brackets)."""

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_BAD = re.compile('[\x00-\x20\x7f-\x9f"(),:;<>\\[\\]\\\\\u00a0\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]')


class Address(msgspec.Struct, frozen=True):
    """An accepted address. `ascii` is False where the server must speak SMTPUTF8."""

    local: str
    domain: str
    ascii: bool = True

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"

    @property
    def key(self) -> str:
        """What two spellings of one mailbox share: all in lower case. Dots and +tags are kept."""
        return f"{self.local.casefold()}@{self.domain}"


class BadAddress(msgspec.Struct, frozen=True):
    """Why a text is not an address we send to."""

    reason: str


def read(text: str) -> Address | BadAddress:
    """The address a text is, after trimming; never a part of it.

    Refused: display names, quoted and empty local parts, comments, ports, IP literals, a leading dash
    (it would be an option to a program), names without a dot, more than 64 and 254 octets.
    """
    value = unicodedata.normalize("NFC", text.strip(" \t\r\n"))
    if value.count("@") != 1:
        return BadAddress("an address has exactly one @")
    if _BAD.search(value):
        return BadAddress("an address has no spaces, quotes, brackets, commas or colons")
    local, domain = value.split("@")
    if local.startswith("-"):
        return BadAddress("an address may not begin with a dash")
    if len(local.encode()) > MOST_LOCAL:
        return BadAddress(f"the part before the @ has at most {MOST_LOCAL} octets")
    ascii_only = local.isascii()
    if ascii_only and not _LOCAL.fullmatch(local):
        return BadAddress("the part before the @ is not well formed")
    found = _hosted(domain) if ascii_only else _checked(value)
    if isinstance(found, BadAddress):
        return found
    name, host = (local, found[1]) if ascii_only else found
    if len(local.encode()) + 1 + len(host) > MOST:
        return BadAddress(f"an address has at most {MOST} octets")
    return Address(name, host, name.isascii())


@lru_cache(maxsize=4096)
def _hosted(domain: str) -> tuple[str, str] | BadAddress:
    """The check of a domain alone: an ASCII local part has been checked, and people share few domains."""
    return _checked(f"a@{domain}")


def _checked(value: str) -> tuple[str, str] | BadAddress:
    """(local part, domain as A-label) of an address, or what is wrong."""
    try:
        found = validate_email(
            value,
            check_deliverability=False,
            allow_smtputf8=True,
            test_environment=True,
            globally_deliverable=False,
        )
    except EmailNotValidError as error:
        return BadAddress(str(error))
    host = (found.ascii_domain or "").lower()
    if not re.search(r"\.([a-z]{2,63}|xn--[a-z0-9-]{2,59})$", host):
        return BadAddress("the part after the @ is not a domain name")
    return found.local_part, host


@lru_cache(maxsize=256)
def read_named(text: str) -> tuple[str, Address] | BadAddress:
    """A sender such as "Kafé Å <hello@shop.example>" or a bare address. The name comes back unquoted."""
    match = re.fullmatch(r"\s*(?P<name>[^<>]*?)\s*<\s*(?P<address>[^<>]+?)\s*>\s*", text)
    name = match["name"].strip() if match else ""
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    found = read(match["address"] if match else text)
    return found if isinstance(found, BadAddress) else (name, found)
