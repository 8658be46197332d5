"""Ask the mail server over the very connection that sends; no message is sent.

In: a configuration, or the address of a relay. Out: how far it came, and for the command line a finding with
its remedy.
Always true: no password is in what is told; asking ends within seconds.
"""

import asyncio

import msgspec

from slinga.channels.email.config import Config, Timeouts, parse
from slinga.channels.email.wire import Lost, Wire
from slinga.kernel.errors import Invalid
from slinga.runtime.doctor import BAD, GOOD, WARN, Check

_PATIENCE_S = 8.0
_REMEDIES = {
    "address": "SLINGA_SMTP_PRIVATE permits servers of the own network.",
    "connect": "Check host and port, and whether a firewall or the provider of this machine closes the port.",
    "greeting": "The server turns this machine away; its words say why.",
    "tls": "Use the name that the server's certificate is made for, and TLS from the start for port 465.",
    "login": "Correct the user name and the password.",
}


class Heard(msgspec.Struct, frozen=True):
    """How far a dial came. `step` names what failed, as `Lost` does; "" where nothing did."""

    server: str
    step: str = ""
    text: str = ""
    secure: bool = False
    local: bool = False
    """On this machine, where nobody can listen in."""
    signed_in: bool = False


def dialled(config: Config) -> Heard:
    """Connect, say hello, secure, sign in, as sending does; nothing is sent."""
    return asyncio.run(_dial(config))


async def _dial(config: Config) -> Heard:
    hasty = Timeouts(greeting=_PATIENCE_S, command=_PATIENCE_S)
    wire = Wire(msgspec.structs.replace(config, timeouts=hasty))
    name = f"{config.host}:{config.port}"
    try:
        await wire.dial()
    except Lost as fault:
        return Heard(name, fault.step or "greeting", fault.text)
    await wire.quit()
    return Heard(name, secure=wire.secure, local=config.local, signed_in=bool(config.user))


def relay(url: str, *, private: bool = True) -> list[Check]:
    """The same as a finding. `private`: the server's address need not be public."""
    try:
        config = parse(url, private=private)
    except Invalid as fault:
        return [Check("mail", BAD, fault.message, "Correct SLINGA_SMTP_URL.")]
    heard = dialled(config)
    if heard.step:
        return [Check("mail", BAD, f"{heard.server}: {heard.text}", _REMEDIES.get(heard.step, ""))]
    how = (", encrypted" if heard.secure else "") + (", signed in" if heard.signed_in else "")
    if heard.secure or heard.local:
        return [Check("mail", GOOD, f"{heard.server} answers{how}")]
    told = f"{heard.server} answers, without encryption"
    return [Check("mail", WARN, told, "Use a relay that offers STARTTLS.")]
