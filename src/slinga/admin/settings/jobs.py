"""Ask DNS, and make the key that signs mail.

In: names, keys. Out: answers; a fresh key; the text of a key's record.
Always true: asking ends within seconds; of a key only its public half is told.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dns.exception
import dns.resolver
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from slinga.admin.settings.records import Record, Verdict, judge
from slinga.delivery.relay.jobs import SigningKey
from slinga.kernel.errors import Invalid
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


def record(key: SigningKey) -> str:
    """The text of the record for a key."""
    return Signer(key.domain, key.selector, key.pem).record()


def record_of_file(domain: str, selector: str, path: str) -> str:
    """The same for the file that the environment names; "" where it cannot be read as a key."""
    try:
        return Signer(domain, selector, Path(path).read_bytes()).record()
    except (OSError, Invalid):
        return ""


def new_key() -> bytes:
    """A fresh private key in PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
