"""How far a call's word is taken: a server's is proven, a browser's claimed, or signed where a token says so.

In: a checked call and its source. Out: a trust, or a `Drop` that names the fault.
Always true: a bad token never passes as none; a token lifts only what it names, so a signed-in person cannot
make somebody else's address theirs.
"""

from slinga.access.proofs import NoProof, verify
from slinga.ingest.model import CLAIMED, SIGNED, Call, Drop, DropReason, Source
from slinga.kernel.clock import Instant

TOKEN = "identityToken"
"""The member of a call's context that carries the token; it is not stored."""

_FIELD = f"context.{TOKEN}"


def vouch(call: Call, source: Source, received: Instant) -> int | Drop:
    """The trust of a call. A source may ask that its browsers name nobody without a token."""
    if source.trust != CLAIMED:
        return source.trust
    token, email = call.context.get(TOKEN), call.traits.get("email")
    if token is None:
        names = call.user_id is not None or call.type == "alias" or (call.type == "identify" and email)
        if names and any(key.required for key in source.proofs):
            return Drop(DropReason.IDENTITY, _FIELD, "send a token signed by your server, or name nobody")
        return CLAIMED
    found = verify(token, source.proofs, received) if isinstance(token, str) else NoProof("it is not a text")
    if isinstance(found, NoProof):
        return Drop(DropReason.IDENTITY, _FIELD, found.reason)
    if call.user_id is not None and call.user_id != found.subject:
        return Drop(DropReason.IDENTITY, "userId", "the token vouches for another subject (sub)")
    if email is not None and email not in (found.email, found.subject):
        return Drop(DropReason.IDENTITY, "traits.email", "the token does not name this address (email)")
    if call.type == "alias" and call.previous_id not in (found.email, call.anonymous_id):
        return Drop(DropReason.IDENTITY, "previousId", "a browser joins only its own anonymous id")
    return SIGNED
