"""Ask the mail server over the very connection that sends; no message is sent.

In: the address of a relay. Out: a finding with its remedy.
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
    "connect": "Check host and port in SLINGA_SMTP_URL, and whether a firewall or the provider of this "
    "machine closes the port.",
    "greeting": "The server turns this machine away; its words say why.",
    "tls": "Use the name that the server's certificate is made for, and smtps:// for port 465.",
    "login": "Correct the user name and password in SLINGA_SMTP_URL.",
}


def relay(url: str) -> list[Check]:
    """Connect, say hello, secure, sign in, as sending does; nothing is sent."""
    try:
        config = parse(url)
    except Invalid as fault:
        return [Check("mail", BAD, fault.message, "Correct SLINGA_SMTP_URL.")]
    return [asyncio.run(_dial(config))]


async def _dial(config: Config) -> Check:
    hasty = Timeouts(greeting=_PATIENCE_S, command=_PATIENCE_S)
    wire = Wire(msgspec.structs.replace(config, timeouts=hasty))
    name = f"{config.host}:{config.port}"
    try:
        await wire.dial()
    except Lost as fault:
        return Check("mail", BAD, f"{name}: {fault.text}", _REMEDIES.get(fault.step, ""))
    await wire.quit()
    signed = ", signed in" if config.user else ""
    if wire.secure:
        return Check("mail", GOOD, f"{name} answers, encrypted{signed}")
    if config.local:
        return Check("mail", GOOD, f"{name} answers{signed}")
    return Check("mail", WARN, f"{name} answers, without encryption", "Use a relay that offers STARTTLS.")
