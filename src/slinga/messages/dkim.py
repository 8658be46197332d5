"""DKIM signatures (RFC 6376, 8301): rsa-sha256, relaxed both ways, no l= and no x=.

In: the bytes of a mail and a key. Out: the mail with its signature first.
Always true: From is signed once more than it occurs, so none can be added; both headers of one-click
unsubscribe are covered (RFC 8058 section 4).
"""

import base64
import hashlib
import re

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from slinga.kernel.clock import SECOND, Instant
from slinga.kernel.errors import Invalid

SIGNED = (
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "mime-version",
    "content-type",
    "reply-to",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "list-id",
    "feedback-id",
)
LEAST_BITS = 1024

_RUN = re.compile(rb"  +")
_FIELD = re.compile(rb"\r\n(?![ \t])")


class Signer:
    """A key ready to sign for one domain and selector. Raises Invalid on a key that is not fit."""

    def __init__(self, domain: str, selector: str, pem: bytes) -> None:
        try:
            key = load_pem_private_key(pem, password=None)
        except (ValueError, TypeError) as error:
            raise Invalid("the DKIM key cannot be read: %(why)s", field="dkim_key", why=error) from None
        if not isinstance(key, RSAPrivateKey) or key.key_size < LEAST_BITS:
            raise Invalid(
                "the DKIM key must be RSA of at least %(least)s bits",
                field="dkim_key",
                least=LEAST_BITS,
            )
        self.domain = domain
        self.selector = selector
        self._key = key

    def record(self) -> str:
        """The text of the DNS record at selector._domainkey.domain."""
        public = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}"

    def sign(self, mail: bytes, at: Instant) -> bytes:
        """The mail with a DKIM-Signature header before all others; `at` is the time of signing."""
        return self.header(mail, at) + mail

    def header(self, mail: bytes, at: Instant) -> bytes:
        """That header alone, with its line end. Other threads go on meanwhile."""
        head, _, body = mail.partition(b"\r\n\r\n")
        fields = _fields(head)
        names = [name for name in SIGNED if name in fields]
        listed = ":".join([*names, "from"])
        value = (
            f"v=1; a=rsa-sha256; c=relaxed/relaxed; d={self.domain}; s={self.selector};\r\n"
            f" t={at // SECOND}; bh={_body_hash(body)};\r\n"
            f" h={_wrapped(listed)};\r\n b="
        )
        text = b"".join(relaxed_header(name, fields[name]) for name in names)
        text += relaxed_header("dkim-signature", value.encode())[:-2]
        made = base64.b64encode(self._key.sign(text, PKCS1v15(), hashes.SHA256())).decode()
        lines = "\r\n  ".join(made[at : at + 72] for at in range(0, len(made), 72))
        return f"DKIM-Signature: {value}{lines}\r\n".encode()


def _fields(head: bytes) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for field in _FIELD.split(head):
        name, _, value = field.partition(b":")
        # The last of several is the first to be signed (RFC 6376 section 5.4.2).
        found[name.decode().lower()] = value
    return found


def _single_blanks(text: bytes) -> bytes:
    """Each run of blanks and tabs as one blank; of the thousand blanks in a mail few are runs."""
    if b"\t" in text:
        text = text.replace(b"\t", b" ")
    return _RUN.sub(b" ", text) if b"  " in text else text


def relaxed_header(name: str, value: bytes) -> bytes:
    """A header field in relaxed form (RFC 6376 section 3.4.2)."""
    unfolded = _single_blanks(value.replace(b"\r\n", b"")).strip()
    return name.encode() + b":" + unfolded + b"\r\n"


def _body_hash(body: bytes) -> str:
    """The hash of the body in relaxed form (RFC 6376 section 3.4.4)."""
    text = _single_blanks(body).replace(b" \r\n", b"\r\n").rstrip(b"\r\n")
    return base64.b64encode(hashlib.sha256(text + b"\r\n" if text else b"").digest()).decode()


def _wrapped(names: str) -> str:
    lines, line = [], ""
    for name in names.split(":"):
        if len(line) + len(name) > 66:
            lines.append(line)
            line = ""
        line += f"{name}:"
    return "\r\n  ".join([*lines, line])[:-1]
