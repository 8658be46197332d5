"""Ask DNS, and make the key that signs mail.

In: names, the data directory. Out: answers; a key file that only its owner reads.
Always true: asking ends within seconds; a key that is there is never replaced.
"""

import os
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dns.exception
import dns.resolver
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from slinga.admin.settings.records import Record, Verdict, judge
from slinga.kernel.errors import Conflict, Invalid
from slinga.messages.dkim import Signer

PATIENCE_S = 4.0
BITS = 2048
SELECTOR = "slinga"


def check(records: Sequence[Record]) -> list[Verdict]:
    """What DNS says of each, asked at the same time."""
    with ThreadPoolExecutor(max_workers=len(records) or 1) as threads:
        answers = threads.map(lambda record: _ask(record.name, record.kind), records)
        return [judge(record, answer) for record, answer in zip(records, answers, strict=True)]


def _ask(name: str, kind: str) -> list[str] | None:
    try:
        answer = dns.resolver.resolve(name, kind, lifetime=PATIENCE_S)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, ValueError):
        return None
    if kind == "MX":
        return [str(record.exchange).rstrip(".") for record in answer]
    return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]


def public(domain: str, selector: str, path: Path) -> str:
    """The text of the record for a private key; "" where the file cannot be read as one."""
    try:
        return Signer(domain, selector, path.read_bytes()).record()
    except (OSError, Invalid):
        return ""


def key_file(data: Path, domain: str) -> Path:
    """Where the key that is made here lies."""
    return data / "dkim" / f"{re.sub(r'[^a-z0-9.-]', '_', domain.lower())}.pem"


def make_key(path: Path) -> None:
    """Make a key, readable by its owner alone. Raises Conflict where one is there."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Conflict("A key was made already.") from None
    with os.fdopen(handle, "wb") as file:
        file.write(text)
