"""Both ways by which mail comes back, at work: the mailbox that is polled and the server that listens.

In: settings, keys, and what acts on a word about a message. Out: words, acted on. Always true: a mail counts
as taken when what it says has been acted on for good; why one is ignored is logged, without its content.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence

from slinga.channels.email import mailbox
from slinga.channels.email.receiver import Receiver
from slinga.channels.email.returns import TokenOf, understand
from slinga.channels.email.verp import message_of
from slinga.channels.model import Returned
from slinga.kernel.errors import SlingaError, Unavailable

Act = Callable[[Returned], str]
"""Acts on a word and commits; says in a word what became of it. Raises when it could not."""
Find = Callable[[], mailbox.Mailbox | None]
"""The mailbox to read now, or None. Blocking."""
LOOK_S = 5.0
"""How often it is asked which mailbox to read."""
COMPLAINTS_TO = ("fbl", "complaints", "abuse", "postmaster")
"""Local parts at the bounce domain that feedback loops may be registered for, besides return paths."""
say = logging.getLogger("slinga.returns")


class Intake:
    """Understands mails and acts on them. `domain` says that of return addresses now, in lower case."""

    def __init__(self, secret: bytes, domain: Callable[[], str], token_of: TokenOf, act: Act) -> None:
        self.domain = domain
        self._secret = secret
        self._token_of = token_of
        self._act = act

    def ours(self, address: str) -> bool:
        """Whether a mail to an address is taken: a return path that we made, or one for complaints.

        A return path proves itself, so it is taken at whichever domain it was made for.
        """
        local, _, domain = address.rpartition("@")
        complaints = domain.lower() == self.domain() and local.lower() in COMPLAINTS_TO
        return complaints or message_of(address, self._secret) is not None

    def take(self, data: bytes, recipients: Sequence[str] = ()) -> str:
        """Act on a mail; what became of it. Blocking."""
        word = understand(data, recipients, self._secret, self._token_of)
        if isinstance(word, str):
            say.info("a returned mail is ignored: %s", word)
            return "ignored"
        became = self._act(word)
        say.info("a %s (%s) about message %s: %s", word.sort, word.type, word.message, became)
        return became

    async def keep(self, data: bytes, recipients: Sequence[str]) -> None:
        """The same for a server's session."""
        await asyncio.to_thread(self.take, data, recipients)

    def _keep_polled(self, data: bytes) -> None:
        self.take(data)

    async def poll_for_ever(
        self, find: Find, mine: Callable[[], bool] = lambda: True, look_s: float = LOOK_S
    ) -> None:
        """Read the mailbox again and again; `mine` says whether it is this process's turn.

        `find` is asked every `look_s` seconds, so that another mailbox is read as soon as it is set.
        """
        read: tuple[mailbox.Mailbox | None, float] = (None, 0.0)
        while True:
            try:
                box = await asyncio.to_thread(find)
                due = box is not None and (box != read[0] or time.monotonic() >= read[1])
                if box is not None and due and await asyncio.to_thread(mine):
                    read = (box, time.monotonic() + box.every)
                    await asyncio.to_thread(mailbox.poll, box, self._keep_polled)
            except SlingaError as fault:
                say.warning("%s", fault.message)
            except Exception:  # the database is away, a mail nobody foresaw: the next poll finds it again
                say.exception("the bounce mailbox could not be read to its end")
            await asyncio.sleep(look_s)


@contextlib.asynccontextmanager
async def taking(intake: Intake, listen: str, find: Find, mine: Callable[[], bool]) -> AsyncIterator[None]:
    """Take returned mail while the block runs."""
    async with contextlib.AsyncExitStack() as stack:
        if listen:
            name = await asyncio.to_thread(intake.domain)
            try:
                await stack.enter_async_context(Receiver(listen, name, intake.ours, intake.keep))
            except Unavailable as fault:
                say.warning("%s; another process may be listening there", fault.message)
        polling = asyncio.create_task(intake.poll_for_ever(find, mine))
        try:
            yield
        finally:
            polling.cancel()
            await asyncio.gather(polling, return_exceptions=True)
