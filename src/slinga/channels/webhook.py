"""Webhooks after the Standard Webhooks specification: signed JSON by HTTP POST.

In: parcels whose data is the body and whose address is the URL. Out: the receiver's status.
Always true: the body is signed as it is sent; redirects are not followed; unless the settings allow it, no
request goes to an address that is not public, and the address checked is the address connected to.
"""

import asyncio
import base64
import hashlib
import hmac
import http.client
import socket
import ssl
import time
from collections.abc import AsyncIterator, Sequence
from urllib.parse import quote, urlsplit

import msgspec

from slinga.channels.addresses import public
from slinga.channels.model import Parcel, Receipt, Refused, Result, TryLater, Unknown
from slinga.kernel.errors import Invalid

_LIMIT = 20_000
_IN_A_PATH = "%/?:@!$&'()*+,;=-._~"
"""What may stand in a path or a query as it is (RFC 3986 3.3); all else travels as UTF-8 in percent form."""

RENDERED = "webhook"
"""The address of a parcel whose template names the real one: its data is {"url": ..., "body": ...}."""


class Webhook:
    """The channel `webhook`. `secrets` are `whsec_` texts; all of them sign, so they can be rotated."""

    kind = "webhook"

    def __init__(
        self,
        *,
        secrets: Sequence[str] = (),
        allow_private: bool = False,
        timeout_s: float = 20,
        parallel: int = 8,
    ) -> None:
        self._keys = [_key(secret) for secret in secrets]
        self._allow_private = allow_private
        self._timeout = timeout_s
        self._parallel = parallel

    async def open(self) -> None:
        """Nothing to prepare: each request has a connection of its own."""

    async def close(self, *, abort: bool = False) -> None:
        """Requests under way end by their time-out."""

    async def send(self, parcels: Sequence[Parcel]) -> AsyncIterator[tuple[str, Result]]:
        """Post all, a few at a time."""
        places = asyncio.Semaphore(self._parallel)

        async def post(parcel: Parcel) -> tuple[str, Result]:
            async with places:
                return parcel.id, await asyncio.to_thread(self._post, parcel)

        for done in asyncio.as_completed([post(parcel) for parcel in parcels]):
            yield await done

    def _post(self, parcel: Parcel) -> Result:
        if parcel.address == RENDERED:
            parcel = _addressed(parcel)
        if len(parcel.data) > _LIMIT:
            return Refused(413, text=f"a webhook's body is at most {_LIMIT} bytes")
        try:
            connection, path = self._connect(parcel.address)
        except Invalid as error:
            return Refused(400, text=error.message)
        except OSError as error:
            return TryLater(0, text=str(error))
        except ValueError as error:  # a host or a port that cannot be
            return Refused(400, text=f"this is no address: {error}")
        try:
            connection.request("POST", path, body=parcel.data, headers=self._headers(parcel))
            response = connection.getresponse()
            text = response.read(500).decode("utf-8", "replace")
        except (OSError, http.client.HTTPException) as error:
            return Unknown(f"no answer: {error}")
        finally:
            connection.close()
        return _verdict(response.status, text)

    def _headers(self, parcel: Parcel) -> dict[str, str]:
        stamp = str(int(time.time()))  # the receiver compares it with its own clock, not with virtual time
        headers = {"content-type": "application/json", "webhook-id": parcel.id, "webhook-timestamp": stamp}
        if self._keys:
            signed = f"{parcel.id}.{stamp}.".encode() + parcel.data
            marks = [
                base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode() for key in self._keys
            ]
            headers["webhook-signature"] = " ".join(f"v1,{mark}" for mark in marks)
        return headers

    def _connect(self, url: str) -> tuple[http.client.HTTPConnection, str]:
        parts = urlsplit(url)
        if parts.scheme not in ("https", "http") or not parts.hostname or parts.username:
            raise Invalid("a webhook's address is an http or https URL without a password in it")
        port = parts.port or (443 if parts.scheme == "https" else 80)
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
        family, kind, proto, _, address = found[0]
        if not self._allow_private and not public(str(address[0])):
            raise Invalid("%(hostname)s is not a public address", hostname=parts.hostname)
        sock = socket.socket(family, kind, proto)
        try:
            sock.settimeout(self._timeout)
            sock.connect(address)
            if parts.scheme == "https":
                context = ssl.create_default_context()
                sock = context.wrap_socket(sock, server_hostname=parts.hostname)
        except OSError:
            sock.close()
            raise
        connection = http.client.HTTPConnection(parts.hostname, port, timeout=self._timeout)
        connection.sock = sock
        path = quote(parts.path or "/", safe=_IN_A_PATH)
        return connection, f"{path}?{quote(parts.query, safe=_IN_A_PATH)}" if parts.query else path


def _addressed(parcel: Parcel) -> Parcel:
    """The parcel with the address and the body that its template made."""
    made = msgspec.json.decode(parcel.data)
    body = made.get("body") or ""
    return msgspec.structs.replace(parcel, address=str(made.get("url", "")), data=str(body).encode())


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError:
        raise Invalid("a webhook secret is whsec_ and base64", field="secrets") from None


def _verdict(status: int, text: str) -> Result:
    """2xx is success, 410 ends the address, 429 and 5xx ask to come again, all else is a refusal."""
    if 200 <= status < 300:
        return Receipt(status, text)
    if status == 429 or status >= 500:
        return TryLater(status, text=text)
    return Refused(status, text=text, gone=status == 410)
