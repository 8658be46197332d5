"""Web push, recorded: the intent and its content are kept where the development mailbox shows them.

In: JSON documents {title, body, url}. Out: receipts. Always true: no push service is called.
"""

from slinga.channels.mailbox import Mailbox


class WebPush(Mailbox):
    """The channel `webpush`."""

    kind = "push"
